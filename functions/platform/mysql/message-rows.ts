import { sql, type RawBuilder } from 'kysely';
import { DELETED_USERNAME } from '../../text/deleted-username.ts';

/** What MySQL holds of a message: everything but its content. */
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
  /** The edit of the content that is in force; null for the content as it was sent. */
  readonly edit_id: string | null;
  readonly has_reactions: boolean;
}

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
] as const;

/** The columns that `toMetadata` reads, each under a prefix, of the message's and its sender's table aliases. */
export const metadataColumns = (message: string, sender: string, prefix: string): RawBuilder<unknown> =>
  sql.join([
    ...columns.map((column) => sql`${sql.ref(`${message}.${column}`)} AS ${sql.ref(prefix + column)}`),
    sql`${sql.ref(`${sender}.username`)} AS ${sql.ref(`${prefix}sender_username`)}`,
    sql`${sql.ref(`${sender}.is_active`)} AS ${sql.ref(`${prefix}sender_is_active`)}`,
  ]);

/** The message in a row that `metadataColumns` selected, or null when an outer join found none. */
export const toMetadata = (row: object, prefix: string): MessageMetadata | null => {
  // The columns are those of `metadataColumns`, typed by the schema that the migrations make.
  const value = (column: string): never => (row as Record<string, unknown>)[prefix + column] as never;
  if (value('id') === null) return null;
  return {
    id: value('id'),
    message_id: value('message_id'),
    chat_id: value('chat_id'),
    seq: value('seq'),
    rev: value('rev'),
    sender_id: value('sender_id'),
    sender_username: value('sender_is_active') === 1 ? value('sender_username') : DELETED_USERNAME,
    message_type: value('message_type'),
    timestamp: value('timestamp'),
    edited_at: value('edited_at'),
    is_edited: value('is_edited') === 1,
    is_deleted: value('is_deleted') === 1,
    client_message_id: value('client_message_id'),
    edit_id: value('edit_id'),
    has_reactions: value('has_reactions') === 1,
  };
};
