import { baseEnvironment } from '../platform/environment.ts';
import { openApiDocument } from '../routes/openapi.ts';
import { getOpenApi as route } from '../routes/system.ts';
import { answer, httpHandler } from '../transport/http.ts';

let document: ReturnType<typeof openApiDocument> | undefined;

export const handler = httpHandler(route, async () => {
  document ??= openApiDocument(baseEnvironment().SERVICE_VERSION);
  return answer(200, document);
});
