import { jobHandler } from '../../transport/jobs.ts';
import { removeFiles as route } from '../contract.ts';
import { removeFiles } from '../remove-files.ts';

export const handler = jobHandler(route, () => removeFiles());
