import { createJobPosition } from '../platform/mysql/job-progress.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import type { Repair } from '../platform/run-limit.ts';
import { repairNameParts as repair } from './stores/name-parts.ts';
import { createUserStore } from './stores/users.ts';

/** The users in this stage's MySQL. */
export const userStore = createUserStore(mysql);

/** Repairs the search index of names. @param isOver whether to stop */
export const repairNameParts = (isOver: () => boolean): Promise<Repair> =>
  repair(mysql(), createJobPosition(mysql), isOver);
