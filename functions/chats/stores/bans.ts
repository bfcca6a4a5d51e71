import { sql, type Kysely } from 'kysely';
import { isBanActive } from '../../platform/mysql/bans.ts';
import { lockUsers } from '../../platform/mysql/locks.ts';
import {
  personColumns,
  toPerson,
  type PersonRow,
  type PersonSelection,
} from '../../platform/mysql/people.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { decideInLockedChat } from '../rules.ts';
import {
  membersOf,
  removeFromLockedGroup,
  noChange,
  createRunUnderLock,
  type GroupChange,
} from './locked-groups.ts';
import { revokeInvitesOf } from './revoked-invites.ts';

export interface NewBan {
  readonly userId: number;
  readonly reason: string | null;
  /** When the ban ends; null for never. */
  readonly until: Date | null;
  readonly at: Date;
}

export interface BanRow {
  readonly user: PersonRow;
  readonly banned_by: number;
  readonly reason: string | null;
  readonly until: Date | null;
  readonly created_at: Date;
}

/**
 * Bans from groups. A ban is changed under the chat's row lock, like memberships, so that nobody joins concurrently
 * with their ban.
 */
export interface BanStore {
  /**
   * Bans a user, replaces any earlier ban, removes the user from the group and revokes the invitations that the user
   * created.
   */
  ban(chatId: number, actorId: number, ban: NewBan): Promise<GroupChange>;
  unban(chatId: number, actorId: number, userId: number): Promise<GroupChange>;
  /** How many bans of a chat are active. */
  count(chatId: number, at: Date): Promise<number>;
  /** Active bans, latest first. */
  listPage(
    chatId: number,
    viewerId: number,
    at: Date,
    page: { limit: number; offset: number },
  ): Promise<BanRow[]>;
  /** Removes at most `limit` bans that have ended. @returns how many were removed */
  removeEnded(at: Date, limit: number): Promise<number>;
}

export const createBanStore = (db: () => Kysely<Database>): BanStore => {
  const underLock = createRunUnderLock(db);
  return {
    ban: (chatId, actorId, { userId, reason, until, at }) =>
      underLock(chatId, async (transaction, chat) => {
        const answer = decideInLockedChat(chat, actorId, 'ban', userId);
        if (answer !== 'allowed') return { outcome: answer };
        const isSeated = membersOf(chat).includes(userId);
        // A departing user (deactivated, not yet removed) still has a seat and can be banned.
        if (!isSeated && (await lockUsers(transaction, [userId])).length > 0) {
          return { outcome: 'not_active', userIds: [userId] };
        }
        await sql`
          INSERT INTO chat_bans (chat_id, user_id, banned_by, reason, until, created_at)
          VALUES (${chatId}, ${userId}, ${actorId}, ${reason}, ${until}, ${at})
          ON DUPLICATE KEY UPDATE banned_by = VALUES(banned_by), reason = VALUES(reason), until = VALUES(until),
            created_at = VALUES(created_at)`.execute(transaction);
        // A ban that has ended already removes nobody.
        const isInForce = until === null || until > at;
        // Also for users who left the group by themselves earlier.
        if (isInForce) await revokeInvitesOf(transaction, chatId, userId);
        return isSeated && isInForce ? removeFromLockedGroup(transaction, chat, userId) : noChange(chat);
      }),

    unban: (chatId, actorId, userId) =>
      underLock(chatId, async (transaction, chat) => {
        const answer = decideInLockedChat(chat, actorId, 'unban', userId);
        if (answer !== 'allowed') return { outcome: answer };
        await transaction
          .deleteFrom('chat_bans')
          .where('chat_id', '=', chatId)
          .where('user_id', '=', userId)
          .execute();
        return noChange(chat);
      }),

    count: async (chatId, at) => {
      const { rows } = await sql<{ total: number }>`
        SELECT COUNT(*) AS total FROM chat_bans
        WHERE chat_id = ${chatId} AND ${isBanActive('chat_bans', at)}`.execute(db());
      return rows[0]?.total ?? 0;
    },

    listPage: async (chatId, viewerId, at, { limit, offset }) => {
      const { rows } = await sql<BanSelection>`
        SELECT ban.banned_by, ban.reason, ban.until, ban.created_at,
          ${personColumns('users', viewerId)}
        FROM (
          SELECT * FROM chat_bans FORCE INDEX (ix_chat_bans_chat)
          WHERE chat_id = ${chatId} AND ${isBanActive('chat_bans', at)}
          ORDER BY created_at DESC, user_id DESC LIMIT ${limit} OFFSET ${offset}
        ) AS ban
        STRAIGHT_JOIN users ON users.id = ban.user_id
        ORDER BY ban.created_at DESC, ban.user_id DESC`.execute(db());
      return rows.map(({ banned_by, reason, until, created_at, ...user }) => ({
        user: toPerson(user),
        banned_by,
        reason,
        until,
        created_at,
      }));
    },

    removeEnded: async (at, limit) => {
      const { numAffectedRows } = await sql`
        DELETE ban FROM (
          SELECT chat_id, user_id FROM chat_bans FORCE INDEX (ix_chat_bans_until)
          WHERE until <= ${at} ORDER BY until LIMIT ${limit}
        ) AS ended
        STRAIGHT_JOIN chat_bans AS ban ON ban.chat_id = ended.chat_id AND ban.user_id = ended.user_id
        WHERE ban.until <= ${at}`.execute(db());
      return Number(numAffectedRows ?? 0);
    },
  };
};

interface BanSelection extends PersonSelection, Omit<BanRow, 'user'> {}
