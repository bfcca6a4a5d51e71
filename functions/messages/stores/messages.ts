import { sql, type Kysely, type RawBuilder } from 'kysely';
import { callRoutine } from '../../platform/mysql/call-routine.ts';
import {
  joinTarget,
  metadataColumns,
  toMetadata,
  toMetadataList,
  toNewMetadata,
  type MessageMetadata,
} from '../../platform/mysql/message-rows.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { slicesOf } from '../../platform/slices.ts';
import type { ContentVersion } from './contents.ts';

/** The users whom a message mentions. */
export interface Mentions {
  /** Ids of users who are not in the chat are dropped. */
  readonly ids: readonly number[];
  /** Whether the message mentions everybody in the chat. */
  readonly all: boolean;
}

/** The mentions of an edited message; undefined fields stay unchanged. */
export interface MentionChange {
  readonly ids: Mentions['ids'] | undefined;
  readonly all: boolean | undefined;
}

export interface NewMessage {
  readonly chat_id: number;
  readonly sender_id: number;
  readonly message_id: string;
  readonly client_message_id: string | null;
  /** The id of the message that this message replies to. */
  readonly reply_to_id: number | null;
  readonly mentions: Mentions;
  /** Ids of the sender's files, in this order; each must be ready and in no message yet. */
  readonly attachment_ids: readonly string[];
  readonly timestamp: Date;
}

/** The outcome of appending a message. */
export type AppendResult =
  | { readonly outcome: 'appended'; readonly message: MessageMetadata; readonly memberIds: number[] }
  /** The sender has already sent a message with the same `client_message_id`; `id` is that message. */
  | { readonly outcome: 'duplicate'; readonly id: number }
  /** The peer of the direct chat has no account any more, or a block exists between the two. */
  | { readonly outcome: 'peer_unreachable' }
  /** Only admins may send to this chat. */
  | { readonly outcome: 'posting_not_allowed' }
  /** The chat is in slow mode, and the sender's last message is too recent. */
  | { readonly outcome: 'too_soon'; readonly waitSeconds: number }
  /** The quoted message is not in the chat, or is deleted. */
  | { readonly outcome: 'reply_target_not_found' }
  /** Some file does not exist or is not the sender's; or is not ready; or is in a message already. */
  | { readonly outcome: 'unknown_attachment' | 'attachment_not_ready' | 'attachment_in_use' }
  | { readonly outcome: 'not_participant' };

/** A message as a participant of its chat finds it, with the state that decides whether they may change it. */
export interface MessageAccess {
  readonly message: MessageMetadata;
  readonly deletedAt: Date | null;
  /** Whether a moderator has removed the message. */
  readonly isRemoved: boolean;
  /** Whether this participant is an admin of the chat. */
  readonly isAdmin: boolean;
}

/** A change of a message, which takes the chat's next `rev`. */
export type MessageChange =
  | {
      readonly kind: 'edit';
      /** Null for an edit that keeps the text. */
      readonly editId: string | null;
      /**
       * The edit that the caller found in force; null for none. The new text was compared only with the text of this
       * edit.
       */
      readonly replaces: string | null;
      readonly mentions: MentionChange;
      readonly at: Date;
    }
  | { readonly kind: 'delete'; readonly at: Date }
  /** Reverts a deletion that was made at `deletedSince` or later. */
  | { readonly kind: 'restore'; readonly deletedSince: Date };

/** The outcome of a change. Only `changed` took a `rev`. */
export type ChangeResult =
  | { readonly outcome: 'changed'; readonly message: MessageMetadata; readonly memberIds: number[] }
  | {
      readonly outcome:
        /** An edit or a deletion of a deleted message, or a restoration of one that is not deleted. */
        | 'unchanged'
        /** An edit that changes neither the text nor who is mentioned. */
        | 'same'
        /** Another edit is in force than the one that the change expected to replace. */
        | 'stale'
        /** The restore window is over. */
        | 'too_late';
      readonly message: MessageMetadata;
    }
  /** A moderator has removed the message: it cannot be restored. */
  | { readonly outcome: 'removed' }
  /** Only the sender may edit; only the sender and admins may delete and restore. */
  | { readonly outcome: 'not_allowed' }
  | { readonly outcome: 'not_participant' };

