import { baseEnvironment } from '../../platform/environment.ts';
import { answer, httpHandler } from '../../transport/http.ts';
import { getRoot as route } from '../contract.ts';

export const handler = httpHandler(route, async () =>
  answer(200, { name: 'chat-service', version: baseEnvironment().SERVICE_VERSION, status: 'running' }),
);
