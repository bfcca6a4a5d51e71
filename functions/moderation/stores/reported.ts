import { sql, type Kysely } from 'kysely';
import type { Database } from '../../platform/mysql/schema.ts';

/** The subject of a report. */
export type Target =
  | { readonly kind: 'message'; readonly id: number }
  | { readonly kind: 'user'; readonly id: number }
  | { readonly kind: 'chat'; readonly id: number };

export interface SnapshotUser {
  readonly id: number;
  readonly username: string;
  readonly full_name: string | null;
}

export interface SnapshotChat {
  readonly id: number;
  readonly chat_type: 'direct' | 'group';
  readonly name: string | null;
}

/** A message without its content. Times are in ISO 8601. */
export interface SnapshotMessage {
  readonly id: number;
  readonly seq: number;
  readonly timestamp: string;
  readonly edited_at: string | null;
  readonly is_deleted: boolean;
  readonly attachments: readonly {
    readonly id: string;
    readonly file_name: string;
    readonly content_type: string;
    readonly size: number;
  }[];
}

/** The current state of a report's subject in MySQL. Stored as JSON in the report's column `snapshot`. */
export interface Snapshot {
  readonly message: SnapshotMessage | null;
  readonly user: SnapshotUser | null;
  readonly chat: SnapshotChat | null;
}

/** The subject of a report, with the key of its content. */
export interface Reported {
  readonly snapshot: Snapshot;
  readonly content: {
    readonly chat_id: number;
    readonly message_id: string;
    readonly edit_id: string | null;
  } | null;
}

export interface ReportedStore {
  /** The subject of a new report; undefined when it does not exist or the reporter may not see it. */
  find(target: Target, reporterId: number): Promise<Reported | undefined>;
}

interface MessageRow {
  id: number;
  seq: number;
  timestamp: Date;
  edited_at: Date | null;
  is_deleted: 0 | 1;
  has_attachments: 0 | 1;
  chat_id: number;
  message_id: string;
  edit_id: string | null;
  chat_type: 'direct' | 'group';
  name: string | null;
  sender_id: number;
  username: string;
  full_name: string | null;
}

export const createReportedStore = (db: () => Kysely<Database>): ReportedStore => {
  const findMessage = async (id: number, reporterId: number): Promise<Reported | undefined> => {
    const { rows } = await sql<MessageRow>`
      SELECT m.id, m.seq, m.timestamp, m.edited_at, m.is_deleted, m.has_attachments, m.chat_id, m.message_id,
        m.edit_id, chats.chat_type, chats.name, m.sender_id, sender.username, sender.full_name
      FROM message_metadata AS m
      JOIN users AS sender ON sender.id = m.sender_id
      JOIN chats ON chats.id = m.chat_id AND chats.is_active = 1
      JOIN chat_participants AS mine ON mine.chat_id = m.chat_id AND mine.user_id = ${reporterId}
      WHERE m.id = ${id}`.execute(db());
    const [row] = rows;
    if (row === undefined) return undefined;
    const attachments =
      row.has_attachments === 1
        ? await db()
            .selectFrom('attachments')
            .select(['attachment_id as id', 'file_name', 'content_type', 'size'])
            .where('message_row_id', '=', id)
            .orderBy('position')
            .execute()
        : [];
    return {
      snapshot: {
        message: {
          id: row.id,
          seq: row.seq,
          timestamp: row.timestamp.toISOString(),
          edited_at: row.edited_at?.toISOString() ?? null,
          is_deleted: row.is_deleted === 1,
          attachments,
        },
        user: { id: row.sender_id, username: row.username, full_name: row.full_name },
        chat: { id: row.chat_id, chat_type: row.chat_type, name: row.name },
      },
      content: { chat_id: row.chat_id, message_id: row.message_id, edit_id: row.edit_id },
    };
  };

  const findUser = async (id: number): Promise<Reported | undefined> => {
    const user = await db()
      .selectFrom('users')
      .select(['id', 'username', 'full_name'])
      .where('id', '=', id)
      .where('is_active', '=', 1)
      .executeTakeFirst();
    return user && { snapshot: { message: null, user, chat: null }, content: null };
  };

  const findChat = async (id: number, reporterId: number): Promise<Reported | undefined> => {
    const chat = await db()
      .selectFrom('chats')
      .innerJoin('chat_participants as mine', 'mine.chat_id', 'chats.id')
      .select(['chats.id', 'chats.chat_type', 'chats.name'])
      .where('chats.id', '=', id)
      .where('chats.is_active', '=', 1)
      .where('mine.user_id', '=', reporterId)
      .executeTakeFirst();
    return chat && { snapshot: { message: null, user: null, chat }, content: null };
  };

  return {
    find: ({ kind, id }, reporterId) => {
      switch (kind) {
        case 'message':
          return findMessage(id, reporterId);
        case 'user':
          return findUser(id);
        case 'chat':
          return findChat(id, reporterId);
      }
    },
  };
};
