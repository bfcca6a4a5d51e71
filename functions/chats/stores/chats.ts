import { sql, type Kysely } from 'kysely';
import { duplicateKeyOf } from '../../platform/mysql/errors.ts';
import { lockChat, lockChats, lockUsers, type LockedChat, type Seat } from '../../platform/mysql/locks.ts';
import { metadataColumns, toMetadata, type MessageMetadata } from '../../platform/mysql/message-rows.ts';
import { inTransaction } from '../../platform/mysql/mysql.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { DELETED_USERNAME } from '../../text/deleted-username.ts';
import { assertRoomForChats } from './chats-per-user.ts';

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
  /** The `rev` of the latest change of the chat's own fields or of who is in it and as what. */
  readonly detailsRev: number;
  readonly lastSeq: number;
  readonly lastReadSeq: number;
  readonly updatedAt: Date;
  /** A direct chat that its user left, and in which nothing has happened since. */
  readonly isHidden: boolean;
}

/** What became of a change of a group: of its name, of who is in it, or of what they may do there. */
export type MembershipChange =
  | {
      readonly outcome: 'changed';
      /** The `rev` that the change took; null when there was nothing to change. */
      readonly rev: number | null;
      /** Who was added, removed, made admin or no longer. */
      readonly userIds: readonly number[];
      /** Who is in the chat after the change. */
      readonly memberIds: readonly number[];
    }
  | NotActive
  | {
      readonly outcome: 'not_participant' | 'not_admin' | 'not_member' | 'last_admin' | 'group_full';
    };

/** Nothing was changed, for not everybody whom it takes is an active user. */
export interface NotActive {
  readonly outcome: 'not_active';
  /** Who is none. */
  readonly userIds: readonly number[];
}

/** What a group is after somebody left it. */
export interface GroupLeft {
  readonly chatId: number;
  readonly rev: number;
  /** Who is in it still. */
  readonly memberIds: readonly number[];
  /** Who became admin by it, under a `rev` of its own. */
  readonly heir: { readonly userId: number; readonly rev: number } | null;
}

export interface ChatStore {
  /**
   * Makes a group of the creator, who is its admin, and the others; all of them active users, or none is made.
   *
   * @throws TooManyChatsError
   */
  insertGroup(group: {
    name: string;
    creatorId: number;
    memberIds: readonly number[];
    at: Date;
  }): Promise<{ readonly outcome: 'created'; readonly id: number } | NotActive>;
  /**
   * The direct chat of two users, made when there is none; concurrent callers get the same one. Making one takes two
   * active users; one that exists is shown again to the user, whoever the peer is by now.
   *
   * @throws TooManyChatsError
   */
  openDirect(pair: {
    userId: number;
    peerId: number;
    at: Date;
  }): Promise<{ readonly outcome: 'created' | 'found'; readonly id: number } | NotActive>;
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
  rename(chatId: number, userId: number, name: string, at: Date): Promise<MembershipChange>;
  /** Adds active users to a group, all of them or none; who is in it already stays as they are. @throws TooManyChatsError */
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
  ): Promise<{ readonly hidden: true } | { readonly hidden: false; readonly left: GroupLeft } | undefined>;
  /**
   * Takes a user out of at most `limit` groups, as `leave` does, in one transaction.
   *
   * @returns whether there may be more of them
   */
  leaveGroups(
    userId: number,
    limit: number,
  ): Promise<{ readonly left: readonly GroupLeft[]; readonly hasMore: boolean }>;
  /** Makes a participant admin, or no longer. */
  setAdmin(chatId: number, actorId: number, userId: number, isAdmin: boolean): Promise<MembershipChange>;
  /**
   * Moves a read mark forward, never past the end, in one round trip.
   *
   * @returns where it is, or undefined without membership; and who is in the chat, when it moved
   */
  markRead(
    chatId: number,
    userId: number,
    seq: number,
  ): Promise<
    | {
        readonly lastReadSeq: number;
        readonly unreadCount: number;
        readonly moved: boolean;
        readonly memberIds: readonly number[];
      }
    | undefined
  >;
  /** Every chat that the user is in. */
  listMemberships(userId: number): Promise<Membership[]>;
  /** Those of the chats that the user is in, all but how much is unread. */
  findMany(userId: number, chatIds: readonly number[]): Promise<Omit<ChatRow, 'unread_count'>[]>;
  /** How many messages behind their read marks are unread, by chat. */
  countUnread(
    userId: number,
    memberships: readonly Pick<Membership, 'chatId' | 'lastSeq' | 'lastReadSeq'>[],
  ): Promise<Map<number, number>>;
  /** Participants by chat, longest-standing first in each. */
  listParticipantsOfChats(chatIds: readonly number[]): Promise<Map<number, ParticipantRow[]>>;
  /** The chats of a user, latest activity first. */
  list(userId: number, page: { limit: number; offset: number }): Promise<{ rows: ChatRow[]; total: number }>;
  /** All participants of a chat, longest-standing first. */
  listParticipants(chatId: number): Promise<ParticipantRow[]>;
  findParticipant(chatId: number, userId: number): Promise<ParticipantRow | undefined>;
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
 * How many messages behind their read marks are unread, in the order of the rows: all numbers there, which have no gaps,
 * but for the deleted messages, so only these are counted. None of them is the viewer's own: sending moves the sender's
 * mark in the transaction that numbers the message. One SELECT each, sent as one statement: each has bounds of its own on
 * the index, where one for all would read each chat from its beginning.
 */
