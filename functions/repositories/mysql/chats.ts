import { sql, type Kysely } from 'kysely';
import { DELETED_USERNAME } from '../../text/deleted-username.ts';
import { duplicateKeyOf, retryOnDeadlock } from './errors.ts';
import { metadataColumns, toMetadata, type MessageMetadata } from './messages.ts';
import type { Database } from './schema.ts';

/** A chat as one of its participants sees it, without what other stores know. */
export interface ChatRow {
  readonly id: number;
  readonly chat_type: 'direct' | 'group';
  readonly name: string | null;
  readonly is_active: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly participant_count: number;
  readonly last_seq: number;
  readonly rev: number;
  readonly is_admin: boolean;
  readonly last_read_seq: number;
  readonly unread_count: number;
  readonly last_message: MessageMetadata | null;
  /** The other person of a direct chat. */
  readonly peer: PersonRow | null;
}

export interface PersonRow {
  readonly id: number;
  readonly username: string;
  readonly full_name: string | null;
  readonly last_seen: Date | null;
}

export interface ParticipantRow {
  readonly id: number;
  readonly username: string;
  readonly full_name: string | null;
  readonly is_admin: boolean;
  readonly joined_at: Date;
  readonly last_read_seq: number;
}

/** Where a user stands in a chat that they are in. */
export interface Membership {
  readonly chatId: number;
  readonly rev: number;
  readonly lastSeq: number;
}

/** What became of a change of who is in a group, or of what they may do there. */
export type MembershipChange =
  | {
      readonly outcome: 'changed';
      /** Who was added or removed. */
      readonly userIds: readonly number[];
      /** Who is in the chat after the change. */
      readonly memberIds: readonly number[];
    }
  | {
      readonly outcome:
        'not_participant' | 'not_admin' | 'not_member' | 'last_admin' | 'group_full' | 'user_not_found';
    };

export interface ChatRepository {
  /** Makes a group of the creator, who is its admin, and the others. @returns its id */
  insertGroup(group: {
    name: string;
    creatorId: number;
    memberIds: readonly number[];
    at: Date;
  }): Promise<number>;
  /** The direct chat of two users, made when there is none; of two at once one makes it. */
  openDirect(pair: { userId: number; peerId: number; at: Date }): Promise<{ id: number; created: boolean }>;
  /** Whether the chat is open and the user is in it. */
  isParticipant(chatId: number, userId: number): Promise<boolean>;
  /** Ids of all participants, or undefined when the chat is closed, absent, or the user is not in it. */
  findMemberIds(chatId: number, userId: number): Promise<number[] | undefined>;
  /** As `findMemberIds`, for several chats; those that the user is not in are left out. */
  findMemberIdsOfChats(chatIds: readonly number[], userId: number): Promise<Map<number, number[]>>;
  find(chatId: number, userId: number): Promise<ChatRow | undefined>;
  /** A chat as each of these participants sees it, by user. */
  findForUsers(chatId: number, userIds: readonly number[]): Promise<Map<number, ChatRow>>;
  /** Renames a group. */
  rename(
    chatId: number,
    userId: number,
    name: string,
    at: Date,
  ): Promise<'renamed' | 'not_participant' | 'not_admin'>;
  /** Adds users to a group, all of them or none; who is in it already stays as they are. */
  addParticipants(
    chatId: number,
    actorId: number,
    userIds: readonly number[],
    at: Date,
  ): Promise<MembershipChange>;
  /** Removes a user from a group, or hides a direct chat from the actor; the last admin cannot be removed while others remain, the last member closes it. */
  removeParticipant(chatId: number, actorId: number, userId: number): Promise<MembershipChange>;
  /**
   * Takes a user out of a group. The last admin hands over to the longest-standing member; the last member closes
   * the group. A direct chat is only hidden: `hidden` is true.
   */
  leave(
    chatId: number,
    userId: number,
  ): Promise<
    | { readonly hidden: boolean; readonly memberIds: readonly number[]; readonly heirId: number | null }
    | undefined
  >;
  /** Makes a participant admin, or no longer. */
  setAdmin(chatId: number, actorId: number, userId: number, isAdmin: boolean): Promise<MembershipChange>;
  /** Moves a read mark forward, never past the end. @returns where it is, or undefined without membership */
  markRead(
    chatId: number,
    userId: number,
    seq: number,
  ): Promise<
    { readonly lastReadSeq: number; readonly unreadCount: number; readonly moved: boolean } | undefined
  >;
  /** Every chat that the user is in and that is not hidden from them. */
  listMemberships(userId: number): Promise<Membership[]>;
  /** The latest chats of a user that are not among those given. */
  listOthers(userId: number, exceptIds: readonly number[], limit: number): Promise<ChatRow[]>;
  /** Ids of the groups that a user is in. */
  listGroupIds(userId: number): Promise<number[]>;
  /** The chats of a user, latest activity first. */
  list(userId: number, page: { limit: number; offset: number }): Promise<{ rows: ChatRow[]; total: number }>;
  /** All participants of a chat, longest-standing first. */
  listParticipants(chatId: number): Promise<ParticipantRow[]>;
}

