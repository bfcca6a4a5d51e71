import { jobHandler } from '../../transport/jobs.ts';
import { purgeDeleted } from '../clean-contents.ts';
import { purgeDeleted as route } from '../contract.ts';

export const handler = jobHandler(route, () => purgeDeleted());