/** The range of a chat's changes that a client lacks. */
export interface SyncPosition {
  readonly chatId: number;
  /** The client has the changes up to this `rev`. */
  readonly after: number;
  /** Maximum number of messages. */
  readonly limit: number;
}

/** The cursor of a page: the page holds messages with a smaller `seq`, or with a greater one. */
export type SeqCursor = { readonly before: number } | { readonly after: number };

export interface MessageStore {
  /**
   * Assigns the chat's next `seq` and `rev` to a message, stores its metadata and moves the sender's read mark, in
   * one transaction and one round trip.
   */
  append(message: NewMessage): Promise<AppendResult>;
  /** The key of a message's text in the version that is in force. Does not check membership. */
  findVersion(chatId: number, id: number): Promise<ContentVersion | undefined>;
  /** A message of a chat that the user is in. */
  find(id: number, userId: number): Promise<MessageAccess | undefined>;
  /** Changes a message of a chat that the user is in, in one transaction and one round trip. */
  change(id: number, userId: number, change: MessageChange): Promise<ChangeResult>;
  /** The row ids of those messages that are not deleted, newest first. */
  listVisibleIds(messageIds: readonly string[]): Promise<number[]>;
  /** Those messages with these row ids that are not deleted, newest first. */
  findVisible(ids: readonly number[]): Promise<MessageMetadata[]>;
  /** The messages that have changed since each position, oldest change first; one request per 60 chats. */
  listChanges(positions: readonly SyncPosition[]): Promise<MessageMetadata[]>;
  /**
   * Messages that are not deleted, newest first, with their total, in one request; undefined when the user is not in
   * the chat.
   */
  listPage(
    chatId: number,
    userId: number,
    page: { limit: number; offset: number },
  ): Promise<{ readonly total: number; readonly messages: MessageMetadata[] } | undefined>;
  /**
   * Messages that are not deleted: before a `seq`, newest first; or after it, oldest first. Does not check
   * membership.
   */
  listBySeq(chatId: number, cursor: SeqCursor, limit: number): Promise<MessageMetadata[]>;
  /** Like `listBySeq`, and checks membership in the same request: undefined when the user is not in the chat. */
  listOwnBySeq(
    chatId: number,
    userId: number,
    cursor: SeqCursor,
    limit: number,
  ): Promise<MessageMetadata[] | undefined>;
}

/**
 * Maximum number of ids in one statement. From a thousand ids on, MariaDB turns the list into a table, which it may
 * join in the wrong order.
 */
const IDS_A_STATEMENT = 900;

/**
 * Maximum number of chats in one statement of `listChanges`, at 200 bytes each. RDS Proxy pins a connection when a
 * statement exceeds 16 KB.
 */
const CHATS_A_STATEMENT = 60;

/** Outcomes of a refused append that are reported to a participant. */
const SEND_REFUSALS = [
  'peer_unreachable',
  'posting_not_allowed',
  'reply_target_not_found',
  'unknown_attachment',
  'attachment_not_ready',
  'attachment_in_use',
] as const;
export type SendRefusal = (typeof SEND_REFUSALS)[number];

const isRefusal = (outcome: string): outcome is SendRefusal =>
  (SEND_REFUSALS as readonly string[]).includes(outcome);

/** The result sets of `append_message_v6`. */
type AppendRows = [
  [{ outcome: AppendResult['outcome']; wait_seconds: number; id: number }],
  { user_id: number }[],
];

/** The result sets of `change_message_v5`. */
type ChangeRows = [[{ outcome: ChangeResult['outcome'] }], { user_id: number }[]];

/** The result sets of `list_messages_v3`: empty when the user is not in the chat. */
type PageRows = [[{ total: number }], object[]];

