import { mysql } from '../platform/mysql/mysql.ts';
import { createReadMarkStore } from './store.ts';

/** The read marks in this stage's MySQL. */
export const readMarkStore = createReadMarkStore(mysql);
