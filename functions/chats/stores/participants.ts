import { sql, type Kysely, type RawBuilder } from 'kysely';
import { isPresenceHidden, notBlockedBy } from '../../platform/mysql/blocks.ts';
import { roleColumn, type Seat, type SeatRole } from '../../platform/mysql/locks.ts';
import { shownNames, type PersonRow, type PersonSelection } from '../../platform/mysql/people.ts';
import type { Database } from '../../platform/mysql/schema.ts';

export interface ParticipantRow extends Omit<PersonRow, 'last_seen'> {
  readonly role: SeatRole;
  readonly is_admin: boolean;
  readonly joined_at: Date;
  readonly last_read_seq: number;
}

/** Reads the participants of chats. */
export interface ParticipantStore {
  /** Whether the chat is open and the user is in it. */
  isParticipant(chatId: number, userId: number): Promise<boolean>;
  /** A user's own seat (role and settings) in an open chat. */
  findSeat(
    chatId: number,
    userId: number,
  ): Promise<(Omit<Seat, 'userId'> & { readonly chatType: 'direct' | 'group' }) | undefined>;
  /**
   * Ids of the participants who may see the user's presence: all except those whom the user has blocked. Undefined
   * when the chat is closed or absent, or the user is not in it.
   */
  findPresenceAudience(chatId: number, userId: number): Promise<number[] | undefined>;
  /** Like `findPresenceAudience`, additionally without participants who have blocked the user. */
  findUnblockedIds(chatId: number, userId: number): Promise<number[] | undefined>;
  /**
   * Like `findPresenceAudience` for several chats, including chats that the user is no longer in: participants who saw
   * the user come online must learn that the user went offline, although the membership may end before the
   * connection does. Closed and absent chats are left out.
   */
  findPresenceAudiences(chatIds: readonly number[], userId: number): Promise<Map<number, number[]>>;
  /** Like `findPresenceAudiences`, additionally without participants who have blocked the user. */
  findUnblockedIdsOfChats(chatIds: readonly number[], userId: number): Promise<Map<number, number[]>>;
  /** A participant as the viewer sees them. */
  findParticipant(chatId: number, userId: number, viewerId: number): Promise<ParticipantRow | undefined>;
  /** Those of the other users whom the user has blocked. */
  findBlocked(userId: number, otherIds: readonly number[]): Promise<number[]>;
  /** How many participants a chat has, or undefined when the user is not one of them. */
  countParticipants(chatId: number, userId: number): Promise<number | undefined>;
  /** A page of a chat's participants, earliest joined first; empty when the user is not one of them. */
  listParticipantPage(
    chatId: number,
    userId: number,
    page: { limit: number; offset: number },
  ): Promise<ParticipantRow[]>;
  /** All participants of a chat, earliest joined first; empty when the user is not one of them. */
  listParticipants(chatId: number, userId: number): Promise<ParticipantRow[]>;
  /** All participants by chat, earliest joined first in each. */
  listParticipantsOfChats(
    chatIds: readonly number[],
    viewerId: number,
  ): Promise<Map<number, ParticipantRow[]>>;
}

