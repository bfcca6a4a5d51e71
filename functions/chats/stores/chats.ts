import { sql, type Kysely } from 'kysely';
import { SLICE_USERS } from '../../contract/limits.ts';
import {
  EVERYBODY,
  joinTarget,
  metadataColumns,
  toMetadata,
  type MessageMetadata,
} from '../../platform/mysql/message-rows.ts';
import type { ChatSettings } from '../../platform/mysql/locks.ts';
import { toPerson, type PersonRow } from '../../platform/mysql/people.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { packsOf, slicesOf } from '../../platform/slices.ts';

/** A chat as one of its participants sees it, without the data from MongoDB and DynamoDB. */
export interface ChatRow extends ChatSettings {
  readonly id: number;
  readonly chat_type: 'direct' | 'group';
  readonly is_active: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly participant_count: number;
  readonly last_seq: number;
  readonly rev: number;
  readonly is_admin: boolean;
  readonly last_read_seq: number;
  readonly notify_level: 'all' | 'mentions' | 'none';
  readonly muted_until: Date | null;
  readonly unread_count: number;
  readonly mention_count: number;
  readonly last_message: MessageMetadata | null;
  /** The peer of a direct chat; null in a group. */
  readonly peer: PersonRow | null;
}

/** A user's position in a chat that they are in. */
export interface Membership {
  readonly chatId: number;
  readonly rev: number;
  /**
   * The `rev` of the latest change to the chat's own fields, to its participants and their roles, or to the user's
   * settings in it.
   */
  readonly detailsRev: number;
  readonly lastSeq: number;
  readonly lastReadSeq: number;
  readonly updatedAt: Date;
  /** Whether the chat is a direct chat that the user has left and that has had no message since. */
  readonly isHidden: boolean;
  /** Whether the user has blocked anybody. Messages of blocked users do not count as unread. */
  readonly hasBlocks: boolean;
}

/** Reads chats as one of their participants sees them. */
export interface ChatStore {
  find(chatId: number, userId: number): Promise<ChatRow | undefined>;
  /** A chat as each of these participants sees it, by user id. */
  findForUsers(chatId: number, userIds: readonly number[]): Promise<Map<number, ChatRow>>;
  /** Those of the chats that the user is in, without unread counts. */
  findMany(userId: number, chatIds: readonly number[]): Promise<Omit<ChatRow, keyof UnreadCounts>[]>;
  /** The chats of a user, latest activity first. */
  list(userId: number, page: { limit: number; offset: number }): Promise<{ rows: ChatRow[]; total: number }>;
  /** A user's position in every chat that they are in. */
  listMemberships(userId: number): Promise<Membership[]>;
  /** The unread counts of a user, by chat. */
  countUnread(
    userId: number,
    memberships: readonly Pick<Membership, 'chatId' | 'lastSeq' | 'lastReadSeq' | 'hasBlocks'>[],
  ): Promise<Map<number, UnreadCounts>>;
  /**
   * The sum of each user's unread counts over all of their chats that are not muted. By user id; users without unread
   * messages are absent.
   */
  sumUnread(userIds: readonly number[], now: Date): Promise<Map<number, UnreadCounts>>;
}

/** Visible messages of other users after a read mark. */
export interface UnreadCounts {
  readonly unread_count: number;
  /** Those that mention the user or everybody. */
  readonly mention_count: number;
}

/**
 * How many chats of many users are counted at a time: bounds how many statements are built and wait for a connection.
 */
const COUNTED_AT_ONCE = 500;

const NOTHING_UNREAD: UnreadCounts = { unread_count: 0, mention_count: 0 };