/**
 * Queries of lists fix the join order, and the index where there is a choice: with few users the optimizer prefers to
 * start from the users, and then sorts a chat's whole history to return twenty messages.
 */
export const createMessageStore = (db: () => Kysely<Database>): MessageStore => ({
  append: async (message) => {
    const { reply_to_id: replyTo, mentions, attachment_ids: fileIds, ...sent } = message;
    const [[first], members] = await callRoutine<AppendRows>(
      db(),
      sql`CALL append_message_v6(${sent.chat_id}, ${sent.sender_id}, ${sent.message_id},
        ${sent.client_message_id}, 'text', ${replyTo}, ${mentions.ids.join(',')}, ${mentions.all},
        ${fileIds.join(',')}, ${sent.timestamp})`,
    );
    const { outcome } = first;
    if (isRefusal(outcome) || outcome === 'not_participant') return { outcome };
    if (outcome === 'too_soon') return { outcome, waitSeconds: first.wait_seconds };
    if (outcome === 'duplicate') return { outcome, id: first.id };
    const known = { ...sent, mention_all: mentions.all, has_attachments: fileIds.length > 0 };
    return { outcome, message: toNewMetadata(known, first), memberIds: members.map(({ user_id: id }) => id) };
  },

  findVersion: (chatId, id) =>
    db()
      .selectFrom('message_metadata')
      .select(['chat_id', 'message_id', 'edit_id'])
      .where('id', '=', id)
      .where('chat_id', '=', chatId)
      .executeTakeFirst(),

  find: async (id, userId) => {
    const { rows } = await sql<{ deleted_at: Date | null; is_removed: 0 | 1; is_admin: 0 | 1 }>`
      SELECT ${metadataColumns('m', 'sender', '')}, m.deleted_at, m.is_removed, mine.is_admin
      FROM message_metadata AS m
      JOIN users AS sender ON sender.id = m.sender_id
      JOIN chats ON chats.id = m.chat_id AND chats.is_active = 1
      JOIN chat_participants AS mine ON mine.chat_id = m.chat_id AND mine.user_id = ${userId}
      ${joinTarget('m')}
      WHERE m.id = ${id}`.execute(db());
    const [row] = rows;
    const message = row && toMetadata(row, '');
    if (row === undefined || message == null) return undefined;
    return {
      message,
      deletedAt: row.deleted_at,
      isRemoved: row.is_removed === 1,
      isAdmin: row.is_admin === 1,
    };
  },

  change: async (id, userId, change) => {
    const { editId, replaces, mentions } =
      change.kind === 'edit' ? change : { editId: null, replaces: null, mentions: undefined };
    const at = change.kind === 'restore' ? change.deletedSince : change.at;
    const [[first], members] = await callRoutine<ChangeRows>(
      db(),
      sql`CALL change_message_v5(${id}, ${userId}, ${change.kind}, ${editId}, ${replaces},
        ${mentions?.ids?.join(',') ?? null}, ${mentions?.all ?? null}, ${at})`,
    );
    const message = toMetadata(first, '');
    const { outcome } = first;
    if (outcome === 'not_allowed' || outcome === 'removed') return { outcome };
    if (message === null || outcome === 'not_participant') return { outcome: 'not_participant' };
    return outcome === 'changed'
      ? { outcome, message, memberIds: members.map((member) => member.user_id) }
      : { outcome, message };
  },

  listVisibleIds: async (messageIds) => {
    const found = await Promise.all(
      slicesOf(messageIds, IDS_A_STATEMENT).map((slice) =>
        db()
          .selectFrom('message_metadata')
          .select('id')
          .where('message_id', 'in', slice)
          .where('is_deleted', '=', 0)
          .execute(),
      ),
    );
    return found
      .flat()
      .map(({ id }) => id)
      .toSorted((a, b) => b - a);
  },

  findVisible: async (ids) => {
    if (ids.length === 0) return [];
    const { rows } = await sql<object>`
      SELECT ${metadataColumns('m', 'sender', '')}
      FROM message_metadata AS m
      STRAIGHT_JOIN users AS sender ON sender.id = m.sender_id
      ${joinTarget('m')}
      WHERE m.id IN (${sql.join(ids)}) AND m.is_deleted = 0
      ORDER BY m.id DESC`.execute(db());
    return toMetadataList(rows);
  },

  listChanges: async (positions) => {
    const found = await Promise.all(
      slicesOf(positions, CHATS_A_STATEMENT).map(async (slice) => {
        // One SELECT per chat, each with its own limit and answered by its index alone.
        const changed = slice.map(
          ({ chatId, after, limit }) =>
            sql`(SELECT id FROM message_metadata FORCE INDEX (ix_message_metadata_rev) WHERE chat_id = ${chatId} AND rev > ${after} ORDER BY rev LIMIT ${limit})`,
        );
        const { rows } = await sql<object>`
          SELECT ${metadataColumns('m', 'sender', '')}
          FROM (${sql.join(changed, sql` UNION ALL `)}) AS changed
          STRAIGHT_JOIN message_metadata AS m ON m.id = changed.id
          STRAIGHT_JOIN users AS sender ON sender.id = m.sender_id
          ${joinTarget('m')}`.execute(db());
        return rows;
      }),
    );
    return toMetadataList(found.flat()).toSorted((a, b) => a.rev - b.rev);
  },

  listPage: async (chatId, userId, { limit, offset }) => {
    const [counted, page] = await callRoutine<Partial<PageRows>>(
      db(),
      sql`CALL list_messages_v3(${chatId}, ${userId}, ${limit}, ${offset})`,
    );
    if (counted === undefined || page === undefined) return undefined;
    return {
      total: counted[0].total,
      messages: toMetadataList(page).toSorted((a, b) => b.seq - a.seq),
    };
  },

  listBySeq: async (chatId, cursor, limit) => {
    const { rows } = await sql<object>`
      SELECT ${metadataColumns('m', 'sender', '')} FROM ${visibleBySeq(chatId, cursor, limit)}`.execute(db());
    return inOrderOf(cursor, toMetadataList(rows));
  },

  listOwnBySeq: async (chatId, userId, cursor, limit) => {
    const { rows } = await sql<object>`
      SELECT ${metadataColumns('m', 'sender', '')}
      FROM chat_participants AS mine
      STRAIGHT_JOIN chats ON chats.id = mine.chat_id AND chats.is_active = 1
      LEFT JOIN (${visibleBySeq(chatId, cursor, limit)}) ON TRUE
      WHERE mine.chat_id = ${chatId} AND mine.user_id = ${userId}`.execute(db());
    return rows.length === 0 ? undefined : inOrderOf(cursor, toMetadataList(rows));
  },
});

