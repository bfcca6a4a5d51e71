import type { Kysely } from 'kysely';
import type { Database } from '../../platform/mysql/schema.ts';

/** A deleted message whose content may be removed. */
export interface DeletedMessage {
  readonly id: number;
  readonly chat_id: number;
  readonly message_id: string;
  readonly deleted_at: Date;
}

/** The version of a message's text that is in force. */
export interface MessageVersion {
  readonly chat_id: number;
  readonly message_id: string;
  readonly rev: number;
  readonly edit_id: string | null;
  readonly edited_at: Date | null;
  readonly is_deleted: boolean;
}

/** Queries of the jobs that clean up contents. */
export interface CleaningStore {
  /** Those of the messages that exist in MySQL, by `message_id`. */
  findKnown(messageIds: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * The edits that are in force for these messages, by `message_id`; messages that do not exist in MySQL are absent.
   */
  findVersions(messageIds: readonly string[]): Promise<ReadonlyMap<string, MessageVersion>>;
  /** Messages deleted in the interval [from, until), oldest deletion first, starting after the message `after`. */
  findDeleted(range: {
    readonly from: Date;
    readonly until: Date;
    readonly after: DeletedMessage | undefined;
    readonly limit: number;
  }): Promise<DeletedMessage[]>;
}

export const createCleaningStore = (db: () => Kysely<Database>): CleaningStore => ({
  findKnown: async (messageIds) => {
    if (messageIds.length === 0) return new Set();
    const rows = await db()
      .selectFrom('message_metadata')
      .select('message_id')
      .where('message_id', 'in', messageIds)
      .execute();
    return new Set(rows.map((row) => row.message_id));
  },

  findVersions: async (messageIds) => {
    if (messageIds.length === 0) return new Map();
    const rows = await db()
      .selectFrom('message_metadata')
      .select(['chat_id', 'message_id', 'rev', 'edit_id', 'edited_at', 'is_deleted'])
      .where('message_id', 'in', messageIds)
      .execute();
    return new Map(rows.map((row) => [row.message_id, { ...row, is_deleted: Boolean(row.is_deleted) }]));
  },

  findDeleted: async ({ from, until, after, limit }) => {
    const query = db()
      .selectFrom('message_metadata')
      .select(['id', 'chat_id', 'message_id', 'deleted_at'])
      .$narrowType<{ deleted_at: Date }>()
      .where('deleted_at', '>=', after?.deleted_at ?? from)
      .where('deleted_at', '<', until)
      .orderBy('deleted_at')
      .orderBy('id')
      .limit(limit);
    const rest =
      after === undefined
        ? query
        : query.where((eb) => eb.or([eb('deleted_at', '>', after.deleted_at), eb('id', '>', after.id)]));
    return rest.execute();
  },
});
