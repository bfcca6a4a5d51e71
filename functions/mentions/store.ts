import { sql, type Kysely } from 'kysely';
import { notBlockedBy } from '../platform/mysql/blocks.ts';
import { EVERYBODY } from '../platform/mysql/message-rows.ts';
import type { Database } from '../platform/mysql/schema.ts';

export interface MentionStore {
  /**
   * How many visible messages mention a user, or mention everybody in a chat after the user joined it. Messages of
   * the user themselves and of users whom they have blocked do not count.
   */
  count(userId: number): Promise<number>;
  /** The row ids of these messages, newest first. */
  listPage(userId: number, page: { readonly limit: number; readonly offset: number }): Promise<number[]>;
}

/**
 * The messages that mention a user. Two index scans: over the user's own mentions, latest first, and over the
 * mentions of everybody by chat. A message with both kinds of mention appears once.
 */
const mentionsOf = (userId: number) => sql`
  SELECT mention.message_row_id AS id
  FROM message_mentions AS mention FORCE INDEX (ix_message_mentions_user)
  STRAIGHT_JOIN chat_participants AS mine ON mine.chat_id = mention.chat_id AND mine.user_id = ${userId}
  STRAIGHT_JOIN chats ON chats.id = mine.chat_id AND chats.is_active = 1
  STRAIGHT_JOIN message_metadata AS m ON m.id = mention.message_row_id
  WHERE mention.user_id = ${userId} AND m.is_deleted = 0 AND m.sender_id <> ${userId}
    AND ${notBlockedBy(userId, 'm.sender_id')}
  UNION
  SELECT mention.message_row_id AS id
  FROM chat_participants AS mine
  STRAIGHT_JOIN chats ON chats.id = mine.chat_id AND chats.is_active = 1
  STRAIGHT_JOIN message_mentions AS mention FORCE INDEX (PRIMARY)
    ON mention.chat_id = mine.chat_id AND mention.user_id = ${EVERYBODY} AND mention.seq > mine.joined_seq
  STRAIGHT_JOIN message_metadata AS m ON m.id = mention.message_row_id
  WHERE mine.user_id = ${userId} AND m.is_deleted = 0 AND m.sender_id <> ${userId}
    AND ${notBlockedBy(userId, 'm.sender_id')}`;

export const createMentionStore = (db: () => Kysely<Database>): MentionStore => ({
  count: async (userId) => {
    const { rows } = await sql<{ total: number }>`
      SELECT COUNT(*) AS total FROM (${mentionsOf(userId)}) AS found`.execute(db());
    return rows[0]?.total ?? 0;
  },

  listPage: async (userId, { limit, offset }) => {
    const { rows } = await sql<{ id: number }>`
      SELECT id FROM (${mentionsOf(userId)}) AS found
      ORDER BY id DESC LIMIT ${limit} OFFSET ${offset}`.execute(db());
    return rows.map(({ id }) => id);
  },
});
