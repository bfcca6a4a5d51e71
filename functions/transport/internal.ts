import type * as z from 'zod';
import type { InternalRoute } from '../contract/route.ts';
import { runHandler } from './run-handler.ts';

/**
 * The Lambda handler of a function that other functions or AWS events invoke: validates the event, and logs the
 * fields that `describe` returns for the result.
 *
 * @throws Error at the function's cold start when its environment lacks what the route needs
 */
export const internalHandler = <Request extends z.ZodType, Answer>(
  route: InternalRoute,
  request: Request,
  run: (event: z.output<Request>) => Promise<Answer>,
  describe: (answer: Answer) => Readonly<Record<string, string | number | boolean>>,
) => runHandler(route, 'invocation', async (event) => run(request.parse(event)), describe);
