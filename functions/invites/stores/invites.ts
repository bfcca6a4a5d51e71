import { sql, type Kysely } from 'kysely';
import { decideInLockedChat } from '../../chats/rules.ts';
import { isBanActive } from '../../platform/mysql/bans.ts';
import { isPresenceHidden } from '../../platform/mysql/blocks.ts';
import { lockChat } from '../../platform/mysql/locks.ts';
import { inTransaction } from '../../platform/mysql/mysql.ts';
import { toPerson, type PersonRow, type PersonSelection } from '../../platform/mysql/people.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { CODE_PATTERN, unusableReasonAt, type UnusableReason } from '../rules.ts';

export interface InviteRow {
  readonly code: string;
  readonly created_by: number;
  /** How many users may join by it; null for any number. */
  readonly max_uses: number | null;
  readonly uses: number;
  readonly expires_at: Date;
}

/** An invitation as a user with its code sees it. */
export interface FoundInvite extends InviteRow {
  readonly id: number;
  readonly chat: {
    readonly id: number;
    readonly name: string | null;
    readonly avatar_id: string | null;
    readonly participant_count: number;
  };
  readonly inviter: PersonRow;
  /** Whether the user who looks it up is banned from the group. */
  readonly isBanned: boolean;
}

/**
 * Invitations to groups. An invitation belongs to one chat for good; the chat's row lock is taken before the
 * invitation's.
 */
export interface InviteStore {
  insert(
    chatId: number,
    actorId: number,
    invite: {
      readonly code: string;
      readonly maxUses: number | null;
      readonly expiresAt: Date;
      readonly at: Date;
    },
  ): Promise<
    | { readonly outcome: 'inserted'; readonly invite: InviteRow }
    | { readonly outcome: 'not_participant' | 'not_admin' | 'too_many' }
  >;
  /** How many usable invitations a chat has. */
  count(chatId: number, at: Date): Promise<number>;
  /** The usable invitations, latest first. */
  listPage(chatId: number, at: Date, page: { limit: number; offset: number }): Promise<InviteRow[]>;
  /** An invitation to an open group, whether or not it can still be used. */
  find(code: string, userId: number, at: Date): Promise<FoundInvite | undefined>;
  /**
   * Locks an invitation, in a transaction that holds the chat's row lock. @returns the reason why it cannot be used,
   * if any
   */
  lock(transaction: Kysely<Database>, id: number, at: Date): Promise<UnusableReason | undefined>;
  /** Counts one use of a locked invitation. */
  use(transaction: Kysely<Database>, id: number): Promise<void>;
  /** @returns whether the invitation existed */
  remove(code: string): Promise<boolean>;
  /** Removes at most `limit` invitations that expired before the given time. @returns how many were removed */
  removeExpired(before: Date, limit: number): Promise<number>;
}

const usable = (chatId: number, at: Date) =>
  sql`chat_id = ${chatId} AND expires_at > ${at} AND (max_uses IS NULL OR uses < max_uses)`;

const countUsable = async (db: Kysely<Database>, chatId: number, at: Date): Promise<number> => {
  const { rows } = await sql<{ total: number }>`
    SELECT COUNT(*) AS total FROM chat_invites FORCE INDEX (ix_chat_invites_chat)
    WHERE ${usable(chatId, at)}`.execute(db);
  return rows[0]?.total ?? 0;
};

/** @param invitesPerChatMax the limit of usable invitations per chat */
export const createInviteStore = (db: () => Kysely<Database>, invitesPerChatMax: number): InviteStore => ({
  insert: (chatId, actorId, { code, maxUses, expiresAt, at }) =>
    inTransaction(db(), async (transaction) => {
      const chat = await lockChat(transaction, chatId);
      if (chat === undefined) return { outcome: 'not_participant' };
      const answer = decideInLockedChat(chat, actorId, 'invite');
      if (answer !== 'allowed') return { outcome: answer };
      if ((await countUsable(transaction, chatId, at)) >= invitesPerChatMax) return { outcome: 'too_many' };
      const invite = { code, created_by: actorId, max_uses: maxUses, uses: 0, expires_at: expiresAt };
      await transaction
        .insertInto('chat_invites')
        .values({ ...invite, chat_id: chatId, created_at: at })
        .execute();
      return { outcome: 'inserted', invite };
    }),

  count: (chatId, at) => countUsable(db(), chatId, at),

  listPage: async (chatId, at, { limit, offset }) => {
    const { rows } = await sql<InviteRow>`
      SELECT code, created_by, max_uses, uses, expires_at
      FROM chat_invites FORCE INDEX (ix_chat_invites_chat)
      WHERE ${usable(chatId, at)}
      ORDER BY id DESC LIMIT ${limit} OFFSET ${offset}`.execute(db());
    return rows;
  },

  find: async (code, userId, at) => {
    // The column is ASCII: MySQL cannot compare non-ASCII text with it.
    if (!CODE_PATTERN.test(code)) return undefined;
    const { rows } = await sql<InviteSelection>`
      SELECT invite.id, invite.code, invite.created_by, invite.max_uses, invite.uses, invite.expires_at,
        chats.id AS chat_id, chats.name, chats.avatar_id AS chat_avatar_id,
        (SELECT COUNT(*) FROM chat_participants AS other WHERE other.chat_id = chats.id) AS participant_count,
        inviter.username, inviter.full_name, inviter.avatar_id, inviter.last_seen, inviter.is_active,
        ${isPresenceHidden(userId, 'inviter.id')} AS is_hidden,
        EXISTS (
          SELECT 1 FROM chat_bans AS ban
          WHERE ban.chat_id = chats.id AND ban.user_id = ${userId} AND ${isBanActive('ban', at)}
        ) AS is_banned
      FROM chat_invites AS invite
      JOIN chats ON chats.id = invite.chat_id AND chats.is_active = 1
      JOIN users AS inviter ON inviter.id = invite.created_by
      WHERE invite.code = ${code}`.execute(db());
    const [row] = rows;
    return row && toFound(row);
  },

  lock: async (transaction, id, at) => {
    const { rows } = await sql<InviteRow>`
      SELECT max_uses, uses, expires_at FROM chat_invites WHERE id = ${id} FOR UPDATE`.execute(transaction);
    return rows[0] === undefined ? 'invite_not_found' : unusableReasonAt(rows[0], at);
  },

  use: async (transaction, id) => {
    await sql`UPDATE chat_invites SET uses = uses + 1 WHERE id = ${id}`.execute(transaction);
  },

  remove: async (code) => {
    const { numDeletedRows } = await db()
      .deleteFrom('chat_invites')
      .where('code', '=', code)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  },

  removeExpired: async (before, limit) => {
    const { numAffectedRows } = await sql`
      DELETE FROM chat_invites WHERE expires_at <= ${before} ORDER BY expires_at LIMIT ${limit}`.execute(
      db(),
    );
    return Number(numAffectedRows ?? 0);
  },
});

interface InviteSelection extends InviteRow, PersonSelection {
  readonly chat_id: number;
  readonly name: string | null;
  readonly chat_avatar_id: string | null;
  readonly participant_count: number;
  readonly is_banned: 0 | 1;
}

const toFound = (row: InviteSelection): FoundInvite => ({
  id: row.id,
  code: row.code,
  created_by: row.created_by,
  max_uses: row.max_uses,
  uses: row.uses,
  expires_at: row.expires_at,
  chat: {
    id: row.chat_id,
    name: row.name,
    avatar_id: row.chat_avatar_id,
    participant_count: row.participant_count,
  },
  inviter: toPerson({ ...row, id: row.created_by }),
  isBanned: row.is_banned === 1,
});
