import { sql, type Kysely, type Selectable } from 'kysely';
import { lockChat, takeRev } from '../../platform/mysql/locks.ts';
import { inTransaction } from '../../platform/mysql/mysql.ts';
import type { Database } from '../../platform/mysql/schema.ts';

export type AttachmentRow = Selectable<Database['attachments']>;

/** A new file whose upload begins. */
export type NewAttachment = Pick<
  AttachmentRow,
  'attachment_id' | 'uploader_id' | 'purpose' | 'kind' | 'file_name' | 'content_type' | 'size' | 'created_at'
>;

/** The properties of a completed file, from its check. */
export type CheckedFile = Pick<
  AttachmentRow,
  'kind' | 'content_type' | 'size' | 'width' | 'height' | 'placeholder'
>;

/** A file and the requesting user's access to it. */
export interface AttachmentAccess {
  readonly row: AttachmentRow;
  /** Whether the file is in a message that the user can see. */
  readonly isSeen: boolean;
  /** Whether the file is in a message that is deleted. */
  readonly isDeleted: boolean;
}

export interface BlockedFile {
  readonly outcome: 'blocked' | 'blocked_before';
  /** The message that shows the file as blocked, with the members of its chat; null for a deleted message, or none. */
  readonly message: { readonly id: number; readonly memberIds: readonly number[] } | null;
}

/** A file of a chat, and its message. */
export interface ChatAttachmentRow {
  readonly row: AttachmentRow;
  readonly message: { readonly id: number; readonly message_id: string; readonly seq: number };
}

export interface AttachmentStore {
  /**
   * Stores a pending file, unless the uploader's files would then exceed `quota` bytes. Concurrent uploads of one
   * user are checked one after the other.
   */
  insert(attachment: NewAttachment, quota: number): Promise<'inserted' | 'full'>;
  find(attachmentId: string, userId: number): Promise<AttachmentAccess | undefined>;
  /**
   * Makes a pending file ready. @returns false when it is not pending any more because a concurrent request settled
   * it
   */
  makeReady(attachmentId: string, checked: CheckedFile): Promise<boolean>;
  /** Rejects a pending file, which then takes no storage. @returns false when a concurrent request settled it */
  reject(attachmentId: string): Promise<boolean>;
  /**
   * Removes an uploader's own file that is in no message and no avatar: from then on nobody finds it, and it takes no
   * storage.
   */
  remove(attachmentId: string, uploaderId: number): Promise<'removed' | 'in_use' | 'absent'>;
  /**
   * Blocks a ready file. When a message that is not deleted contains it, the message takes the chat's next `rev`. An
   * avatar stays: the service encoded it, so it contains nothing of the uploaded bytes. Idempotent.
   *
   * @returns the message of a file that was blocked before, too: the run that blocked it may have failed before it
   *   told anybody; undefined when there is no such file
   */
  block(attachmentId: string): Promise<BlockedFile | undefined>;
  /** Deletes the rows of files whose objects have been removed; until then the row is what leads to the objects. */
  forget(ids: readonly string[]): Promise<void>;
  /** The bytes that a user's files take in total. */
  countBytes(userId: number): Promise<number>;
  /** A user's files in the order of the given ids; without those that belong to somebody else or do not exist. */
  findOwn(attachmentIds: readonly string[], uploaderId: number): Promise<AttachmentRow[]>;
  /** The files of messages, by the messages' row ids, in the order sent; messages without files are left out. */
  findMany(messageRowIds: readonly number[]): Promise<Map<number, AttachmentRow[]>>;
  /** How many files a chat's visible messages have; undefined when the user is not in the chat. */
  countInChat(
    chatId: number,
    userId: number,
    kind: AttachmentRow['kind'] | undefined,
  ): Promise<number | undefined>;
  /** The files of a chat's visible messages, newest first. */
  listInChat(
    chatId: number,
    page: {
      readonly limit: number;
      readonly offset: number;
      readonly kind: AttachmentRow['kind'] | undefined;
    },
  ): Promise<ChatAttachmentRow[]>;
  /**
   * Files that are in no message and no avatar and whose upload began before the given time, including removed ones;
   * oldest first.
   */
  findUnused(before: Date, limit: number): Promise<AttachmentRow[]>;
}