export const createChatStore = (db: () => Kysely<Database>): ChatStore => ({
  find: async (chatId, userId) => {
    const [row] = await selectChats(db(), [userId], sql`chats.id = ${chatId}`, { limit: 1, offset: 0 });
    return row && toChat(row);
  },

  findForUsers: async (chatId, userIds) => {
    const found = new Map<number, ChatRow>();
    for (const slice of slicesOf(userIds, SLICE_USERS)) {
      const page = { limit: slice.length, offset: 0 };
      // The participants are counted once, not once per viewer.
      const rows = await selectChats(db(), slice, sql`chats.id = ${chatId}`, page, sql`${chatId}`);
      for (const row of rows) found.set(row.viewer_id, toChat(row));
    }
    return found;
  },

  findMany: async (userId, chatIds) => {
    if (chatIds.length === 0) return [];
    const page = { limit: chatIds.length, offset: 0 };
    const rows = await selectChatsOnly(db(), [userId], sql`chats.id IN (${sql.join(chatIds)})`, page);
    return rows.map(toUncountedChat);
  },

  list: async (userId, page) => {
    const rows = await selectChats(db(), [userId], visible, page);
    const [first] = rows;
    if (first !== undefined) return { rows: rows.map(toChat), total: first.total };
    if (page.offset === 0) return { rows: [], total: 0 };
    // The total is a column of each row, so a page past the end has none.
    const { rows: counted } = await sql<{ total: number }>`
      SELECT COUNT(*) AS total FROM chat_participants AS mine JOIN chats ON chats.id = mine.chat_id
      WHERE mine.user_id = ${userId} AND chats.is_active = 1 AND ${visible}`.execute(db());
    return { rows: [], total: counted[0]?.total ?? 0 };
  },

  listMemberships: async (userId) => {
    const { rows } = await sql<
      Omit<Membership, 'isHidden' | 'hasBlocks'> & { isVisible: 0 | 1; hasBlocks: 0 | 1 }
    >`
      SELECT chats.id AS chatId, chats.rev, GREATEST(chats.details_rev, mine.settings_rev) AS detailsRev,
        chats.last_seq AS lastSeq, mine.last_read_seq AS lastReadSeq, chats.updated_at AS updatedAt, ${visible} AS isVisible,
        EXISTS (SELECT 1 FROM user_blocks WHERE user_id = ${userId}) AS hasBlocks
      FROM chat_participants AS mine
      JOIN chats ON chats.id = mine.chat_id
      WHERE mine.user_id = ${userId} AND chats.is_active = 1`.execute(db());
    return rows.map(({ isVisible, hasBlocks, ...membership }) => ({
      ...membership,
      isHidden: isVisible === 0,
      hasBlocks: hasBlocks === 1,
    }));
  },

  countUnread: async (userId, memberships) => {
    const counts = await countUnread(
      db(),
      memberships.map(({ chatId, lastSeq, lastReadSeq, hasBlocks }) => ({
        id: chatId,
        last_seq: lastSeq,
        last_read_seq: lastReadSeq,
        viewer_id: userId,
        has_blocks: hasBlocks ? (1 as const) : (0 as const),
      })),
    );
    return new Map(memberships.map(({ chatId }, index) => [chatId, counts[index] ?? NOTHING_UNREAD]));
  },

  sumUnread: async (userIds, now) => {
    const sums = new Map<number, UnreadCounts>();
    if (userIds.length === 0) return sums;
    const { rows } = await sql<
      Pick<ChatSelection, 'id' | 'viewer_id' | 'last_seq' | 'last_read_seq' | 'has_blocks'>
    >`
      SELECT chats.id, mine.user_id AS viewer_id, chats.last_seq, mine.last_read_seq,
        EXISTS (SELECT 1 FROM user_blocks WHERE user_id = mine.user_id) AS has_blocks
      FROM chat_participants AS mine
      JOIN chats ON chats.id = mine.chat_id
      WHERE mine.user_id IN (${sql.join(userIds)}) AND chats.is_active = 1
        AND chats.last_seq > mine.last_read_seq AND (mine.muted_until IS NULL OR mine.muted_until <= ${now})
        AND ${visible}`.execute(db());
    for (const slice of slicesOf(rows, COUNTED_AT_ONCE)) {
      const counts = await countUnread(db(), slice);
      for (const [index, { unread_count, mention_count }] of counts.entries()) {
        const userId = slice[index]?.viewer_id ?? 0;
        const sum = sums.get(userId) ?? NOTHING_UNREAD;
        sums.set(userId, {
          unread_count: sum.unread_count + unread_count,
          mention_count: sum.mention_count + mention_count,
        });
      }
    }
    return sums;
  },
});

interface ChatSelection extends UnreadCounts, ChatSettings {
  viewer_id: number;
  id: number;
  chat_type: 'direct' | 'group';
  is_active: 0 | 1;
  created_at: Date;
  updated_at: Date;
  last_seq: number;
  rev: number;
  participant_count: number;
  is_admin: 0 | 1;
  last_read_seq: number;
  notify_level: ChatRow['notify_level'];
  muted_until: Date | null;
  peer_id: number | null;
  peer_username: string | null;
  peer_full_name: string | null;
  peer_avatar_id: string | null;
  peer_last_seen: Date | null;
  peer_is_active: 0 | 1 | null;
  peer_is_hidden: 0 | 1 | null;
  has_blocks: 0 | 1;
  total: number;
}

