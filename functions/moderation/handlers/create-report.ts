import { answer } from '../../transport/http.ts';
import { userHandler } from '../../transport/user-http.ts';
import { createReport as route } from '../contract.ts';
import { createReport } from '../create-report.ts';

export const handler = userHandler(route, async ({ actor, body }) => {
  const { isNew, report } = await createReport(actor, body);
  return isNew ? answer(201, report) : answer(200, report);
});
