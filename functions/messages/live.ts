import { mongodb } from '../platform/mongodb.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { createContentStore } from './stores/contents.ts';
import { createMessageStore } from './stores/messages.ts';

/** The metadata of messages, in this stage's MySQL. */
export const messageStore = createMessageStore(mysql);

/** The contents of messages, in this stage's MongoDB. */
export const contentStore = createContentStore(mongodb);
