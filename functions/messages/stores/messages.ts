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

/** Whom a message mentions. */
export interface Mentions {
  /** Those who are not in the chat are dropped. */
  readonly ids: readonly number[];
  /** Whether everybody in the chat is. */
  readonly all: boolean;
}

/** Whom an edited message mentions; what is undefined stays as it was. */
export interface MentionChange {
  readonly ids: Mentions['ids'] | undefined;
  readonly all: boolean | undefined;
}

export interface NewMessage {
  readonly chat_id: number;
  readonly sender_id: number;
  readonly message_id: string;
  readonly client_message_id: string | null;
  /** The message that it replies to. */
  readonly reply_to_id: number | null;
  readonly mentions: Mentions;
  /** Files of the sender that are ready and in no message, in this order. */
  readonly attachment_ids: readonly string[];
  readonly timestamp: Date;
}

/** The outcome of appending a message. */
export type AppendResult =
  | { readonly outcome: 'appended'; readonly message: MessageMetadata; readonly memberIds: number[] }
  /** The same sender has sent a message under the same `client_message_id`: this is the first one. */
  | { readonly outcome: 'duplicate'; readonly id: number }
  /** The direct chat's other participant has no account any more, or one of the two has blocked the other. */
  | { readonly outcome: 'peer_unreachable' }
  /** Only admins send to this chat. */
  | { readonly outcome: 'posting_not_allowed' }
  /** The chat is in slow mode, and the sender's last message is too recent. */
  | { readonly outcome: 'too_soon'; readonly waitSeconds: number }
  /** What the message replies to is not in the chat, or deleted. */
  | { readonly outcome: 'reply_target_not_found' }
  /** Not every file is there, and the sender's; or is ready; or is in no message yet. */
  | { readonly outcome: 'unknown_attachment' | 'attachment_not_ready' | 'attachment_in_use' }
  | { readonly outcome: 'not_participant' };

/** A message as a participant of its chat finds it, with what decides whether they may change it. */
export interface MessageAccess {
  readonly message: MessageMetadata;
  readonly deletedAt: Date | null;
  /** Whether a moderator has removed it. */
  readonly isRemoved: boolean;
  /** Whether this participant is an admin of the chat. */
  readonly isAdmin: boolean;
}

/** A change of a message, which takes the chat's next `rev`. */
export type MessageChange =
  | {
      readonly kind: 'edit';
      /** Null for an edit that leaves the text. */
      readonly editId: string | null;
      /** The edit that the caller found in force; null for none. The new text was compared with this edit's text only. */
      readonly replaces: string | null;
      readonly mentions: MentionChange;
      readonly at: Date;
    }
  | { readonly kind: 'delete'; readonly at: Date }
  /** Takes back a deletion that was made at that time or later. */
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
        /** Another edit is in force than the one that the change would replace. */
        | 'stale'
        /** The message was deleted too long ago to be restored. */
        | 'too_late';
      readonly message: MessageMetadata;
    }
  /** A moderator has removed the message: nobody restores it. */
  | { readonly outcome: 'removed' }
  /** Only the sender may edit; only the sender and admins may delete and restore. */
  | { readonly outcome: 'not_allowed' }
  | { readonly outcome: 'not_participant' };

/** Which changes of a chat a client is missing. */
export interface SyncPosition {
  readonly chatId: number;
  /** The client has the changes up to this `rev`… */
  readonly after: number;
  /** …and asks for those up to this one. */
  readonly upTo: number;
  /** How many messages the answer has room for. */
  readonly limit: number;
}

/** Where a page of messages begins: it holds those with a smaller `seq`, or those with a greater one. */
export type SeqCursor = { readonly before: number } | { readonly after: number };

export interface MessageStore {
  /**
   * Gives a message the chat's next `seq` and `rev`, stores its metadata and moves the sender's read mark, in
   * one transaction and one round trip.
   */
  append(message: NewMessage): Promise<AppendResult>;
  /** Where the text of a chat's message is, in the version that is in force; whoever asks. */
  findVersion(chatId: number, id: number): Promise<ContentVersion | undefined>;
  /** A message of a chat that the user is in. */
  find(id: number, userId: number): Promise<MessageAccess | undefined>;
  /** Changes a message of a chat that the user is in, in one transaction and one round trip. */
  change(id: number, userId: number, change: MessageChange): Promise<ChangeResult>;
  /** The row ids of those of the messages that are not deleted, newest first. */
  listVisibleIds(messageIds: readonly string[]): Promise<number[]>;
  /** Those of the messages with these row ids that are not deleted, newest first. */
  findVisible(ids: readonly number[]): Promise<MessageMetadata[]>;
  /** The messages that have changed since each position, oldest change first; one request for each 60 chats. */
  listChanges(positions: readonly SyncPosition[]): Promise<MessageMetadata[]>;
  /**
   * Messages that are not deleted, newest first, and how many there are, in one request; undefined when the user is not in
   * the chat.
   */
  listPage(
    chatId: number,
    userId: number,
    page: { limit: number; offset: number },
  ): Promise<{ readonly total: number; readonly messages: MessageMetadata[] } | undefined>;
  /** Messages that are not deleted, before a `seq`, newest first; or after it, oldest first. Whoever asks. */
  listBySeq(chatId: number, cursor: SeqCursor, limit: number): Promise<MessageMetadata[]>;
  /** As `listBySeq`, in one request with whether the user is in the chat: undefined when they are not. */
  listOwnBySeq(
    chatId: number,
    userId: number,
    cursor: SeqCursor,
    limit: number,
  ): Promise<MessageMetadata[] | undefined>;
}

/** Ids that one statement names. Of a thousand and more MariaDB makes a table, which it may join in the wrong order. */
const IDS_A_STATEMENT = 900;

/** Chats whose changes one statement finds, in 200 bytes each. RDS Proxy pins a connection for a text of over 16 KB. */
const CHATS_A_STATEMENT = 60;

/** Outcomes of appending that leave nothing behind, and say why to somebody who is in the chat. */
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

/** The result sets of `list_messages_v3`: none when the user is not in the chat. */
type PageRows = [[{ total: number }], object[]];

/**
 * Queries of lists fix the order of their joins, and their index where there is a choice: with few users the optimizer
 * prefers to begin with these, and then sorts a chat's whole history for the twenty messages that were asked for.
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
        // One SELECT a chat, each on its index alone and with a limit of its own.
        const changed = slice.map(
          ({ chatId, after, upTo, limit }) =>
            sql`(SELECT id FROM message_metadata FORCE INDEX (ix_message_metadata_rev) WHERE chat_id = ${chatId} AND rev > ${after} AND rev <= ${upTo} ORDER BY rev LIMIT ${limit})`,
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
 * The tables of a page by cursor, for `metadataColumns`. The page is cut on the index alone: MariaDB otherwise reads and
 * sorts half of a history of hundreds of thousands. Its rows are in no order: see `inOrderOf`.
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

/** A page is sorted here: MariaDB would copy the rows into a table on its disk first, since mentions are a BLOB. */
const inOrderOf = (cursor: SeqCursor, page: readonly MessageMetadata[]): MessageMetadata[] =>
  page.toSorted('before' in cursor ? (a, b) => b.seq - a.seq : (a, b) => a.seq - b.seq);
