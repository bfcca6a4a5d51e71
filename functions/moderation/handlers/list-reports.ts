import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { listReports as route } from '../contract.ts';
import { listReports } from '../list-reports.ts';

export const handler = userHandler(route, async ({ actor, query }) =>
  answer(200, await listReports(actor, query)),
);
