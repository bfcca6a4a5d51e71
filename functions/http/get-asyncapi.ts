import { getAsyncApi as route } from '../routes/system.ts';
import { asyncApiDocument } from '../routes/asyncapi.ts';
import { describeService } from '../services/info.ts';
import { answer, httpHandler } from '../transport/http.ts';

let document: ReturnType<typeof asyncApiDocument> | undefined;

export const handler = httpHandler(route, async () => {
  const { version, websocket_url: websocketUrl } = describeService();
  document ??= asyncApiDocument(version, websocketUrl);
  return answer(200, document);
});
