import { sql, type Kysely } from 'kysely';
import { hasColumn, hasIndex } from './existing.ts';

/** Devices registered for push, notification settings, and the progress of dispatching pushes in each chat. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  // A token is a Web Push endpoint or an FCM registration: too long for a key, so its SHA-256 is unique. Sessions are
  // in DynamoDB: a device whose session has ended is removed by the code that comes across it.
  await sql`
    CREATE TABLE IF NOT EXISTS devices (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      user_id BIGINT UNSIGNED NOT NULL,
      session_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      kind VARCHAR(10) CHARACTER SET ascii NOT NULL,
      token_hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      token VARCHAR(2048) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      p256dh CHAR(87) CHARACTER SET ascii COLLATE ascii_bin NULL,
      auth CHAR(22) CHARACTER SET ascii COLLATE ascii_bin NULL,
      name VARCHAR(100) NULL,
      created_at DATETIME(3) NOT NULL,
      UNIQUE KEY uq_devices_token_hash (token_hash),
      KEY ix_devices_user (user_id, id),
      CONSTRAINT fk_devices_user FOREIGN KEY (user_id) REFERENCES users (id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`.execute(db);

  // A user without a row has the defaults.
  await sql`
    CREATE TABLE IF NOT EXISTS notification_settings (
      user_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
      preview BOOLEAN NOT NULL,
      quiet_from CHAR(5) CHARACTER SET ascii NULL,
      quiet_to CHAR(5) CHARACTER SET ascii NULL,
      time_zone VARCHAR(64) CHARACTER SET ascii NULL,
      CONSTRAINT fk_notification_settings_user FOREIGN KEY (user_id) REFERENCES users (id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`.execute(db);

  // `settings_rev` is the counterpart of `details_rev` for one participant: the `rev` of the latest change that only
  // this user sees.
  if (!(await hasColumn(db, 'chat_participants', 'settings_rev'))) {
    await sql`
      ALTER TABLE chat_participants
      ADD COLUMN notify_level VARCHAR(10) CHARACTER SET ascii NOT NULL DEFAULT 'all',
      ADD COLUMN muted_until DATETIME(3) NULL,
      ADD COLUMN settings_rev BIGINT UNSIGNED NOT NULL DEFAULT 0`.execute(db);
  }

  await sql`
    CREATE TABLE IF NOT EXISTS chat_dispatch (
      chat_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
      seq BIGINT UNSIGNED NOT NULL,
      CONSTRAINT fk_chat_dispatch_chat FOREIGN KEY (chat_id) REFERENCES chats (id)
    ) ENGINE = InnoDB`.execute(db);

  // Finds the chats with recent activity.
  if (!(await hasIndex(db, 'chats', 'ix_chats_updated'))) {
    await sql`ALTER TABLE chats ADD INDEX ix_chats_updated (updated_at)`.execute(db);
  }
};
