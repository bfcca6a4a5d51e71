import { limits } from '../contract/limits.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { createChatStore } from './stores/chats.ts';

/** Chats and who is in them, in this stage's MySQL. */
export const chatStore = createChatStore(mysql, limits.group_members, limits.chats_per_user);