interface ChatSelection {
  viewer_id: number;
  id: number;
  chat_type: 'direct' | 'group';
  name: string | null;
  is_active: 0 | 1;
  created_at: Date;
  updated_at: Date;
  last_seq: number;
  rev: number;
  participant_count: number;
  is_admin: 0 | 1;
  last_read_seq: number;
  unread_count: number;
  peer_id: number | null;
  peer_username: string | null;
  peer_full_name: string | null;
  peer_last_seen: Date | null;
  peer_is_active: 0 | 1 | null;
  total: number;
}

/** What the first of two statements finds: all but how much is unread. */
type ChatSelectionWithoutUnread = Omit<ChatSelection, 'unread_count'>;

/**
 * How many messages behind their read marks are unread, in the order of the rows. One SELECT each, sent as one
 * statement: each has bounds of its own on the index, where one for all would read each chat from its beginning.
 */
const countUnread = async (
  db: Kysely<Database>,
  rows: readonly ChatSelectionWithoutUnread[],
): Promise<number[]> => {
  const counts = rows.map(() => 0);
  const selects = rows.flatMap((row, position) =>
    row.last_seq <= row.last_read_seq
      ? []
      : [
          sql`(SELECT ${sql.lit(position)} AS position, COUNT(*) AS unread_count
            FROM message_metadata AS unread FORCE INDEX (ix_message_metadata_visible)
            WHERE unread.chat_id = ${row.id} AND unread.is_deleted = 0
              AND unread.seq > ${row.last_read_seq} AND unread.seq <= ${row.last_seq}
              AND unread.sender_id <> ${row.viewer_id})`,
        ],
  );
  if (selects.length === 0) return counts;
  const found = await sql<{
    position: number;
    unread_count: number;
  }>`${sql.join(selects, sql` UNION ALL `)}`.execute(db);
  for (const row of found.rows) counts[row.position] = row.unread_count;
  return counts;
};

/**
 * Chats of a user with everything that a list of chats shows, in two statements: the page is cut first, and
 * what belongs to a chat is looked up for the chats of the page only, each by an index.
 */
const selectChats = async (
  db: Kysely<Database>,
  userIds: readonly number[],
  where: ReturnType<typeof sql>,
  page: { limit: number; offset: number },
): Promise<ChatSelection[]> => {
  const { rows } = await sql<ChatSelectionWithoutUnread>`
  SELECT c.*,
    (SELECT COUNT(*) FROM chat_participants AS other WHERE other.chat_id = c.id) AS participant_count,
    peer.id AS peer_id, peer.username AS peer_username, peer.full_name AS peer_full_name,
    peer.last_seen AS peer_last_seen, peer.is_active AS peer_is_active,
    ${metadataColumns('m', 'sender', 'message_')}
  FROM (
    SELECT chats.id, chats.chat_type, chats.name, chats.is_active, chats.created_at, chats.updated_at,
      chats.last_seq, chats.rev, mine.user_id AS viewer_id, mine.is_admin, mine.last_read_seq,
      COUNT(*) OVER () AS total
    FROM chat_participants AS mine
    JOIN chats ON chats.id = mine.chat_id
    WHERE mine.user_id IN (${sql.join(userIds)}) AND chats.is_active = 1 AND ${where}
    ORDER BY chats.updated_at DESC, chats.id DESC
    LIMIT ${page.limit} OFFSET ${page.offset}
  ) AS c
  LEFT JOIN chat_participants AS peer_seat
    ON peer_seat.chat_id = c.id AND peer_seat.user_id <> c.viewer_id AND c.chat_type = 'direct'
  LEFT JOIN users AS peer ON peer.id = peer_seat.user_id
  LEFT JOIN message_metadata AS m
    ON m.chat_id = c.id AND m.seq = (
      SELECT latest.seq FROM message_metadata AS latest FORCE INDEX (ix_message_metadata_visible)
      WHERE latest.chat_id = c.id AND latest.is_deleted = 0
      ORDER BY latest.seq DESC LIMIT 1)
  LEFT JOIN users AS sender ON sender.id = m.sender_id
  ORDER BY c.updated_at DESC, c.id DESC`.execute(db);
  const counts = await countUnread(db, rows);
  return rows.map((row, index) => ({ ...row, unread_count: counts[index] ?? 0 }));
};

