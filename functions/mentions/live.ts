import { mysql } from '../platform/mysql/mysql.ts';
import { createMentionStore } from './store.ts';

/** Whom messages mention, in this stage's MySQL. */
export const mentionStore = createMentionStore(mysql);
