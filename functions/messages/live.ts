import { mongodb } from '../platform/mongodb.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { createContentStore } from './stores/contents.ts';
import { createMessageStore } from './stores/messages.ts';

/** What MySQL knows of messages, in this stage. */
export const messageStore = createMessageStore(mysql);

/** What is in messages, in this stage's MongoDB. */
export const contentStore = createContentStore(mongodb);
