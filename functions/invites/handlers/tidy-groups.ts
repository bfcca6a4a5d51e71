import { jobHandler } from '../../transport/jobs.ts';
import { tidyGroups as route } from '../contract.ts';
import { tidyGroups } from '../tidy-groups.ts';

export const handler = jobHandler(route, () => tidyGroups());