/** Files of a chat's messages that are not deleted. */
const inChat = (chatId: number, kind: AttachmentRow['kind'] | undefined) => sql`
  FROM attachments AS a FORCE INDEX (${sql.ref(kind === undefined ? 'ix_attachments_chat' : 'ix_attachments_kind')})
  STRAIGHT_JOIN message_metadata AS m ON m.id = a.message_row_id AND m.is_deleted = 0
  WHERE a.chat_id = ${chatId} AND ${kind === undefined ? sql`TRUE` : sql`a.kind = ${kind}`}`;

const splitMessage = (row: AttachmentRow & { m_message_id: string; m_seq: number }): ChatAttachmentRow => {
  const { m_message_id: messageId, m_seq: seq, ...own } = row;
  return { row: own, message: { id: own.message_row_id ?? 0, message_id: messageId, seq } };
};

export const createAttachmentStore = (db: () => Kysely<Database>): AttachmentStore => {
  const countBytes = async (userId: number, by = db()): Promise<number> => {
    const { rows } = await sql<{ bytes: number }>`
      SELECT CAST(COALESCE(SUM(size), 0) AS UNSIGNED) AS bytes FROM attachments
      WHERE uploader_id = ${userId} AND status IN ('pending', 'ready')`.execute(by);
    return rows[0]?.bytes ?? 0;
  };

  return {
    insert: (attachment, quota) =>
      inTransaction(db(), async (transaction) => {
        await sql`SELECT id FROM users WHERE id = ${attachment.uploader_id} FOR UPDATE`.execute(transaction);
        const used = await countBytes(attachment.uploader_id, transaction);
        if (used + attachment.size > quota) return 'full';
        await transaction
          .insertInto('attachments')
          .values({ ...attachment, status: 'pending' })
          .execute();
        return 'inserted';
      }),

    find: async (attachmentId, userId) => {
      const { rows } = await sql<AttachmentRow & { is_seen: 0 | 1; in_deleted: 0 | 1 }>`
        SELECT a.*, mine.user_id IS NOT NULL AS is_seen,
          a.message_row_id IS NOT NULL AND m.id IS NULL AS in_deleted
        FROM attachments AS a
        LEFT JOIN message_metadata AS m ON m.id = a.message_row_id AND m.is_deleted = 0
        LEFT JOIN chats ON chats.id = m.chat_id AND chats.is_active = 1
        LEFT JOIN chat_participants AS mine ON mine.chat_id = chats.id AND mine.user_id = ${userId}
        WHERE a.attachment_id = ${attachmentId} AND a.status <> 'removed'`.execute(db());
      const [found] = rows;
      if (found === undefined) return undefined;
      const { is_seen: isSeen, in_deleted: isDeleted, ...row } = found;
      return { row, isSeen: isSeen === 1, isDeleted: isDeleted === 1 };
    },

    makeReady: async (attachmentId, checked) => {
      const { numUpdatedRows } = await db()
        .updateTable('attachments')
        .set({ ...checked, status: 'ready' })
        .where('attachment_id', '=', attachmentId)
        .where('status', '=', 'pending')
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    reject: async (attachmentId) => {
      const { numUpdatedRows } = await db()
        .updateTable('attachments')
        .set({ status: 'rejected' })
        .where('attachment_id', '=', attachmentId)
        .where('status', '=', 'pending')
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    remove: async (attachmentId, uploaderId) => {
      const { numUpdatedRows } = await db()
        .updateTable('attachments')
        .set({ status: 'removed' })
        .where('attachment_id', '=', attachmentId)
        .where('uploader_id', '=', uploaderId)
        .where('message_row_id', 'is', null)
        .where('is_avatar', '=', 0)
        .where('status', '<>', 'removed')
        .executeTakeFirst();
      if (numUpdatedRows > 0n) return 'removed';
      const row = await db()
        .selectFrom('attachments')
        .select('status')
        .where('attachment_id', '=', attachmentId)
        .where('uploader_id', '=', uploaderId)
        .executeTakeFirst();
      return row === undefined || row.status === 'removed' ? 'absent' : 'in_use';
    },

    block: async (attachmentId) => {
      const attempt = async (): Promise<BlockedFile | undefined | 'taken'> => {
        // A file never moves to another chat, so its chat may be read before taking the lock; but a concurrent send
        // may put the file into a message.
        const before = await db()
          .selectFrom('attachments')
          .select('chat_id')
          .where('attachment_id', '=', attachmentId)
          .executeTakeFirst();
        if (before === undefined) return undefined;
        return inTransaction(db(), async (transaction) => {
          const chat = before.chat_id === null ? undefined : await lockChat(transaction, before.chat_id);
          const row = await transaction
            .selectFrom('attachments')
            .select(['chat_id', 'message_row_id', 'status', 'purpose'])
            .where('attachment_id', '=', attachmentId)
            .forUpdate()
            .executeTakeFirst();
          if (row === undefined || row.status === 'removed' || row.purpose === 'avatar') return undefined;
          if (row.chat_id !== before.chat_id) return 'taken';
          const outcome = row.status === 'blocked' ? 'blocked_before' : 'blocked';
          if (outcome === 'blocked') {
            await transaction
              .updateTable('attachments')
              .set({ status: 'blocked' })
              .where('attachment_id', '=', attachmentId)
              .execute();
          }
          if (chat === undefined || row.message_row_id === null) return { outcome, message: null };
          const message = await transaction
            .selectFrom('message_metadata')
            .select('id')
            .where('id', '=', row.message_row_id)
            .where('is_deleted', '=', 0)
            .executeTakeFirst();
          // A deleted message shows no files.
          if (message === undefined) return { outcome, message: null };
          if (outcome === 'blocked') {
            await transaction
              .updateTable('message_metadata')
              .set({ rev: chat.rev + 1 })
              .where('id', '=', message.id)
              .execute();
            await takeRev(transaction, chat, { details: false });
          }
          return { outcome, message: { ...message, memberIds: chat.seats.map(({ userId }) => userId) } };
        });
      };
      const first = await attempt();
      // A second attempt suffices: a file is put into a message only once.
      const result = first === 'taken' ? await attempt() : first;
      return result === 'taken' ? undefined : result;
    },

    forget: async (ids) => {
      if (ids.length === 0) return;
      await db().deleteFrom('attachments').where('attachment_id', 'in', ids).execute();
    },

    countBytes: (userId) => countBytes(userId),

    findOwn: async (attachmentIds, uploaderId) => {
      if (attachmentIds.length === 0) return [];
      const rows = await db()
        .selectFrom('attachments')
        .selectAll()
        .where('attachment_id', 'in', attachmentIds)
        .where('uploader_id', '=', uploaderId)
        .execute();
      const byId = new Map(rows.map((row) => [row.attachment_id, row]));
      return attachmentIds.flatMap((id) => byId.get(id) ?? []);
    },

    findMany: async (messageRowIds) => {
      if (messageRowIds.length === 0) return new Map();
      const rows = await db()
        .selectFrom('attachments')
        .selectAll()
        .where('message_row_id', 'in', messageRowIds)
        .orderBy('message_row_id')
        .orderBy('position')
        .execute();
      return Map.groupBy(rows, (row) => row.message_row_id ?? 0);
    },

    countInChat: async (chatId, userId, kind) => {
      const { rows } = await sql<{ total: number }>`
        SELECT (SELECT COUNT(*) ${inChat(chatId, kind)}) AS total
        FROM chat_participants AS mine
        JOIN chats ON chats.id = mine.chat_id AND chats.is_active = 1
        WHERE mine.chat_id = ${chatId} AND mine.user_id = ${userId}`.execute(db());
      return rows[0]?.total;
    },

    listInChat: async (chatId, { limit, offset, kind }) => {
      const { rows } = await sql<AttachmentRow & { m_message_id: string; m_seq: number }>`
        SELECT a.*, m.message_id AS m_message_id, m.seq AS m_seq
        ${inChat(chatId, kind)}
        ORDER BY a.message_row_id DESC, a.position LIMIT ${limit} OFFSET ${offset}`.execute(db());
      return rows.map(splitMessage);
    },

    findUnused: (before, limit) =>
      db()
        .selectFrom('attachments')
        .selectAll()
        .where('message_row_id', 'is', null)
        .where('is_avatar', '=', 0)
        .where('created_at', '<', before)
        .orderBy('created_at')
        .limit(limit)
        .execute(),
  };
};
