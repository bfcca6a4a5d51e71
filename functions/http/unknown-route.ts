import { unknownRoute as route } from '../routes/internal.ts';
import { methodsAt } from '../routes/methods.ts';
import { ServiceError } from '../services/service-error.ts';
import { toErrorBody } from '../transport/error-body.ts';
import { answer, httpHandler } from '../transport/http.ts';

export const handler = httpHandler(route, async ({ rawPath }) => {
  const allowed = methodsAt(rawPath);
  return allowed.length === 0
    ? answer(404, toErrorBody(new ServiceError('route_not_found')))
    : answer(405, toErrorBody(new ServiceError('method_not_allowed')), {
        headers: { allow: allowed.join(', ') },
      });
});