/** The result of the first of the two statements. */
type UncountedSelection = Omit<ChatSelection, keyof UnreadCounts>;

/** RDS Proxy pins a connection to the client when a statement exceeds 16 KB. */
const STATEMENT_BYTES = 16_000;

/** Estimated bytes of the counting statement per chat, parameters included; more for a viewer with blocks. */
const COUNTED_BYTES = { withoutBlocks: 850, withBlocks: 1400 };

/**
 * The unread counts of the viewers, in the order of the rows. A chat's `seq` numbers have no gaps, so the unread
 * count is `last_seq - last_read_seq` minus the deleted messages, and only the deleted ones are counted. None of the
 * messages is the viewer's own: a send moves the sender's read mark in the transaction that assigns the `seq`. Each
 * chat has a SELECT of its own, several of which go in one UNION ALL statement: each SELECT has its own bounds on the
 * index, whereas a single SELECT over all chats would read each chat from its beginning. A message that mentions the
 * viewer and everybody has two mention rows and counts once. Messages of users whom the viewer has blocked do not
 * count: the unread messages are scanned for them only when the viewer has blocked anybody.
 */
const countUnread = async (
  db: Kysely<Database>,
  rows: readonly Pick<ChatSelection, 'id' | 'viewer_id' | 'last_seq' | 'last_read_seq' | 'has_blocks'>[],
): Promise<UnreadCounts[]> => {
  const distances = rows.map((row) => Math.max(0, row.last_seq - row.last_read_seq));
  const selects = rows.flatMap((row, position) =>
    distances[position] === 0
      ? []
      : [
          {
            bytes: COUNTED_BYTES[row.has_blocks === 1 ? 'withBlocks' : 'withoutBlocks'],
            query: sql`(SELECT ${sql.lit(position)} AS position, COUNT(*) AS deleted_count, (
              SELECT COUNT(DISTINCT mention.seq)
              FROM message_mentions AS mention FORCE INDEX (PRIMARY)
              STRAIGHT_JOIN message_metadata AS m ON m.id = mention.message_row_id
              WHERE mention.chat_id = ${row.id} AND mention.user_id IN (${EVERYBODY}, ${row.viewer_id})
                AND mention.seq > ${row.last_read_seq} AND mention.seq <= ${row.last_seq}
                AND m.is_deleted = 0 AND m.sender_id <> ${row.viewer_id} ${
                  row.has_blocks === 1
                    ? sql`AND NOT EXISTS (
                  SELECT 1 FROM user_blocks AS blocked
                  WHERE blocked.user_id = ${row.viewer_id} AND blocked.blocked_id = m.sender_id)`
                    : sql``
                }
            ) AS mention_count, ${
              row.has_blocks === 1
                ? sql`(
              SELECT COUNT(*)
              FROM message_metadata AS m FORCE INDEX (ix_message_metadata_visible)
              STRAIGHT_JOIN user_blocks AS blocked
                ON blocked.user_id = ${row.viewer_id} AND blocked.blocked_id = m.sender_id
              WHERE m.chat_id = ${row.id} AND m.is_deleted = 0
                AND m.seq > ${row.last_read_seq} AND m.seq <= ${row.last_seq})`
                : sql`0`
            } AS blocked_count
            FROM message_metadata AS unread FORCE INDEX (ix_message_metadata_visible)
            WHERE unread.chat_id = ${row.id} AND unread.is_deleted = 1
              AND unread.seq > ${row.last_read_seq} AND unread.seq <= ${row.last_seq})`,
          },
        ],
  );
  const counts = distances.map(() => NOTHING_UNREAD);
  const found = await Promise.all(
    packsOf(selects, ({ bytes }) => bytes, STATEMENT_BYTES).map((pack) =>
      sql<{
        position: number;
        deleted_count: number;
        mention_count: number;
        blocked_count: number;
      }>`${sql.join(
        pack.map(({ query }) => query),
        sql` UNION ALL `,
      )}`.execute(db),
    ),
  );
  for (const row of found.flatMap(({ rows: counted }) => counted)) {
    const { position, mention_count: mentions } = row;
    const uncounted = row.deleted_count + row.blocked_count;
    counts[position] = { unread_count: (distances[position] ?? 0) - uncounted, mention_count: mentions };
  }
  return counts;
};

