import { limits } from '../contract/limits.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import type { Repair } from '../platform/run-limit.ts';
import { createBanStore } from './stores/bans.ts';
import { createChatStore } from './stores/chats.ts';
import { createGroupStore } from './stores/groups.ts';
import { createNewChatStore } from './stores/new-chats.ts';
import { createParticipantStore } from './stores/participants.ts';
import { completeRoles as complete } from './stores/roles.ts';

// The chat stores in this stage's MySQL.
export const chatStore = createChatStore(mysql);
export const participantStore = createParticipantStore(mysql);
export const newChatStore = createNewChatStore(mysql, limits.chats_per_user);
export const groupStore = createGroupStore(mysql, limits.group_members, limits.chats_per_user);
export const banStore = createBanStore(mysql);

/** Repairs rows of `chat_participants` whose role was not written by older code. */
export const completeRoles = (isOver: () => boolean): Promise<Repair> => complete(mysql(), isOver);
