import { sql, type Kysely } from 'kysely';
import { lockChatRow, takeRev } from '../../platform/mysql/locks.ts';
import {
  joinTarget,
  metadataColumns,
  toMetadata,
  type MessageMetadata,
} from '../../platform/mysql/message-rows.ts';
import { inTransaction } from '../../platform/mysql/mysql.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import type { ResolveReportBody } from '../contract.ts';

/** Who acts, when, and why. */
export interface Act {
  readonly moderatorId: number;
  readonly at: Date;
  readonly note: string | null;
}

/** How a report is to be resolved. */
export interface Resolution extends Act {
  readonly action: ResolveReportBody['action'];
  /** Until when the user is suspended. */
  readonly until: Date;
  /** Whether the suspension is permanent. */
  readonly isForever: boolean;
}

/** A message that a moderator removed; `isChanged` is false when it had been deleted before. */
export interface RemovedMessage {
  readonly message: MessageMetadata;
  readonly memberIds: readonly number[];
  readonly isChanged: boolean;
}

export type ResolveResult =
  | { readonly outcome: 'resolved'; readonly removed: RemovedMessage | null }
  /** The report was resolved earlier. */
  | { readonly outcome: 'resolved_before' }
  | { readonly outcome: 'not_found' };

/** The actions of moderators. Each action and its record are one transaction: nothing is done without a record. */
export interface ActStore {
  /**
   * Resolves a report; of two concurrent moderators one succeeds. The caller has checked that the report has the
   * subject that the action requires.
   */
  resolve(reportId: number, resolution: Resolution): Promise<ResolveResult>;
  /** Suspends a user, or changes the end of a suspension. */
  suspend(
    userId: number,
    suspension: Act & { readonly until: Date; readonly isForever: boolean },
  ): Promise<void>;
  /** Ends a suspension. Without a suspension this is a no-op, and nothing is recorded. */
  lift(userId: number, act: Act): Promise<void>;
  /**
   * Records that a moderator reads a report, unless that was recorded after `since`, also for concurrent calls. A
   * reading of an absent report is not recorded.
   */
  view(reportId: number, act: Pick<Act, 'moderatorId' | 'at'>, since: Date): Promise<void>;
}

interface LockedReport {
  status: 'open' | 'resolved';
  message_row_id: number | null;
  chat_id: number | null;
  user_id: number | null;
}

/**
 * Deletes a message permanently, also in a closed chat. A sender's own deletion could be reverted, so a deleted
 * message is marked as removed as well. A message that was visible until now takes the chat's next `rev`.
 */
const removeMessage = async (
  transaction: Kysely<Database>,
  id: number,
  chatId: number,
  at: Date,
): Promise<RemovedMessage | null> => {
  // Takes the chat's row lock first, like every change of a message.
  const chat = await lockChatRow(transaction, chatId);
  const before = await transaction
    .selectFrom('message_metadata')
    .select('is_deleted')
    .where('id', '=', id)
    .executeTakeFirst();
  if (chat === undefined || before === undefined) return null;
  const isChanged = before.is_deleted === 0;
  if (isChanged) {
    const rev = await takeRev(transaction, chat, { details: false });
    await sql`
      UPDATE message_metadata
      SET rev = ${rev}, is_deleted = TRUE, is_removed = TRUE, deleted_at = ${at},
        pinned_at = NULL, pinned_by = NULL
      WHERE id = ${id}`.execute(transaction);
  } else {
    await transaction
      .updateTable('message_metadata')
      .set({ is_removed: true })
      .where('id', '=', id)
      .execute();
  }
  const { rows } = await sql<object>`
    SELECT ${metadataColumns('m', 'sender', '')}
    FROM message_metadata AS m
    JOIN users AS sender ON sender.id = m.sender_id
    ${joinTarget('m')}
    WHERE m.id = ${id}`.execute(transaction);
  const members = await transaction
    .selectFrom('chat_participants')
    .select('user_id')
    .where('chat_id', '=', chatId)
    .execute();
  const message = rows[0] && toMetadata(rows[0], '');
  return message == null
    ? null
    : { message, memberIds: members.map(({ user_id: userId }) => userId), isChanged };
};

