import { asyncApiDocument } from '../../documents/asyncapi.ts';
import { answer, httpHandler } from '../../transport/http.ts';
import { getAsyncApi as route } from '../contract.ts';
import { locateService } from '../describe-service.ts';

let document: ReturnType<typeof asyncApiDocument> | undefined;

export const handler = httpHandler(route, async () => {
  const { version, websocket_url: websocketUrl } = locateService();
  document ??= asyncApiDocument(version, websocketUrl);
  return answer(200, document);
});
