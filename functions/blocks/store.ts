import { sql, type Kysely } from 'kysely';
import { directKeyOf } from '../platform/mysql/direct-key.ts';
import { personColumns, toPerson, type PersonRow, type PersonSelection } from '../platform/mysql/people.ts';
import type { Database } from '../platform/mysql/schema.ts';

/** Chats that two users have in common. */
export interface CommonChats {
  /** Their direct chat, if there is one, with its `rev`. */
  readonly direct: { readonly id: number; readonly rev: number } | undefined;
  /** Those of the given chats that both users are in. */
  readonly ids: readonly number[];
}

export interface BlockStore {
  /**
   * Blocks a user. When this returns, every send in their direct chat, every opening of it and every adding to a
   * group that did not see the block has committed or rolled back.
   *
   * @returns `unchanged` when the user was blocked already
   */
  block(userId: number, blockedId: number, at: Date): Promise<'blocked' | 'unchanged' | 'too_many'>;
  /** @returns whether there was a block */
  unblock(userId: number, blockedId: number): Promise<boolean>;
  count(userId: number): Promise<number>;
  /** The active users whom a user has blocked, as that user sees them; latest block first. */
  listPage(userId: number, page: { readonly limit: number; readonly offset: number }): Promise<PersonRow[]>;
  findCommonChats(userId: number, otherId: number, chatIds: readonly number[]): Promise<CommonChats>;
}

/** @param most how many users one user may block; concurrent blocks may exceed the limit, each by one */
export const createBlockStore = (db: () => Kysely<Database>, most: number): BlockStore => {
  /**
   * Waits for transactions that read the blocks before this block was committed. Sends hold the direct chat's row
   * lock until they commit; opening a chat and adding participants hold shared locks of the users' rows. Each
   * statement here is a transaction of its own and releases its locks at once.
   */
  const awaitOthers = async (userId: number, blockedId: number): Promise<void> => {
    await sql`
      SELECT id FROM users FORCE INDEX (PRIMARY) WHERE id IN (${sql.join([userId, blockedId])})
      ORDER BY id FOR UPDATE`.execute(db());
    await sql`
      SELECT id FROM chats FORCE INDEX (uq_chats_direct_key)
      WHERE direct_key = ${directKeyOf(userId, blockedId)} FOR UPDATE`.execute(db());
  };

  return {
    block: async (userId, blockedId, at) => {
      const { numAffectedRows } = await sql`
        INSERT IGNORE INTO user_blocks (user_id, blocked_id, created_at)
        SELECT ${userId}, ${blockedId}, ${at} FROM (SELECT 1 AS one) AS always
        WHERE (
          SELECT COUNT(*) FROM user_blocks AS own
          JOIN users AS u ON u.id = own.blocked_id AND u.is_active = 1
          WHERE own.user_id = ${userId}) < ${most}`.execute(db());
      if (numAffectedRows !== 1n) {
        const { rows } = await sql`
          SELECT 1 FROM user_blocks WHERE user_id = ${userId} AND blocked_id = ${blockedId}`.execute(db());
        if (rows.length === 0) return 'too_many';
      }
      // Also when the block existed already: a concurrent request may have stored it a moment ago and still be
      // waiting.
      await awaitOthers(userId, blockedId);
      return numAffectedRows === 1n ? 'blocked' : 'unchanged';
    },

    unblock: async (userId, blockedId) => {
      const { numDeletedRows } = await db()
        .deleteFrom('user_blocks')
        .where('user_id', '=', userId)
        .where('blocked_id', '=', blockedId)
        .executeTakeFirst();
      return numDeletedRows === 1n;
    },

    count: async (userId) => {
      const { rows } = await sql<{ total: number }>`
        SELECT COUNT(*) AS total FROM user_blocks AS b
        JOIN users AS u ON u.id = b.blocked_id AND u.is_active = 1
        WHERE b.user_id = ${userId}`.execute(db());
      return rows[0]?.total ?? 0;
    },

    listPage: async (userId, { limit, offset }) => {
      const { rows } = await sql<PersonSelection>`
        SELECT ${personColumns('u', userId)}
        FROM user_blocks AS b
        JOIN users AS u ON u.id = b.blocked_id AND u.is_active = 1
        WHERE b.user_id = ${userId}
        ORDER BY b.created_at DESC, b.blocked_id DESC LIMIT ${limit} OFFSET ${offset}`.execute(db());
      return rows.map(toPerson);
    },

    findCommonChats: async (userId, otherId, chatIds) => {
      const asked = chatIds.length === 0 ? sql`FALSE` : sql`chats.id IN (${sql.join(chatIds)})`;
      const { rows } = await sql<{ id: number; rev: number; is_direct: 0 | 1; is_asked: 0 | 1 }>`
        SELECT chats.id, chats.rev, chats.chat_type = 'direct' AS is_direct, ${asked} AS is_asked
        FROM chats
        JOIN chat_participants AS mine ON mine.chat_id = chats.id AND mine.user_id = ${userId}
        JOIN chat_participants AS theirs ON theirs.chat_id = chats.id AND theirs.user_id = ${otherId}
        WHERE chats.is_active = 1 AND (${asked} OR chats.direct_key = ${directKeyOf(userId, otherId)})`.execute(
        db(),
      );
      return {
        direct: rows.find((row) => row.is_direct === 1),
        ids: rows.filter((row) => row.is_asked === 1).map(({ id }) => id),
      };
    },
  };
};
