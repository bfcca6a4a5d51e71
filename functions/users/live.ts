import { mysql } from '../platform/mysql/mysql.ts';
import { repairNameParts as repair } from './stores/name-parts.ts';
import { createUserStore } from './stores/users.ts';

/** Users, in this stage's MySQL. */
export const userStore = createUserStore(mysql);

/** Repairs the search index of names. @param isOver whether to stop @returns how many users were repaired */
export const repairNameParts = (isOver: () => boolean): Promise<number> => repair(mysql(), isOver);