const countUnread = async (
  db: Kysely<Database>,
  rows: readonly Pick<ChatSelection, 'id' | 'viewer_id' | 'last_seq' | 'last_read_seq'>[],
): Promise<number[]> => {
  const counts = rows.map((row) => Math.max(0, row.last_seq - row.last_read_seq));
  const selects = rows.flatMap((row, position) =>
    counts[position] === 0
      ? []
      : [
          sql`(SELECT ${sql.lit(position)} AS position, COUNT(*) AS deleted_count
            FROM message_metadata AS unread FORCE INDEX (ix_message_metadata_visible)
            WHERE unread.chat_id = ${row.id} AND unread.is_deleted = 1
              AND unread.seq > ${row.last_read_seq} AND unread.seq <= ${row.last_seq})`,
        ],
  );
  if (selects.length === 0) return counts;
  const found = await sql<{
    position: number;
    deleted_count: number;
  }>`${sql.join(selects, sql` UNION ALL `)}`.execute(db);
  for (const row of found.rows) counts[row.position] = (counts[row.position] ?? 0) - row.deleted_count;
  return counts;
};

/**
 * Chats of a user with everything that a list of chats shows but how much is unread: the page is cut first, and
 * what belongs to a chat is looked up for the chats of the page only, each by an index. The latest message is looked up
 * in the order of all columns of the index: by `seq` alone, MySQL 8 sorts all messages of each chat. The key of the peer
 * is NULL in a group: a condition on its own would be looked at once all members have been read.
 */