const setSuspendedUntil = async (
  transaction: Kysely<Database>,
  userId: number,
  until: Date | null,
): Promise<void> => {
  await transaction.updateTable('users').set({ suspended_until: until }).where('id', '=', userId).execute();
};

const record = async (
  transaction: Kysely<Database>,
  { moderatorId, at, note }: Act,
  act: {
    readonly action: ResolveReportBody['action'] | 'lift_suspension' | 'view_report';
    readonly report_id?: number;
    readonly user_id?: number | null;
    readonly message_row_id?: number | null;
    readonly until?: Date | null;
  },
): Promise<void> => {
  await transaction
    .insertInto('moderation_acts')
    .values({
      report_id: null,
      user_id: null,
      message_row_id: null,
      until: null,
      ...act,
      moderator_id: moderatorId,
      note,
      created_at: at,
    })
    .execute();
};

/** Whether a moderator's reading of a report was recorded after `since`. */
const hasViewed = async (
  db: Kysely<Database>,
  reportId: number,
  moderatorId: number,
  since: Date,
): Promise<boolean> => {
  const { rows } = await sql`
    SELECT 1 FROM moderation_acts FORCE INDEX (ix_moderation_acts_report)
    WHERE report_id = ${reportId} AND moderator_id = ${moderatorId} AND action = 'view_report'
      AND created_at > ${since}
    ORDER BY id DESC LIMIT 1`.execute(db);
  return rows.length > 0;
};

export const createActStore = (db: () => Kysely<Database>): ActStore => ({
  resolve: (reportId, resolution) =>
    inTransaction(db(), async (transaction): Promise<ResolveResult> => {
      const { action, at, until, isForever } = resolution;
      // Locked before the locks of decision 18: no transaction that holds one of those waits for a report.
      const { rows } = await sql<LockedReport>`
        SELECT status, message_row_id, chat_id, user_id FROM reports WHERE id = ${reportId} FOR UPDATE`.execute(
        transaction,
      );
      const [report] = rows;
      if (report === undefined) return { outcome: 'not_found' };
      if (report.status === 'resolved') return { outcome: 'resolved_before' };
      const { message_row_id: messageRowId, chat_id: chatId, user_id: userId } = report;
      const removed =
        action === 'delete_message' && messageRowId !== null && chatId !== null
          ? await removeMessage(transaction, messageRowId, chatId, at)
          : null;
      if (action === 'suspend_user' && userId !== null) await setSuspendedUntil(transaction, userId, until);
      await transaction
        .updateTable('reports')
        .set({ status: 'resolved', resolved_at: at })
        .where('id', '=', reportId)
        .execute();
      await record(transaction, resolution, {
        action,
        report_id: reportId,
        user_id: action === 'suspend_user' ? userId : null,
        message_row_id: action === 'delete_message' ? messageRowId : null,
        until: action === 'suspend_user' && !isForever ? until : null,
      });
      return { outcome: 'resolved', removed };
    }),

  suspend: (userId, suspension) =>
    inTransaction(db(), async (transaction) => {
      await setSuspendedUntil(transaction, userId, suspension.until);
      await record(transaction, suspension, {
        action: 'suspend_user',
        user_id: userId,
        until: suspension.isForever ? null : suspension.until,
      });
    }),

  lift: (userId, act) =>
    inTransaction(db(), async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('users')
        .set({ suspended_until: null })
        .where('id', '=', userId)
        .where('suspended_until', '>', act.at)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return;
      await record(transaction, act, { action: 'lift_suspension', user_id: userId });
    }),

  view: async (reportId, { moderatorId, at }, since) => {
    // A repeated reading costs one query, without a lock or a new row.
    if (await hasViewed(db(), reportId, moderatorId, since)) return;
    await inTransaction(db(), async (transaction) => {
      const { rows } = await sql`SELECT id FROM reports WHERE id = ${reportId} FOR UPDATE`.execute(
        transaction,
      );
      if (rows.length === 0 || (await hasViewed(transaction, reportId, moderatorId, since))) return;
      await record(
        transaction,
        { moderatorId, at, note: null },
        { action: 'view_report', report_id: reportId },
      );
    });
  },
});
