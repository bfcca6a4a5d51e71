import { openApiDocument } from '../../documents/openapi.ts';
import { baseEnvironment } from '../../platform/environment.ts';
import { answer, httpHandler } from '../../transport/http.ts';
import { getOpenApi as route } from '../contract.ts';

let document: ReturnType<typeof openApiDocument> | undefined;

export const handler = httpHandler(route, async () => {
  document ??= openApiDocument(baseEnvironment().SERVICE_VERSION);
  return answer(200, document);
});