/** Not a direct chat that its user left and in which nothing has happened since. */
const visible = sql`(mine.hidden_at_seq IS NULL OR chats.last_seq > mine.hidden_at_seq)`;

/** A participant, as the transactions that change memberships see them under the chat's row lock. */
interface Seat {
  readonly userId: number;
  readonly isAdmin: boolean;
}

interface LockedChat {
  readonly isGroup: boolean;
  readonly lastSeq: number;
  /** Longest-standing first. */
  readonly seats: readonly Seat[];
}

/** Locks a chat and reads who is in it: whatever changes memberships of a chat happens one after the other. */
const lockChat = async (transaction: Kysely<Database>, chatId: number): Promise<LockedChat | undefined> => {
  const chat = await transaction
    .selectFrom('chats')
    .select(['chat_type', 'last_seq'])
    .where('id', '=', chatId)
    .where('is_active', '=', 1)
    .forUpdate()
    .executeTakeFirst();
  if (chat === undefined) return undefined;
  const rows = await transaction
    .selectFrom('chat_participants')
    .select(['user_id', 'is_admin'])
    .where('chat_id', '=', chatId)
    .orderBy('joined_at')
    .orderBy('user_id')
    .execute();
  return {
    isGroup: chat.chat_type === 'group',
    lastSeq: chat.last_seq,
    seats: rows.map((row) => ({ userId: row.user_id, isAdmin: row.is_admin === 1 })),
  };
};

const toChat = (row: ChatSelection): ChatRow => ({
  id: row.id,
  chat_type: row.chat_type,
  name: row.name,
  is_active: row.is_active === 1,
  created_at: row.created_at,
  updated_at: row.updated_at,
  participant_count: row.participant_count,
  last_seq: row.last_seq,
  rev: row.rev,
  is_admin: row.is_admin === 1,
  last_read_seq: row.last_read_seq,
  unread_count: row.unread_count,
  last_message: toMetadata(row, 'message_'),
  peer:
    row.peer_id === null || row.peer_username === null
      ? null
      : {
          id: row.peer_id,
          ...(row.peer_is_active === 1
            ? { username: row.peer_username, full_name: row.peer_full_name, last_seen: row.peer_last_seen }
            : { username: DELETED_USERNAME, full_name: null, last_seen: null }),
        },
});

