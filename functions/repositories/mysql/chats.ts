import { sql, type Kysely } from 'kysely';
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
  /** The chats of a user, latest activity first. */
  list(userId: number, page: { limit: number; offset: number }): Promise<{ rows: ChatRow[]; total: number }>;
  /** All participants of a chat, longest-standing first. */
  listParticipants(chatId: number): Promise<ParticipantRow[]>;
}

interface ChatSelection {
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
  total: number;
}

/**
 * Chats of a user with everything that a list of chats shows, in one statement: the page is cut first, and
 * what belongs to a chat is looked up for the chats of the page only, each by an index.
 */
const selectChats = (
  db: Kysely<Database>,
  userId: number,
  where: ReturnType<typeof sql>,
  page: { limit: number; offset: number },
) =>
  sql<ChatSelection>`
  SELECT c.*,
    (SELECT COUNT(*) FROM chat_participants AS other WHERE other.chat_id = c.id) AS participant_count,
    (SELECT COUNT(*) FROM message_metadata AS unread
      WHERE unread.chat_id = c.id AND unread.is_deleted = 0 AND unread.seq > c.last_read_seq
        AND unread.sender_id <> ${userId}) AS unread_count,
    peer.id AS peer_id, peer.username AS peer_username, peer.full_name AS peer_full_name,
    peer.last_seen AS peer_last_seen,
    ${metadataColumns('m', 'sender', 'message_')}
  FROM (
    SELECT chats.id, chats.chat_type, chats.name, chats.is_active, chats.created_at, chats.updated_at,
      chats.last_seq, chats.rev, mine.is_admin, mine.last_read_seq, COUNT(*) OVER () AS total
    FROM chat_participants AS mine
    JOIN chats ON chats.id = mine.chat_id
    WHERE mine.user_id = ${userId} AND chats.is_active = 1 AND ${where}
    ORDER BY chats.updated_at DESC, chats.id DESC
    LIMIT ${page.limit} OFFSET ${page.offset}
  ) AS c
  LEFT JOIN chat_participants AS peer_seat
    ON peer_seat.chat_id = c.id AND peer_seat.user_id <> ${userId} AND c.chat_type = 'direct'
  LEFT JOIN users AS peer ON peer.id = peer_seat.user_id
  LEFT JOIN message_metadata AS m
    ON m.chat_id = c.id AND m.seq = (
      SELECT MAX(latest.seq) FROM message_metadata AS latest
      WHERE latest.chat_id = c.id AND latest.is_deleted = 0)
  LEFT JOIN users AS sender ON sender.id = m.sender_id
  ORDER BY c.updated_at DESC, c.id DESC`.execute(db);

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
          username: row.peer_username,
          full_name: row.peer_full_name,
          last_seen: row.peer_last_seen,
        },
});

export const createChatRepository = (db: () => Kysely<Database>): ChatRepository => {
  const insertChat = async (
    chat: { chat_type: 'direct' | 'group'; name: string | null; direct_key: string | null; at: Date },
    participants: readonly { userId: number; isAdmin: boolean }[],
  ): Promise<number> =>
    retryOnDeadlock(() =>
      db()
        .transaction()
        .execute(async (transaction) => {
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
        }),
    );

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
      if (known !== undefined) return { id: known, created: false };
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
      const { rows } = await selectChats(db(), userId, sql`chats.id = ${chatId}`, { limit: 1, offset: 0 });
      const [row] = rows;
      return row && toChat(row);
    },

    list: async (userId, page) => {
      const { rows } = await selectChats(db(), userId, sql`TRUE`, page);
      const [first] = rows;
      if (first !== undefined) return { rows: rows.map(toChat), total: first.total };
      if (page.offset === 0) return { rows: [], total: 0 };
      // Past the end no row carries the total.
      const { total } = await db()
        .selectFrom('chat_participants as mine')
        .innerJoin('chats', 'chats.id', 'mine.chat_id')
        .select(({ fn }) => fn.countAll<number>().as('total'))
        .where('mine.user_id', '=', userId)
        .where('chats.is_active', '=', 1)
        .executeTakeFirstOrThrow();
      return { rows: [], total };
    },

    listParticipants: async (chatId) => {
      const rows = await db()
        .selectFrom('chat_participants as p')
        .innerJoin('users as u', 'u.id', 'p.user_id')
        .select(['u.id', 'u.username', 'u.full_name', 'p.is_admin', 'p.joined_at', 'p.last_read_seq'])
        .where('p.chat_id', '=', chatId)
        .orderBy('p.joined_at')
        .orderBy('p.user_id')
        .execute();
      return rows.map((row) => ({ ...row, is_admin: row.is_admin === 1 }));
    },
  };
};
