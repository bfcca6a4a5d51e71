import { baseEnvironment } from '../platform/environment.ts';
import { getRoot as route } from '../routes/system.ts';
import { answer, httpHandler } from '../transport/http.ts';

export const handler = httpHandler(route, async () =>
  answer(200, { name: 'chat-service', version: baseEnvironment().SERVICE_VERSION, status: 'running' }),
);