/** @param groupMembersMax how many members a group has at most */
export const createChatRepository = (db: () => Kysely<Database>, groupMembersMax = 100): ChatRepository => {
  const inTransaction = <T>(work: (transaction: Kysely<Database>) => Promise<T>): Promise<T> =>
    retryOnDeadlock(() => db().transaction().execute(work));

  const insertChat = async (
    chat: { chat_type: 'direct' | 'group'; name: string | null; direct_key: string | null; at: Date },
    participants: readonly { userId: number; isAdmin: boolean }[],
  ): Promise<number> =>
    inTransaction(async (transaction) => {
      const { at, ...columns } = chat;
      const result = await transaction
        .insertInto('chats')
        .values({ ...columns, created_at: at, updated_at: at, is_active: true })
        .executeTakeFirstOrThrow();
      const chatId = Number(result.insertId);
      await transaction
        .insertInto('chat_participants')
        .values(
          participants.map(({ userId, isAdmin }) => ({
            chat_id: chatId,
            user_id: userId,
            joined_at: at,
            is_admin: isAdmin,
          })),
        )
        .execute();
      return chatId;
    });

  const findDirect = async (directKey: string): Promise<number | undefined> => {
    const row = await db()
      .selectFrom('chats')
      .select('id')
      .where('direct_key', '=', directKey)
      .executeTakeFirst();
    return row?.id;
  };

  const findMemberIdsOfChats: ChatRepository['findMemberIdsOfChats'] = async (chatIds, userId) => {
    const members = new Map<number, number[]>();
    if (chatIds.length === 0) return members;
    const rows = await db()
      .selectFrom('chat_participants as mine')
      .innerJoin('chats', 'chats.id', 'mine.chat_id')
      .innerJoin('chat_participants as member', 'member.chat_id', 'mine.chat_id')
      .select(['member.chat_id', 'member.user_id'])
      .where('mine.user_id', '=', userId)
      .where('mine.chat_id', 'in', chatIds)
      .where('chats.is_active', '=', 1)
      .execute();
    for (const row of rows) {
      const ids = members.get(row.chat_id);
      if (ids === undefined) members.set(row.chat_id, [row.user_id]);
      else ids.push(row.user_id);
    }
    return members;
  };

  return {
    insertGroup: ({ name, creatorId, memberIds, at }) =>
      insertChat({ chat_type: 'group', name, direct_key: null, at }, [
        { userId: creatorId, isAdmin: true },
        ...memberIds.map((userId) => ({ userId, isAdmin: false })),
      ]),

    openDirect: async ({ userId, peerId, at }) => {
      const directKey = `${Math.min(userId, peerId)}:${Math.max(userId, peerId)}`;
      const known = await findDirect(directKey);
      if (known !== undefined) {
        // Whoever opens it again sees it again.
        await db()
          .updateTable('chat_participants')
          .set({ hidden_at_seq: null })
          .where('chat_id', '=', known)
          .where('user_id', '=', userId)
          .execute();
        return { id: known, created: false };
      }
      try {
        const id = await insertChat({ chat_type: 'direct', name: null, direct_key: directKey, at }, [
          { userId, isAdmin: false },
          { userId: peerId, isAdmin: false },
        ]);
        return { id, created: true };
      } catch (error) {
        if (duplicateKeyOf(error) !== 'uq_chats_direct_key') throw error;
        const winner = await findDirect(directKey);
        if (winner === undefined) throw error;
        return { id: winner, created: false };
      }
    },

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

    findMemberIds: async (chatId, userId) => (await findMemberIdsOfChats([chatId], userId)).get(chatId),

    findMemberIdsOfChats,

    find: async (chatId, userId) => {
      const [row] = await selectChats(db(), [userId], sql`chats.id = ${chatId}`, { limit: 1, offset: 0 });
      return row && toChat(row);
    },

    findForUsers: async (chatId, userIds) => {
      if (userIds.length === 0) return new Map();
      const rows = await selectChats(db(), userIds, sql`chats.id = ${chatId}`, {
        limit: userIds.length,
        offset: 0,
      });
      return new Map(rows.map((row) => [row.viewer_id, toChat(row)]));
    },

    rename: (chatId, userId, name, at) =>
      inTransaction(async (transaction) => {
        const chat = await lockChat(transaction, chatId);
        const seat = chat?.seats.find((one) => one.userId === userId);
        if (chat === undefined || seat === undefined) return 'not_participant';
        if (!chat.isGroup || !seat.isAdmin) return 'not_admin';
        await transaction
          .updateTable('chats')
          .set({ name, updated_at: sql<Date>`GREATEST(updated_at, ${at})` })
          .where('id', '=', chatId)
          .execute();
        return 'renamed';
      }),

    addParticipants: (chatId, actorId, userIds, at) =>
      inTransaction(async (transaction): Promise<MembershipChange> => {
        const chat = await lockChat(transaction, chatId);
        const actor = chat?.seats.find((seat) => seat.userId === actorId);
        if (chat === undefined || actor === undefined) return { outcome: 'not_participant' };
        if (!chat.isGroup || !actor.isAdmin) return { outcome: 'not_admin' };
        const present = chat.seats.map((seat) => seat.userId);
        const added = userIds.filter((id) => !present.includes(id));
        if (present.length + added.length > groupMembersMax) return { outcome: 'group_full' };
        if (added.length > 0) {
          // Held until the commit: an account that is being deactivated comes before or after, not in between.
          const { rows } = await sql<{ id: number }>`
            SELECT id FROM users WHERE id IN (${sql.join(added)}) AND is_active = 1
            LOCK IN SHARE MODE`.execute(transaction);
          if (rows.length < added.length) return { outcome: 'user_not_found' };
          await transaction
            .insertInto('chat_participants')
            .values(
              added.map((userId) => ({
                chat_id: chatId,
                user_id: userId,
                joined_at: at,
                is_admin: false,
                last_read_seq: chat.lastSeq,
              })),
            )
            .execute();
        }
        return { outcome: 'changed', userIds: added, memberIds: [...present, ...added] };
      }),

    removeParticipant: (chatId, actorId, userId) =>
      inTransaction(async (transaction): Promise<MembershipChange> => {
        const chat = await lockChat(transaction, chatId);
        const actor = chat?.seats.find((seat) => seat.userId === actorId);
        if (chat === undefined || actor === undefined) return { outcome: 'not_participant' };
        if (!chat.isGroup && actorId === userId) {
          await hideSeat(transaction, chatId, userId, chat.lastSeq);
          return { outcome: 'changed', userIds: [], memberIds: [] };
        }
        if (!chat.isGroup || (!actor.isAdmin && actorId !== userId)) return { outcome: 'not_admin' };
        if (!chat.seats.some((seat) => seat.userId === userId)) return { outcome: 'not_member' };
        const rest = chat.seats.filter((seat) => seat.userId !== userId);
        if (rest.length > 0 && !rest.some((seat) => seat.isAdmin)) return { outcome: 'last_admin' };
        await removeSeat(transaction, chatId, userId);
        if (rest.length === 0) await closeChat(transaction, chatId);
        return { outcome: 'changed', userIds: [userId], memberIds: rest.map((seat) => seat.userId) };
      }),

    leave: (chatId, userId) =>
      inTransaction(async (transaction) => {
        const chat = await lockChat(transaction, chatId);
        if (chat === undefined || !chat.seats.some((seat) => seat.userId === userId)) return undefined;
        if (!chat.isGroup) {
          await hideSeat(transaction, chatId, userId, chat.lastSeq);
          return { hidden: true, memberIds: [], heirId: null };
        }
        await removeSeat(transaction, chatId, userId);
        const rest = chat.seats.filter((seat) => seat.userId !== userId);
        const heir = rest.some((seat) => seat.isAdmin) ? undefined : rest[0];
        if (heir !== undefined) await setSeatAdmin(transaction, chatId, heir.userId, true);
        if (rest.length === 0) await closeChat(transaction, chatId);
        return {
          hidden: false,
          memberIds: rest.map((seat) => seat.userId),
          heirId: heir?.userId ?? null,
        };
      }),

    setAdmin: (chatId, actorId, userId, isAdmin) =>
      inTransaction(async (transaction): Promise<MembershipChange> => {
        const chat = await lockChat(transaction, chatId);
        const actor = chat?.seats.find((seat) => seat.userId === actorId);
        if (chat === undefined || actor === undefined) return { outcome: 'not_participant' };
        if (!chat.isGroup || !actor.isAdmin) return { outcome: 'not_admin' };
        const seat = chat.seats.find((one) => one.userId === userId);
        if (seat === undefined) return { outcome: 'not_member' };
        const memberIds = chat.seats.map((one) => one.userId);
        if (seat.isAdmin === isAdmin) return { outcome: 'changed', userIds: [], memberIds };
        const otherAdmins = chat.seats.filter((one) => one.isAdmin && one.userId !== userId);
        if (!isAdmin && otherAdmins.length === 0) return { outcome: 'last_admin' };
        await setSeatAdmin(transaction, chatId, userId, isAdmin);
        return { outcome: 'changed', userIds: [userId], memberIds };
      }),

    markRead: async (chatId, userId, seq) => {
      const result = await sql`
        UPDATE chat_participants AS mine
        JOIN chats ON chats.id = mine.chat_id
        SET mine.last_read_seq = LEAST(${seq}, chats.last_seq)
        WHERE mine.chat_id = ${chatId} AND mine.user_id = ${userId} AND chats.is_active = 1
          AND mine.last_read_seq < LEAST(${seq}, chats.last_seq)`.execute(db());
      const { rows } = await sql<{ last_read_seq: number; unread_count: number }>`
        SELECT mine.last_read_seq,
          (SELECT COUNT(*) FROM message_metadata AS unread
            WHERE unread.chat_id = mine.chat_id AND unread.is_deleted = 0 AND unread.seq > mine.last_read_seq
              AND unread.sender_id <> ${userId}) AS unread_count
        FROM chat_participants AS mine
        JOIN chats ON chats.id = mine.chat_id
        WHERE mine.chat_id = ${chatId} AND mine.user_id = ${userId} AND chats.is_active = 1`.execute(db());
      const [row] = rows;
      if (row === undefined) return undefined;
      return {
        lastReadSeq: row.last_read_seq,
        unreadCount: row.unread_count,
        moved: (result.numAffectedRows ?? 0n) > 0n,
      };
    },

    listMemberships: async (userId) => {
      const { rows } = await sql<{ id: number; rev: number; last_seq: number }>`
        SELECT chats.id, chats.rev, chats.last_seq
        FROM chat_participants AS mine
        JOIN chats ON chats.id = mine.chat_id
        WHERE mine.user_id = ${userId} AND chats.is_active = 1`.execute(db());
      return rows.map((row) => ({ chatId: row.id, rev: row.rev, lastSeq: row.last_seq }));
    },

    listOthers: async (userId, exceptIds, limit) => {
      const others = exceptIds.length === 0 ? sql`TRUE` : sql`chats.id NOT IN (${sql.join(exceptIds)})`;
      const rows = await selectChats(db(), [userId], sql`${visible} AND ${others}`, { limit, offset: 0 });
      return rows.map(toChat);
    },

    listGroupIds: async (userId) => {
      const rows = await db()
        .selectFrom('chat_participants as mine')
        .innerJoin('chats', 'chats.id', 'mine.chat_id')
        .select('chats.id')
        .where('mine.user_id', '=', userId)
        .where('chats.chat_type', '=', 'group')
        .where('chats.is_active', '=', 1)
        .execute();
      return rows.map((row) => row.id);
    },

    list: async (userId, page) => {
      const rows = await selectChats(db(), [userId], visible, page);
      const [first] = rows;
      if (first !== undefined) return { rows: rows.map(toChat), total: first.total };
      if (page.offset === 0) return { rows: [], total: 0 };
      // Past the end no row carries the total.
      const { rows: counted } = await sql<{ total: number }>`
        SELECT COUNT(*) AS total FROM chat_participants AS mine JOIN chats ON chats.id = mine.chat_id
        WHERE mine.user_id = ${userId} AND chats.is_active = 1 AND ${visible}`.execute(db());
      return { rows: [], total: counted[0]?.total ?? 0 };
    },

    listParticipants: async (chatId) => {
      const rows = await db()
        .selectFrom('chat_participants as p')
        .innerJoin('users as u', 'u.id', 'p.user_id')
        .select([
          'u.id',
          'u.username',
          'u.full_name',
          'u.is_active',
          'p.is_admin',
          'p.joined_at',
          'p.last_read_seq',
        ])
        .where('p.chat_id', '=', chatId)
        .orderBy('p.joined_at')
        .orderBy('p.user_id')
        .execute();
      return rows.map(toParticipant);
    },
  };
};

