import { methodsAt } from '../../contract/methods.ts';
import { ServiceError } from '../../contract/service-error.ts';
import { toErrorBody } from '../../transport/error-body.ts';
import { answer, httpHandler } from '../../transport/http.ts';
import { unknownRoute as route } from '../contract.ts';

export const handler = httpHandler(route, async ({ rawPath }) => {
  const allowed = methodsAt(rawPath);
  return allowed.length === 0
    ? answer(404, toErrorBody(new ServiceError('route_not_found')))
    : answer(405, toErrorBody(new ServiceError('method_not_allowed')), {
        headers: { allow: allowed.join(', ') },
      });
});
