import { STORE_RETRY_SECONDS } from '../routes/errors.ts';
import { getHealth as route } from '../routes/system.ts';
import { checkHealth } from '../services/health.ts';
import { answer, httpHandler } from '../transport/http.ts';

export const handler = httpHandler(route, async () => {
  const health = await checkHealth();
  return health.status === 'healthy'
    ? answer(200, health)
    : answer(503, health, { headers: { 'retry-after': String(STORE_RETRY_SECONDS) } });
});
