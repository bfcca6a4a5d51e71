import { sql, type Kysely } from 'kysely';
import type { ChatNotifications } from '../../contract/schemas.ts';
import { lockChat, takeRev } from '../../platform/mysql/locks.ts';
import { inTransaction } from '../../platform/mysql/mysql.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import type { ChatNotificationsBody, NotificationSettings } from '../contract.ts';
import { DEFAULT_SETTINGS } from '../rules.ts';

export interface NotificationSettingsStore {
  find(userId: number): Promise<NotificationSettings>;
  save(userId: number, settings: NotificationSettings): Promise<void>;
  /**
   * Changes a user's settings in a chat under the chat's row lock; undefined fields stay unchanged.
   *
   * @returns the settings, and the `rev` that the change took, null when nothing changed; undefined when the user is
   *   not in the chat
   */
  change(
    chatId: number,
    userId: number,
    change: ChatNotificationsBody,
  ): Promise<{ readonly settings: ChatNotifications; readonly rev: number | null } | undefined>;
}

interface SettingRow {
  readonly preview: 0 | 1;
  readonly quiet_from: string | null;
  readonly quiet_to: string | null;
  readonly time_zone: string | null;
}

/** The quiet hours in a row; null when there are none. */
export const toQuiet = (row: Omit<SettingRow, 'preview'>): NotificationSettings['quiet'] =>
  row.quiet_from === null || row.quiet_to === null || row.time_zone === null
    ? null
    : { from: row.quiet_from, to: row.quiet_to, time_zone: row.time_zone };

export const createNotificationSettingsStore = (db: () => Kysely<Database>): NotificationSettingsStore => ({
  find: async (userId) => {
    const row = await db()
      .selectFrom('notification_settings')
      .select(['preview', 'quiet_from', 'quiet_to', 'time_zone'])
      .where('user_id', '=', userId)
      .executeTakeFirst();
    return row === undefined ? DEFAULT_SETTINGS : { preview: row.preview === 1, quiet: toQuiet(row) };
  },

  save: async (userId, { preview, quiet }) => {
    const values = {
      preview,
      quiet_from: quiet?.from ?? null,
      quiet_to: quiet?.to ?? null,
      time_zone: quiet?.time_zone ?? null,
    };
    await db()
      .insertInto('notification_settings')
      .values({ user_id: userId, ...values })
      .onDuplicateKeyUpdate(values)
      .execute();
  },

  change: (chatId, userId, { level, muted_until: mutedUntil }) =>
    inTransaction(db(), async (transaction) => {
      const chat = await lockChat(transaction, chatId);
      const { rows } = await sql<{ notify_level: ChatNotifications['level']; muted_until: Date | null }>`
        SELECT notify_level, muted_until FROM chat_participants
        WHERE chat_id = ${chatId} AND user_id = ${userId} FOR UPDATE`.execute(transaction);
      const [before] = rows;
      if (chat === undefined || before === undefined) return undefined;
      const settings: ChatNotifications = {
        level: level ?? before.notify_level,
        muted_until: mutedUntil === undefined ? (before.muted_until?.toISOString() ?? null) : mutedUntil,
      };
      const isSame =
        settings.level === before.notify_level &&
        settings.muted_until === (before.muted_until?.toISOString() ?? null);
      if (isSame) return { settings, rev: null };
      const rev = await takeRev(transaction, chat, { details: false });
      await transaction
        .updateTable('chat_participants')
        .set({
          notify_level: settings.level,
          muted_until: settings.muted_until === null ? null : new Date(settings.muted_until),
          settings_rev: rev,
        })
        .where('chat_id', '=', chatId)
        .where('user_id', '=', userId)
        .execute();
      return { settings, rev };
    }),
});