const removeSeat = async (transaction: Kysely<Database>, chatId: number, userId: number): Promise<void> => {
  await transaction
    .deleteFrom('chat_participants')
    .where('chat_id', '=', chatId)
    .where('user_id', '=', userId)
    .execute();
};

/** A direct chat is left by not seeing it, until somebody says something. */
const hideSeat = async (
  transaction: Kysely<Database>,
  chatId: number,
  userId: number,
  lastSeq: number,
): Promise<void> => {
  await transaction
    .updateTable('chat_participants')
    .set({ hidden_at_seq: lastSeq })
    .where('chat_id', '=', chatId)
    .where('user_id', '=', userId)
    .execute();
};

const closeChat = async (transaction: Kysely<Database>, chatId: number): Promise<void> => {
  await transaction.updateTable('chats').set({ is_active: false }).where('id', '=', chatId).execute();
};

const setSeatAdmin = async (
  transaction: Kysely<Database>,
  chatId: number,
  userId: number,
  isAdmin: boolean,
): Promise<void> => {
  await transaction
    .updateTable('chat_participants')
    .set({ is_admin: isAdmin })
    .where('chat_id', '=', chatId)
    .where('user_id', '=', userId)
    .execute();
};

interface ParticipantSelection {
  id: number;
  username: string;
  full_name: string | null;
  is_active: 0 | 1;
  is_admin: 0 | 1;
  joined_at: Date;
  last_read_seq: number;
}

const toParticipant = (row: ParticipantSelection): ParticipantRow => ({
  id: row.id,
  ...(row.is_active === 1
    ? { username: row.username, full_name: row.full_name }
    : { username: DELETED_USERNAME, full_name: null }),
  is_admin: row.is_admin === 1,
  joined_at: row.joined_at,
  last_read_seq: row.last_read_seq,
});
