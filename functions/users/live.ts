import { mysql } from '../platform/mysql/mysql.ts';
import { repairNameParts as repair } from './stores/name-parts.ts';
import { createUserStore } from './stores/users.ts';

/** Users, in this stage's MySQL. */
export const userStore = createUserStore(mysql);

/** Makes everybody findable by their names who is not. @returns how many were not */
export const repairNameParts = (isOver: () => boolean): Promise<number> => repair(mysql(), isOver);
