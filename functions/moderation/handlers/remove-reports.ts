import { jobHandler } from '../../transport/jobs.ts';
import { removeReports as route } from '../contract.ts';
import { removeReports } from '../remove-reports.ts';

export const handler = jobHandler(route, () => removeReports());
