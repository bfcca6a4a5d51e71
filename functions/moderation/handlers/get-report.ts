import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { getReport as route } from '../contract.ts';
import { getReport } from '../get-report.ts';

export const handler = userHandler(route, async ({ actor, params }) =>
  answer(200, await getReport(actor, params.id)),
);