/**
 * Chats of a user with everything that a list of chats shows, except the unread counts. The subquery cuts the page
 * first; the rest is looked up by an index, for the chats of this page only. The subquery of the latest message
 * orders by all columns of the index: ordered by `seq` alone, MySQL 8 sorts all messages of each chat. In a group,
 * the join key of the peer is NULL: MySQL would evaluate a separate condition on the type only after reading all
 * members.
 *
 * @param counted the chat whose participants are counted: by default that of each row
 */
const selectChatsOnly = async (
  db: Kysely<Database>,
  userIds: readonly number[],
  where: ReturnType<typeof sql>,
  page: { limit: number; offset: number },
  counted: ReturnType<typeof sql> = sql`c.id`,
): Promise<UncountedSelection[]> => {
  const { rows } = await sql<UncountedSelection>`
  SELECT c.*,
    (SELECT COUNT(*) FROM chat_participants AS other WHERE other.chat_id = ${counted}) AS participant_count,
    peer.id AS peer_id, peer.username AS peer_username, peer.full_name AS peer_full_name,
    peer.avatar_id AS peer_avatar_id, peer.last_seen AS peer_last_seen, peer.is_active AS peer_is_active,
    EXISTS (
      SELECT 1 FROM user_blocks AS hiding WHERE hiding.user_id = peer.id AND hiding.blocked_id = c.viewer_id
    ) AS peer_is_hidden,
    ${metadataColumns('m', 'sender', 'message_')}
  FROM (
    SELECT chats.id, chats.chat_type, chats.name, chats.avatar_id, chats.description, chats.posting, chats.slow_seconds,
      chats.is_active, chats.created_at, chats.updated_at, chats.last_seq, chats.rev, mine.user_id AS viewer_id,
      mine.is_admin, mine.last_read_seq, mine.notify_level, mine.muted_until,
      EXISTS (SELECT 1 FROM user_blocks WHERE user_id = ${
        userIds.length === 1 ? sql`${userIds[0]}` : sql.ref('mine.user_id')
      }) AS has_blocks,
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
  ${joinTarget('m')}
  ORDER BY c.updated_at DESC, c.id DESC`.execute(db);
  return rows;
};

/** Chats of a user with everything that a list of chats shows, in two statements. */
const selectChats = async (...selection: Parameters<typeof selectChatsOnly>): Promise<ChatSelection[]> => {
  const rows = await selectChatsOnly(...selection);
  const counts = await countUnread(selection[0], rows);
  return rows.map((row, index) => ({ ...row, ...(counts[index] ?? NOTHING_UNREAD) }));
};

/** Leaves out direct chats that the user has left and that have had no message since. */
const visible = sql`(mine.hidden_at_seq IS NULL OR chats.last_seq > mine.hidden_at_seq)`;

const toChat = (row: ChatSelection): ChatRow => ({
  ...toUncountedChat(row),
  unread_count: row.unread_count,
  mention_count: row.mention_count,
});

const toUncountedChat = (row: UncountedSelection): Omit<ChatRow, keyof UnreadCounts> => ({
  id: row.id,
  chat_type: row.chat_type,
  name: row.name,
  avatar_id: row.avatar_id,
  description: row.description,
  posting: row.posting,
  slow_seconds: row.slow_seconds,
  is_active: row.is_active === 1,
  created_at: row.created_at,
  updated_at: row.updated_at,
  participant_count: row.participant_count,
  last_seq: row.last_seq,
  rev: row.rev,
  is_admin: row.is_admin === 1,
  last_read_seq: row.last_read_seq,
  notify_level: row.notify_level,
  muted_until: row.muted_until,
  last_message: toMetadata(row, 'message_'),
  peer:
    row.peer_id === null || row.peer_username === null
      ? null
      : toPerson({
          id: row.peer_id,
          username: row.peer_username,
          full_name: row.peer_full_name,
          avatar_id: row.peer_avatar_id,
          last_seen: row.peer_last_seen,
          is_active: row.peer_is_active ?? 0,
          is_hidden: row.peer_is_hidden ?? 0,
        }),
});
