import { STORE_RETRY_SECONDS } from '../../contract/errors.ts';
import { answer, httpHandler } from '../../transport/http.ts';
import { checkHealth } from '../check-health.ts';
import { getHealth as route } from '../contract.ts';

export const handler = httpHandler(route, async () => {
  const health = await checkHealth();
  return health.status === 'healthy'
    ? answer(200, health)
    : answer(503, health, { headers: { 'retry-after': String(STORE_RETRY_SECONDS) } });
});
