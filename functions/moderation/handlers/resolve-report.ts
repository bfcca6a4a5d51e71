import { published } from '../../transport/published.ts';
import { userHandler } from '../../transport/user-http.ts';
import { resolveReport as route } from '../contract.ts';
import { resolveReport } from '../resolve-report.ts';

export const handler = userHandler(route, async ({ actor, params, body }) =>
  published(200, await resolveReport(actor, params.id, body)),
);
