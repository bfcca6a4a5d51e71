import type { Kysely } from 'kysely';
import { createBanStore, type BanStore } from '../../functions/chats/stores/bans.ts';
import { createChatStore, type ChatStore } from '../../functions/chats/stores/chats.ts';
import { createGroupStore, type GroupStore } from '../../functions/chats/stores/groups.ts';
import { createNewChatStore, type NewChatStore } from '../../functions/chats/stores/new-chats.ts';
import { createParticipantStore, type ParticipantStore } from '../../functions/chats/stores/participants.ts';
import { createReadMarkStore, type ReadMarkStore } from '../../functions/reading/store.ts';
import type { Database } from '../../functions/platform/mysql/schema.ts';

/** All queries and changes of MySQL that concern chats and their members. */
export type ChatStores = BanStore & ChatStore & GroupStore & NewChatStore & ParticipantStore & ReadMarkStore;

/** The stores of chats on one database, combined in one object. */
export const createChatStores = (
  db: () => Kysely<Database>,
  { groupMembersMax = 100, chatsPerUserMax = 2000 } = {},
): ChatStores => ({
  ...createBanStore(db),
  ...createChatStore(db),
  ...createGroupStore(db, groupMembersMax, chatsPerUserMax),
  ...createNewChatStore(db, chatsPerUserMax),
  ...createParticipantStore(db),
  ...createReadMarkStore(db),
});