export const createParticipantStore = (db: () => Kysely<Database>): ParticipantStore => {
  const findMembers = async (
    chatIds: readonly number[],
    only: RawBuilder<boolean>,
  ): Promise<Map<number, number[]>> => {
    const members = new Map<number, number[]>();
    if (chatIds.length === 0) return members;
    const rows = await db()
      .selectFrom('chats')
      .innerJoin('chat_participants as member', 'member.chat_id', 'chats.id')
      .select(['member.chat_id', 'member.user_id'])
      .where('chats.id', 'in', chatIds)
      .where('chats.is_active', '=', 1)
      .where(only)
      .execute();
    for (const row of rows) {
      const ids = members.get(row.chat_id);
      if (ids === undefined) members.set(row.chat_id, [row.user_id]);
      else ids.push(row.user_id);
    }
    return members;
  };
  const maySeePresence = (userId: number): RawBuilder<boolean> => notBlockedBy(userId, 'member.user_id');
  const isUnblocked = (userId: number): RawBuilder<boolean> =>
    sql<boolean>`${maySeePresence(userId)} AND NOT ${isPresenceHidden(userId, 'member.user_id')}`;
  /** @returns undefined when the chat is closed, absent, or the user is not in it */
  const findAsMember = async (
    chatId: number,
    userId: number,
    only: RawBuilder<boolean>,
  ): Promise<number[] | undefined> => {
    const isMember = sql<boolean>`EXISTS (
      SELECT 1 FROM chat_participants AS mine WHERE mine.chat_id = chats.id AND mine.user_id = ${userId})`;
    return (await findMembers([chatId], sql<boolean>`${isMember} AND ${only}`)).get(chatId);
  };

  return {
    isParticipant: async (chatId, userId) => {
      const row = await db()
        .selectFrom('chat_participants as mine')
        .innerJoin('chats', 'chats.id', 'mine.chat_id')
        .select('mine.chat_id')
        .where('mine.chat_id', '=', chatId)
        .where('mine.user_id', '=', userId)
        .where('chats.is_active', '=', 1)
        .executeTakeFirst();
      return row !== undefined;
    },

    findSeat: async (chatId, userId) => {
      const row = await db()
        .selectFrom('chat_participants as mine')
        .innerJoin('chats', 'chats.id', 'mine.chat_id')
        .innerJoin('users', 'users.id', 'mine.user_id')
        .select(['chats.chat_type', 'users.is_active', roleColumn('mine').as('role')])
        .where('mine.chat_id', '=', chatId)
        .where('mine.user_id', '=', userId)
        .where('chats.is_active', '=', 1)
        .executeTakeFirst();
      return row && { chatType: row.chat_type, role: row.role, isActive: row.is_active === 1 };
    },

    findPresenceAudience: (chatId, userId) => findAsMember(chatId, userId, maySeePresence(userId)),

    findPresenceAudiences: (chatIds, userId) => findMembers(chatIds, maySeePresence(userId)),

    findUnblockedIds: (chatId, userId) => findAsMember(chatId, userId, isUnblocked(userId)),

    findUnblockedIdsOfChats: (chatIds, userId) => findMembers(chatIds, isUnblocked(userId)),

    findBlocked: async (userId, otherIds) => {
      if (otherIds.length === 0) return [];
      const rows = await db()
        .selectFrom('user_blocks')
        .select('blocked_id')
        .where('user_id', '=', userId)
        .where('blocked_id', 'in', otherIds)
        .execute();
      return rows.map((row) => row.blocked_id);
    },

    findParticipant: async (chatId, userId, viewerId) => {
      const row = await selectParticipants(db(), [chatId], viewerId)
        .where('p.user_id', '=', userId)
        .executeTakeFirst();
      return row && toParticipant(row);
    },

    countParticipants: async (chatId, userId) => {
      const { rows } = await sql<{ total: number }>`
        SELECT (SELECT COUNT(*) FROM chat_participants AS other WHERE other.chat_id = mine.chat_id) AS total
        FROM chat_participants AS mine
        WHERE mine.chat_id = ${chatId} AND mine.user_id = ${userId}`.execute(db());
      return rows[0]?.total;
    },

    listParticipantPage: async (chatId, userId, { limit, offset }) => {
      const rows = await selectForMember(db(), chatId, userId).limit(limit).offset(offset).execute();
      return rows.map(toParticipant);
    },

    listParticipants: async (chatId, userId) => {
      const rows = await selectForMember(db(), chatId, userId).execute();
      return rows.map(toParticipant);
    },

    listParticipantsOfChats: async (chatIds, viewerId) => {
      if (chatIds.length === 0) return new Map();
      const rows = await selectParticipants(db(), chatIds, viewerId).execute();
      return new Map(
        [...Map.groupBy(rows, (row) => row.chat_id)].map(([chatId, own]) => [chatId, own.map(toParticipant)]),
      );
    },
  };
};

/** Participants of chats, earliest joined first in each. */
const selectParticipants = (db: Kysely<Database>, chatIds: readonly number[], viewerId: number) =>
  db
    .selectFrom('chat_participants as p')
    .innerJoin('users as u', 'u.id', 'p.user_id')
    .select([
      'p.chat_id',
      'u.id',
      'u.username',
      'u.full_name',
      'u.avatar_id',
      'u.is_active',
      'p.is_admin',
      roleColumn('p').as('role'),
      'p.joined_at',
      'p.last_read_seq',
      isPresenceHidden(viewerId, 'u.id').as('is_hidden'),
    ])
    .where('p.chat_id', 'in', chatIds)
    .orderBy('p.chat_id')
    .orderBy('p.joined_at')
    .orderBy('p.user_id');

/**
 * Participants of a chat, provided that the user is one of them. For other users the query ends after one index
 * lookup.
 */
const selectForMember = (db: Kysely<Database>, chatId: number, userId: number) =>
  selectParticipants(db, [chatId], userId)
    .innerJoin('chat_participants as mine', 'mine.chat_id', 'p.chat_id')
    .where('mine.chat_id', '=', chatId)
    .where('mine.user_id', '=', userId);

interface ParticipantSelection extends Omit<PersonSelection, 'last_seen'> {
  is_admin: 0 | 1;
  role: SeatRole;
  joined_at: Date;
  last_read_seq: number;
}

const toParticipant = (row: ParticipantSelection): ParticipantRow => ({
  id: row.id,
  ...shownNames(row),
  role: row.role,
  is_admin: row.is_admin === 1,
  joined_at: row.joined_at,
  last_read_seq: row.last_read_seq,
  is_hidden: row.is_hidden === 1,
});