/**
 * The tables of a page by cursor, for `metadataColumns`. The page is selected by an index-only scan: MariaDB
 * otherwise reads and sorts half of a history of hundreds of thousands of messages. The rows are unordered: see
 * `inOrderOf`.
 */
const visibleBySeq = (chatId: number, cursor: SeqCursor, limit: number): RawBuilder<unknown> => {
  const [range, order] =
    'before' in cursor ? [sql`seq < ${cursor.before}`, sql`DESC`] : [sql`seq > ${cursor.after}`, sql`ASC`];
  return sql`(
      SELECT id FROM message_metadata FORCE INDEX (ix_message_metadata_visible)
      WHERE chat_id = ${chatId} AND is_deleted = 0 AND ${range}
      ORDER BY seq ${order} LIMIT ${limit}
    ) AS page
    STRAIGHT_JOIN message_metadata AS m ON m.id = page.id
    STRAIGHT_JOIN users AS sender ON sender.id = m.sender_id
    ${joinTarget('m')}`;
};

/**
 * Sorts a page in memory: in SQL, MariaDB would first copy the rows into a table on disk, since mentions are a BLOB.
 */
const inOrderOf = (cursor: SeqCursor, page: readonly MessageMetadata[]): MessageMetadata[] =>
  page.toSorted('before' in cursor ? (a, b) => b.seq - a.seq : (a, b) => a.seq - b.seq);
