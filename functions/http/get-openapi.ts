import { baseEnvironment } from '../platform/environment.ts';
import { openApiDocument } from '../routes/openapi.ts';
import { getOpenApi as route } from '../routes/system.ts';
import { answer, httpHandler } from '../transport/http.ts';

export const handler = httpHandler(route, async () =>
  answer(200, openApiDocument(baseEnvironment().SERVICE_VERSION)),
);