const selectChatsOnly = async (
  db: Kysely<Database>,
  userIds: readonly number[],
  where: ReturnType<typeof sql>,
  page: { limit: number; offset: number },
): Promise<ChatSelectionWithoutUnread[]> => {
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
    ON peer_seat.chat_id = IF(c.chat_type = 'direct', c.id, NULL) AND peer_seat.user_id <> c.viewer_id
  LEFT JOIN users AS peer ON peer.id = peer_seat.user_id
  LEFT JOIN message_metadata AS m
    ON m.chat_id = c.id AND m.seq = (
      SELECT latest.seq FROM message_metadata AS latest FORCE INDEX (ix_message_metadata_visible)
      WHERE latest.chat_id = c.id AND latest.is_deleted = 0
      ORDER BY latest.chat_id DESC, latest.is_deleted DESC, latest.seq DESC LIMIT 1)
  LEFT JOIN users AS sender ON sender.id = m.sender_id
  ORDER BY c.updated_at DESC, c.id DESC`.execute(db);
  return rows;
};

/** Chats of a user with everything that a list of chats shows, in two statements. */
const selectChats = async (...selection: Parameters<typeof selectChatsOnly>): Promise<ChatSelection[]> => {
  const rows = await selectChatsOnly(...selection);
  const counts = await countUnread(selection[0], rows);
  return rows.map((row, index) => ({ ...row, unread_count: counts[index] ?? 0 }));
};

/** Not a direct chat that its user left and in which nothing has happened since. */
const visible = sql`(mine.hidden_at_seq IS NULL OR chats.last_seq > mine.hidden_at_seq)`;

/** Who of those in a chat asks, when they are in it and their account is still on. */
const seatOf = (chat: LockedChat | undefined, userId: number): Seat | undefined =>
  chat?.seats.find((seat) => seat.userId === userId && seat.isActive);

/** Whether anybody of them can manage the group. */
const haveAdmin = (seats: readonly Seat[]): boolean => seats.some((seat) => seat.isAdmin && seat.isActive);

const toChat = (row: ChatSelection): ChatRow => ({
  ...toChatWithoutUnread(row),
  unread_count: row.unread_count,
});

const toChatWithoutUnread = (row: ChatSelectionWithoutUnread): Omit<ChatRow, 'unread_count'> => ({
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

/**
 * @param groupMembersMax how many members a group has at most
 * @param chatsPerUserMax how many chats a user is in at most
 */
export const createChatStore = (
  db: () => Kysely<Database>,
  groupMembersMax = 100,
  chatsPerUserMax = 2000,
): ChatStore => {
  /** @throws Error of the database when there is a direct chat of the pair */
  const insertChat = (
    chat: { chat_type: 'direct' | 'group'; name: string | null; direct_key: string | null; at: Date },
    participants: readonly { userId: number; isAdmin: boolean }[],
  ): Promise<{ readonly outcome: 'created'; readonly id: number } | NotActive> =>
    inTransaction(db(), async (transaction) => {
      const { at, ...columns } = chat;
      const userIds = participants.map(({ userId }) => userId);
      const notActive = await lockUsers(transaction, userIds);
      if (notActive.length > 0) return { outcome: 'not_active', userIds: notActive };
      await assertRoomForChats(transaction, userIds, chatsPerUserMax);
      const result = await transaction
        .insertInto('chats')
        .values({ ...columns, created_at: at, updated_at: at, is_active: true })
        .executeTakeFirstOrThrow();
      const id = Number(result.insertId);
      await transaction
        .insertInto('chat_participants')
        .values(
          participants.map(({ userId, isAdmin }) => ({
            chat_id: id,
            user_id: userId,
            joined_at: at,
            is_admin: isAdmin,
          })),
        )
        .execute();
      return { outcome: 'created', id };
    });

  const findDirect = async (directKey: string): Promise<number | undefined> => {
    const row = await db()
      .selectFrom('chats')
      .select('id')
      .where('direct_key', '=', directKey)
      .executeTakeFirst();
    return row?.id;
  };

  const findMemberIdsOfChats: ChatStore['findMemberIdsOfChats'] = async (chatIds, userId) => {
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
      /** Whoever opens it again sees it again. */
      const open = (id: number): Promise<{ readonly outcome: 'found'; readonly id: number } | NotActive> =>
        inTransaction(db(), async (transaction) => {
          const chat = await lockChat(transaction, id);
          if (seatOf(chat, userId) === undefined) return { outcome: 'not_active', userIds: [userId] };
          await setHiddenAt(transaction, id, userId, null);
          return { outcome: 'found', id };
        });
      const known = await findDirect(directKey);
      if (known !== undefined) return open(known);
      try {
        return await insertChat({ chat_type: 'direct', name: null, direct_key: directKey, at }, [
          { userId, isAdmin: false },
          { userId: peerId, isAdmin: false },
        ]);
      } catch (error) {
        if (duplicateKeyOf(error) !== 'uq_chats_direct_key') throw error;
        const winner = await findDirect(directKey);
        if (winner === undefined) throw error;
        return open(winner);
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
      inTransaction(db(), async (transaction): Promise<MembershipChange> => {
        const chat = await lockChat(transaction, chatId);
        const seat = seatOf(chat, userId);
        if (chat === undefined || seat === undefined) return { outcome: 'not_participant' };
        if (!chat.isGroup || !seat.isAdmin) return { outcome: 'not_admin' };
        const memberIds = chat.seats.map((one) => one.userId);
        if (chat.name === name) return { outcome: 'changed', rev: null, userIds: [], memberIds };
        await transaction
          .updateTable('chats')
          .set({ name, updated_at: sql<Date>`GREATEST(updated_at, ${at})` })
          .where('id', '=', chatId)
          .execute();
        const rev = await takeRev(transaction, chatId, chat.rev);
        return { outcome: 'changed', rev, userIds: [], memberIds };
      }),

    addParticipants: (chatId, actorId, userIds, at) =>
      inTransaction(db(), async (transaction): Promise<MembershipChange> => {
        const chat = await lockChat(transaction, chatId);
        const actor = seatOf(chat, actorId);
        if (chat === undefined || actor === undefined) return { outcome: 'not_participant' };
        if (!chat.isGroup || !actor.isAdmin) return { outcome: 'not_admin' };
        const notActive = await lockUsers(transaction, userIds);
        if (notActive.length > 0) return { outcome: 'not_active', userIds: notActive };
        const present = chat.seats.map((seat) => seat.userId);
        const added = userIds.filter((id) => !present.includes(id));
        if (present.length + added.length > groupMembersMax) return { outcome: 'group_full' };
        if (added.length === 0) return { outcome: 'changed', rev: null, userIds: [], memberIds: present };
        await assertRoomForChats(transaction, added, chatsPerUserMax);
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
        const rev = await takeRev(transaction, chatId, chat.rev);
        return { outcome: 'changed', rev, userIds: added, memberIds: [...present, ...added] };
      }),

    removeParticipant: (chatId, actorId, userId) =>
      inTransaction(db(), async (transaction): Promise<MembershipChange> => {
        const chat = await lockChat(transaction, chatId);
        const actor = seatOf(chat, actorId);
        if (chat === undefined || actor === undefined) return { outcome: 'not_participant' };
        if (!chat.isGroup && actorId === userId) {
          await setHiddenAt(transaction, chatId, userId, chat.lastSeq);
          return { outcome: 'changed', rev: null, userIds: [], memberIds: [] };
        }
        if (!chat.isGroup || (!actor.isAdmin && actorId !== userId)) return { outcome: 'not_admin' };
        if (!chat.seats.some((seat) => seat.userId === userId)) return { outcome: 'not_member' };
        const rest = chat.seats.filter((seat) => seat.userId !== userId);
        if (rest.some((seat) => seat.isActive) && !haveAdmin(rest)) return { outcome: 'last_admin' };
        await removeSeats(transaction, [chatId], userId);
        if (rest.length === 0) await closeChats(transaction, [chatId]);
        const rev = await takeRev(transaction, chatId, chat.rev);
        return { outcome: 'changed', rev, userIds: [userId], memberIds: rest.map((seat) => seat.userId) };
      }),

    leave: (chatId, userId) =>
      inTransaction(db(), async (transaction) => {
        const chat = await lockChat(transaction, chatId);
        if (chat === undefined || !chat.seats.some((seat) => seat.userId === userId)) return undefined;
        if (!chat.isGroup) {
          await setHiddenAt(transaction, chatId, userId, chat.lastSeq);
          return { hidden: true };
        }
        const [left] = await leaveLocked(transaction, [chat], userId);
        return left && { hidden: false, left };
      }),

    leaveGroups: async (userId, limit) => {
      // What is found here is looked at again under the locks. Of an account that is deactivated there come no more.
      const found = await db()
        .selectFrom('chat_participants as mine')
        .innerJoin('chats', 'chats.id', 'mine.chat_id')
        .select('chats.id')
        .where('mine.user_id', '=', userId)
        .where('chats.chat_type', '=', 'group')
        .where('chats.is_active', '=', 1)
        .orderBy('mine.chat_id')
        .limit(limit)
        .execute();
      if (found.length === 0) return { left: [], hasMore: false };
      const left = await inTransaction(db(), async (transaction) => {
        const chats = await lockChats(
          transaction,
          found.map(({ id }) => id),
        );
        return leaveLocked(
          transaction,
          chats.filter((chat) => chat.seats.some((seat) => seat.userId === userId)),
          userId,
        );
      });
      return { left, hasMore: found.length === limit };
    },

    setAdmin: (chatId, actorId, userId, isAdmin) =>
      inTransaction(db(), async (transaction): Promise<MembershipChange> => {
        const chat = await lockChat(transaction, chatId);
        const actor = seatOf(chat, actorId);
        if (chat === undefined || actor === undefined) return { outcome: 'not_participant' };
        if (!chat.isGroup || !actor.isAdmin) return { outcome: 'not_admin' };
        const seat = seatOf(chat, userId);
        if (seat === undefined) return { outcome: 'not_member' };
        const memberIds = chat.seats.map((one) => one.userId);
        if (seat.isAdmin === isAdmin) return { outcome: 'changed', rev: null, userIds: [], memberIds };
        const others = chat.seats.filter((one) => one.userId !== userId);
        if (!isAdmin && !haveAdmin(others)) return { outcome: 'last_admin' };
        await setSeatAdmin(transaction, chatId, userId, isAdmin);
        const rev = await takeRev(transaction, chatId, chat.rev);
        return { outcome: 'changed', rev, userIds: [userId], memberIds };
      }),

    markRead: async (chatId, userId, seq) => {
      const { rows } = await sql`CALL mark_read_v1(${chatId}, ${userId}, ${seq})`.execute(db());
      // A CALL answers an array of result sets where a SELECT answers an array of rows.
      const [[mark], members] = rows as unknown as MarkRows;
      if (mark === undefined) return undefined;
      return {
        lastReadSeq: mark.last_read_seq,
        unreadCount: mark.unread_count,
        moved: mark.moved === 1,
        memberIds: members.map((member) => member.user_id),
      };
    },

    listMemberships: async (userId) => {
      const { rows } = await sql<Omit<Membership, 'isHidden'> & { isVisible: 0 | 1 }>`
        SELECT chats.id AS chatId, chats.rev, chats.details_rev AS detailsRev, chats.last_seq AS lastSeq,
          mine.last_read_seq AS lastReadSeq, chats.updated_at AS updatedAt, ${visible} AS isVisible
        FROM chat_participants AS mine
        JOIN chats ON chats.id = mine.chat_id
        WHERE mine.user_id = ${userId} AND chats.is_active = 1`.execute(db());
      return rows.map(({ isVisible, ...membership }) => ({ ...membership, isHidden: isVisible === 0 }));
    },

    findMany: async (userId, chatIds) => {
      if (chatIds.length === 0) return [];
      const page = { limit: chatIds.length, offset: 0 };
      const rows = await selectChatsOnly(db(), [userId], sql`chats.id IN (${sql.join(chatIds)})`, page);
      return rows.map(toChatWithoutUnread);
    },

    countUnread: async (userId, memberships) => {
      const counts = await countUnread(
        db(),
        memberships.map(({ chatId, lastSeq, lastReadSeq }) => ({
          id: chatId,
          last_seq: lastSeq,
          last_read_seq: lastReadSeq,
          viewer_id: userId,
        })),
      );
      return new Map(memberships.map(({ chatId }, index) => [chatId, counts[index] ?? 0]));
    },

    listParticipantsOfChats: async (chatIds) => {
      if (chatIds.length === 0) return new Map();
      const rows = await selectParticipants(db(), chatIds).execute();
      return new Map(
        [...Map.groupBy(rows, (row) => row.chat_id)].map(([chatId, own]) => [chatId, own.map(toParticipant)]),
      );
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
      const rows = await selectParticipants(db(), [chatId]).execute();
      return rows.map(toParticipant);
    },

    findParticipant: async (chatId, userId) => {
      const row = await selectParticipants(db(), [chatId]).where('p.user_id', '=', userId).executeTakeFirst();
      return row && toParticipant(row);
    },
  };
};

/** The result sets of `mark_read_v1`; the first is empty without membership. */
type MarkRows = [[{ last_read_seq: number; unread_count: number; moved: 0 | 1 }] | [], { user_id: number }[]];

/**
 * Takes a user out of groups that are locked and that they are in. Where nobody is left who can manage a group, the
 * longest-standing of those whose account is on becomes its admin.
 */
const leaveLocked = async (
  transaction: Kysely<Database>,
  groups: readonly LockedChat[],
  userId: number,
): Promise<GroupLeft[]> => {
  const left = groups.map(({ id: chatId, rev, seats }) => {
    const rest = seats.filter((seat) => seat.userId !== userId);
    const heir = haveAdmin(rest) ? undefined : rest.find((seat) => seat.isActive);
    return {
      chatId,
      rev: rev + 1,
      memberIds: rest.map((seat) => seat.userId),
      heir: heir === undefined ? null : { userId: heir.userId, rev: rev + 2 },
    };
  });
  await removeSeats(
    transaction,
    left.map(({ chatId }) => chatId),
    userId,
  );
  for (const { chatId, heir } of left) {
    if (heir !== null) await setSeatAdmin(transaction, chatId, heir.userId, true);
  }
  const [handedOver, kept] = [
    left.filter(({ heir }) => heir !== null),
    left.filter(({ heir }) => heir === null),
  ];
  await takeRevs(
    transaction,
    kept.map(({ chatId }) => chatId),
    1,
  );
  await takeRevs(
    transaction,
    handedOver.map(({ chatId }) => chatId),
    2,
  );
  await closeChats(
    transaction,
    left.filter(({ memberIds }) => memberIds.length === 0).map(({ chatId }) => chatId),
  );
  return left;
};

/** Participants of chats, longest-standing first in each. */
const selectParticipants = (db: Kysely<Database>, chatIds: readonly number[]) =>
  db
    .selectFrom('chat_participants as p')
    .innerJoin('users as u', 'u.id', 'p.user_id')
    .select([
      'p.chat_id',
      'u.id',
      'u.username',
      'u.full_name',
      'u.is_active',
      'p.is_admin',
      'p.joined_at',
      'p.last_read_seq',
    ])
    .where('p.chat_id', 'in', chatIds)
    .orderBy('p.chat_id')
    .orderBy('p.joined_at')
    .orderBy('p.user_id');

/**
 * Takes the next `rev`s of chats for changes of their own fields or of who is in them and as what, under their row
 * locks.
 */
const takeRevs = async (
  transaction: Kysely<Database>,
  chatIds: readonly number[],
  count: number,
): Promise<void> => {
  if (chatIds.length === 0) return;
  // In this order: MySQL assigns from left to right, and a later expression sees what an earlier one has set.
  await sql`
    UPDATE chats SET details_rev = rev + ${count}, rev = rev + ${count}
    WHERE id IN (${sql.join(chatIds)})`.execute(transaction);
};

/** As `takeRevs`, for one change of one chat. @param rev the one that the chat has. @returns the next one */
const takeRev = async (transaction: Kysely<Database>, chatId: number, rev: number): Promise<number> => {
  await takeRevs(transaction, [chatId], 1);
  return rev + 1;
};

const removeSeats = async (
  transaction: Kysely<Database>,
  chatIds: readonly number[],
  userId: number,
): Promise<void> => {
  if (chatIds.length === 0) return;
  await transaction
    .deleteFrom('chat_participants')
    .where('chat_id', 'in', chatIds)
    .where('user_id', '=', userId)
    .execute();
};

/** A direct chat is left by not seeing it, until somebody says something. @param lastSeq null shows it again */
const setHiddenAt = async (
  transaction: Kysely<Database>,
  chatId: number,
  userId: number,
  lastSeq: number | null,
): Promise<void> => {
  await transaction
    .updateTable('chat_participants')
    .set({ hidden_at_seq: lastSeq })
    .where('chat_id', '=', chatId)
    .where('user_id', '=', userId)
    .execute();
};

const closeChats = async (transaction: Kysely<Database>, chatIds: readonly number[]): Promise<void> => {
  if (chatIds.length === 0) return;
  await transaction.updateTable('chats').set({ is_active: false }).where('id', 'in', chatIds).execute();
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
