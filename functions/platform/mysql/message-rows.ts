import { sql, type RawBuilder } from 'kysely';
import { shownName } from './people.ts';

/** The data in MySQL of a message that another one replies to. */
export interface ReplyTarget {
  readonly id: number;
  readonly message_id: string;
  readonly chat_id: number;
  readonly seq: number;
  readonly rev: number;
  readonly edit_id: string | null;
  readonly is_deleted: boolean;
  readonly sender_id: number;
  readonly sender_username: string;
}

/** The data of a message in MySQL: everything except its content. */
export interface MessageMetadata {
  readonly id: number;
  readonly message_id: string;
  readonly chat_id: number;
  readonly seq: number;
  readonly rev: number;
  readonly sender_id: number;
  readonly sender_username: string;
  readonly message_type: 'text';
  readonly timestamp: Date;
  readonly edited_at: Date | null;
  readonly is_edited: boolean;
  readonly is_deleted: boolean;
  readonly client_message_id: string | null;
  /** The edit of the content that is in force; null for the original content. */
  readonly edit_id: string | null;
  readonly has_reactions: boolean;
  readonly has_attachments: boolean;
  /** The message that this one replies to, which may be deleted by now. */
  readonly reply_target: ReplyTarget | null;
  /** Ids of the mentioned users, in the sender's order. */
  readonly mentions: readonly number[];
  readonly mention_all: boolean;
  /** When the message was pinned, and by whom; null when it is not. */
  readonly pinned_at: Date | null;
  readonly pinned_by: number | null;
}

/** The `user_id` in `message_mentions` that stands for everybody in the chat. */
export const EVERYBODY = 0;

const columns = [
  'id',
  'message_id',
  'chat_id',
  'seq',
  'rev',
  'sender_id',
  'message_type',
  'timestamp',
  'edited_at',
  'is_edited',
  'is_deleted',
  'client_message_id',
  'edit_id',
  'has_reactions',
  'pinned_at',
  'pinned_by',
  'has_attachments',
] as const;

const targetColumns = [
  'id',
  'message_id',
  'seq',
  'rev',
  'edit_id',
  'is_deleted',
  'sender_id',
] as const satisfies readonly (keyof ReplyTarget)[];

const columnsOf = (table: string, names: readonly string[], prefix: string): RawBuilder<unknown>[] =>
  names.map((name) => sql`${sql.ref(`${table}.${name}`)} AS ${sql.ref(prefix + name)}`);

/**
 * The columns that `toMetadata` reads, each with a prefix, from the table aliases of the message and its sender and
 * from the joins of `joinTarget`.
 */
export const metadataColumns = (message: string, sender: string, prefix: string): RawBuilder<unknown> =>
  sql.join([
    ...columnsOf(message, columns, prefix),
    ...columnsOf(sender, ['username', 'is_active'], `${prefix}sender_`),
    ...columnsOf('target', targetColumns, `${prefix}target_`),
    ...columnsOf('target_sender', ['username', 'is_active'], `${prefix}target_sender_`),
    sql`IF(${sql.ref(`${message}.has_mentions`)}, (
      SELECT GROUP_CONCAT(user_id ORDER BY position) FROM message_mentions
      WHERE message_row_id = ${sql.ref(`${message}.id`)}
    ), NULL) AS ${sql.ref(`${prefix}mentions`)}`,
  ]);

/** Joins the message that a message replies to, for `metadataColumns`: two look-ups by key, only for replies. */
export const joinTarget = (message: string): RawBuilder<unknown> => sql`
  LEFT JOIN message_metadata AS target ON target.id = ${sql.ref(`${message}.reply_to_id`)}
  LEFT JOIN users AS target_sender ON target_sender.id = target.sender_id`;

/** Reads columns by name: the migrations' schema determines their types. */
const columnReader =
  (row: object, prefix: string) =>
  (column: string): never =>
    (row as Record<string, unknown>)[prefix + column] as never;

type ReadColumn = ReturnType<typeof columnReader>;

const nameOf = (value: ReadColumn, user: 'sender' | 'target_sender'): string =>
  shownName(value(`${user}_username`), value(`${user}_is_active`));

const targetOf = (value: ReadColumn, chatId: number): ReplyTarget => ({
  id: value('target_id'),
  message_id: value('target_message_id'),
  chat_id: chatId,
  seq: value('target_seq'),
  rev: value('target_rev'),
  edit_id: value('target_edit_id'),
  is_deleted: value('target_is_deleted') === 1,
  sender_id: value('target_sender_id'),
  sender_username: nameOf(value, 'target_sender'),
});

const mentionsOf = (value: ReadColumn): number[] =>
  ((value('mentions') as string | null)?.split(',') ?? []).map(Number);

/** The properties of a message that are known before it is stored. */
export type SentMetadata = Pick<
  MessageMetadata,
  | 'chat_id'
  | 'sender_id'
  | 'message_id'
  | 'client_message_id'
  | 'timestamp'
  | 'mention_all'
  | 'has_attachments'
>;

/**
 * A message that has just been stored: the sent properties, and the row in which `append_message_v6` returns the
 * others.
 */
export const toNewMetadata = (sent: SentMetadata, row: object): MessageMetadata => {
  const value = columnReader(row, '');
  return {
    ...sent,
    id: value('id'),
    seq: value('seq'),
    rev: value('rev'),
    sender_username: nameOf(value, 'sender'),
    message_type: 'text',
    edited_at: null,
    is_edited: false,
    is_deleted: false,
    edit_id: null,
    has_reactions: false,
    reply_target: 'target_id' in row ? targetOf(value, sent.chat_id) : null,
    mentions: mentionsOf(value),
    pinned_at: null,
    pinned_by: null,
  };
};

/** The message in a row that `metadataColumns` selected, or null when an outer join found none. */
export const toMetadata = (row: object, prefix: string): MessageMetadata | null => {
  const value = columnReader(row, prefix);
  if (value('id') === null) return null;
  const mentioned = mentionsOf(value);
  return {
    id: value('id'),
    message_id: value('message_id'),
    chat_id: value('chat_id'),
    seq: value('seq'),
    rev: value('rev'),
    sender_id: value('sender_id'),
    sender_username: nameOf(value, 'sender'),
    message_type: value('message_type'),
    timestamp: value('timestamp'),
    edited_at: value('edited_at'),
    is_edited: value('is_edited') === 1,
    is_deleted: value('is_deleted') === 1,
    client_message_id: value('client_message_id'),
    edit_id: value('edit_id'),
    has_reactions: value('has_reactions') === 1,
    has_attachments: value('has_attachments') === 1,
    reply_target: value('target_id') === null ? null : targetOf(value, value('chat_id')),
    mentions: mentioned.filter((id) => id !== EVERYBODY),
    mention_all: mentioned.includes(EVERYBODY),
    pinned_at: value('pinned_at'),
    pinned_by: value('pinned_by'),
  };
};

/** The messages in rows that `metadataColumns` selected without a prefix. */
export const toMetadataList = (rows: readonly object[]): MessageMetadata[] =>
  rows.map((row) => toMetadata(row, '')).filter((message) => message !== null);
