import { mysql } from '../platform/mysql/mysql.ts';
import { createMentionStore } from './store.ts';

/** The mentions in this stage's MySQL. */
export const mentionStore = createMentionStore(mysql);
