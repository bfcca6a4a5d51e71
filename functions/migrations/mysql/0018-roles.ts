import { sql, type Kysely } from 'kysely';
import { hasColumn, hasIndex } from './existing.ts';

/** Roles of participants, posting rights and slow mode of groups, bans and invitations, and blocks between users. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  // Code of the previous version knows only `is_admin`: where the role is null or contradicts `is_admin`, that code
  // wrote the row, and `is_admin` is right. The index finds such rows without a full scan. `last_sent_at` is when the
  // participant last sent to the chat, for slow mode; null when they have not sent since the column exists.
  if (!(await hasColumn(db, 'chat_participants', 'role'))) {
    await sql`
      ALTER TABLE chat_participants
      ADD COLUMN role ENUM('owner', 'admin', 'member') NULL, ADD COLUMN last_sent_at DATETIME(3) NULL`.execute(
      db,
    );
  }
  if (!(await hasIndex(db, 'chat_participants', 'ix_chat_participants_role'))) {
    await sql`ALTER TABLE chat_participants ADD INDEX ix_chat_participants_role (role, is_admin)`.execute(db);
  }

  if (!(await hasColumn(db, 'chats', 'description'))) {
    await sql`
      ALTER TABLE chats
      ADD COLUMN description VARCHAR(500) NULL,
      ADD COLUMN posting ENUM('everyone', 'admins') NOT NULL DEFAULT 'everyone',
      ADD COLUMN slow_seconds SMALLINT UNSIGNED NOT NULL DEFAULT 0`.execute(db);
  }

  // The indexes find the bans of a chat, latest first, and bans that have ended. `until` is null for a permanent ban.
  await sql`
    CREATE TABLE IF NOT EXISTS chat_bans (
      chat_id BIGINT UNSIGNED NOT NULL,
      user_id BIGINT UNSIGNED NOT NULL,
      banned_by BIGINT UNSIGNED NOT NULL,
      reason VARCHAR(500) NULL,
      until DATETIME(3) NULL,
      created_at DATETIME(3) NOT NULL,
      PRIMARY KEY (chat_id, user_id),
      KEY ix_chat_bans_chat (chat_id, created_at DESC, user_id DESC),
      KEY ix_chat_bans_until (until),
      CONSTRAINT fk_chat_bans_chat FOREIGN KEY (chat_id) REFERENCES chats (id),
      CONSTRAINT fk_chat_bans_user FOREIGN KEY (user_id) REFERENCES users (id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`.execute(db);

  // The indexes find the invitations of a chat that have not expired, and those that have. `max_uses` is null for any
  // number of uses.
  await sql`
    CREATE TABLE IF NOT EXISTS chat_invites (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      code CHAR(22) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      chat_id BIGINT UNSIGNED NOT NULL,
      created_by BIGINT UNSIGNED NOT NULL,
      max_uses INT UNSIGNED NULL,
      uses INT UNSIGNED NOT NULL DEFAULT 0,
      expires_at DATETIME(3) NOT NULL,
      created_at DATETIME(3) NOT NULL,
      UNIQUE KEY uq_chat_invites_code (code),
      KEY ix_chat_invites_chat (chat_id, expires_at),
      KEY ix_chat_invites_expiry (expires_at),
      CONSTRAINT fk_chat_invites_chat FOREIGN KEY (chat_id) REFERENCES chats (id),
      CONSTRAINT fk_chat_invites_creator FOREIGN KEY (created_by) REFERENCES users (id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`.execute(db);

  await sql`
    CREATE TABLE IF NOT EXISTS user_blocks (
      user_id BIGINT UNSIGNED NOT NULL,
      blocked_id BIGINT UNSIGNED NOT NULL,
      created_at DATETIME(3) NOT NULL,
      PRIMARY KEY (user_id, blocked_id),
      KEY ix_user_blocks_blocked (blocked_id, user_id),
      CONSTRAINT fk_user_blocks_user FOREIGN KEY (user_id) REFERENCES users (id),
      CONSTRAINT fk_user_blocks_blocked FOREIGN KEY (blocked_id) REFERENCES users (id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`.execute(db);

  // The quoted message and the mentions, as the routines of 0014 return them.
  const columns = sql`
    m.*, sender.username AS sender_username, sender.is_active AS sender_is_active,
    target.id AS target_id, target.message_id AS target_message_id, target.seq AS target_seq,
    target.rev AS target_rev, target.edit_id AS target_edit_id, target.is_deleted AS target_is_deleted,
    target.sender_id AS target_sender_id, target_sender.username AS target_sender_username,
    target_sender.is_active AS target_sender_is_active,
    IF(m.has_mentions, (
      SELECT GROUP_CONCAT(user_id ORDER BY position) FROM message_mentions WHERE message_row_id = m.id
    ), NULL) AS mentions`;
  const targetJoins = sql`
    LEFT JOIN message_metadata AS target ON target.id = m.reply_to_id
    LEFT JOIN users AS target_sender ON target_sender.id = target.sender_id`;

  // The ids in `p_attachments`, one expression each; with fewer than ten ids the last one repeats.
  const ids = sql.raw(
    Array.from(
      { length: 10 },
      (_, index) => `SUBSTRING_INDEX(SUBSTRING_INDEX(p_attachments, ',', ${index + 1}), ',', -1)`,
    ).join(', '),
  );

  // Like append_message_v4, and refuses a message between two users with a block in either direction; a member's
  // message where only admins may post; and a member's message within `slow_seconds` of their last one, with the
  // remaining seconds. For a member who left and rejoined since, the last one is searched among their latest fifty
  // messages.
  await sql`DROP PROCEDURE IF EXISTS append_message_v5`.execute(db);
  await sql`
    CREATE PROCEDURE append_message_v5(
      IN p_chat_id BIGINT UNSIGNED,
      IN p_sender_id BIGINT UNSIGNED,
      IN p_message_id CHAR(36) CHARACTER SET ascii,
      IN p_client_message_id CHAR(36) CHARACTER SET ascii,
      IN p_message_type VARCHAR(20) CHARACTER SET ascii,
      IN p_reply_to_id BIGINT UNSIGNED,
      IN p_mentions VARCHAR(1100) CHARACTER SET ascii,
      IN p_mention_all BOOLEAN,
      IN p_attachments VARCHAR(370) CHARACTER SET ascii COLLATE ascii_bin,
      IN p_timestamp DATETIME(3)
    )
    MODIFIES SQL DATA
    SQL SECURITY INVOKER
    BEGIN
      DECLARE v_outcome VARCHAR(30) DEFAULT 'not_participant';
      DECLARE v_seq BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_rev BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_is_direct BOOLEAN DEFAULT NULL;
      DECLARE v_is_closed BOOLEAN DEFAULT FALSE;
      DECLARE v_slow_seconds INT DEFAULT 0;
      DECLARE v_is_admin BOOLEAN DEFAULT NULL;
      DECLARE v_last_sent_at DATETIME(3) DEFAULT NULL;
      DECLARE v_wait_ms BIGINT DEFAULT 0;
      DECLARE v_id BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_has_mentions BOOLEAN DEFAULT p_mention_all;
      DECLARE v_attachments INT UNSIGNED DEFAULT 0;
      DECLARE v_own INT UNSIGNED DEFAULT 0;
      DECLARE v_pending INT UNSIGNED DEFAULT 0;
      DECLARE v_used INT UNSIGNED DEFAULT 0;
      DECLARE EXIT HANDLER FOR SQLEXCEPTION
      BEGIN
        ROLLBACK;
        RESIGNAL;
      END;

      START TRANSACTION;
      SELECT last_seq + 1, rev + 1, chat_type = 'direct', posting = 'admins', slow_seconds
        INTO v_seq, v_rev, v_is_direct, v_is_closed, v_slow_seconds
        FROM chats WHERE id = p_chat_id AND is_active FOR UPDATE;
      SELECT is_admin, last_sent_at INTO v_is_admin, v_last_sent_at
        FROM chat_participants WHERE chat_id = p_chat_id AND user_id = p_sender_id;

      IF v_seq IS NOT NULL AND v_is_admin IS NOT NULL THEN
        IF p_client_message_id IS NOT NULL THEN
          SELECT id INTO v_id FROM message_metadata
            WHERE chat_id = p_chat_id AND sender_id = p_sender_id AND client_message_id = p_client_message_id;
        END IF;
        IF v_id IS NULL AND v_slow_seconds > 0 AND NOT v_is_admin THEN
          IF v_last_sent_at IS NULL THEN
            SELECT MAX(timestamp) INTO v_last_sent_at FROM (
              SELECT chat_id, timestamp FROM message_metadata FORCE INDEX (ix_message_metadata_sender)
                WHERE sender_id = p_sender_id ORDER BY id DESC LIMIT 50
            ) AS latest WHERE chat_id = p_chat_id;
          END IF;
          SET v_wait_ms = COALESCE(TIMESTAMPDIFF(
            MICROSECOND, p_timestamp, v_last_sent_at + INTERVAL v_slow_seconds SECOND) DIV 1000, 0);
        END IF;
        IF p_attachments <> '' THEN
          SET v_attachments = 1 + LENGTH(p_attachments) - LENGTH(REPLACE(p_attachments, ',', ''));
          -- In the order of the key, as by all: two sends with the same files never wait for each other in a circle.
          SELECT COUNT(*), COALESCE(SUM(status <> 'ready'), 0), COALESCE(SUM(message_row_id IS NOT NULL), 0)
            INTO v_own, v_pending, v_used FROM attachments FORCE INDEX (uq_attachments_attachment_id)
            WHERE attachment_id IN (${ids}) AND uploader_id = p_sender_id AND purpose = 'message'
              AND status <> 'removed'
            FOR UPDATE;
        END IF;
        IF v_id IS NOT NULL THEN
          SET v_outcome = 'duplicate';
        ELSEIF v_is_direct AND EXISTS (
          SELECT 1 FROM chat_participants AS peer JOIN users ON users.id = peer.user_id
            WHERE peer.chat_id = p_chat_id AND peer.user_id <> p_sender_id
              AND (NOT users.is_active
                OR EXISTS (SELECT 1 FROM user_blocks
                  WHERE user_blocks.user_id = p_sender_id AND user_blocks.blocked_id = peer.user_id)
                OR EXISTS (SELECT 1 FROM user_blocks
                  WHERE user_blocks.user_id = peer.user_id AND user_blocks.blocked_id = p_sender_id))
        ) THEN
          SET v_outcome = 'peer_unreachable';
        ELSEIF v_is_closed AND NOT v_is_admin THEN
          SET v_outcome = 'posting_not_allowed';
        ELSEIF v_wait_ms > 0 THEN
          SET v_outcome = 'too_soon';
        ELSEIF p_reply_to_id IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM message_metadata
            WHERE id = p_reply_to_id AND chat_id = p_chat_id AND NOT is_deleted
        ) THEN
          SET v_outcome = 'reply_target_not_found';
        ELSEIF v_own < v_attachments THEN
          SET v_outcome = 'unknown_attachment';
        ELSEIF v_used > 0 THEN
          SET v_outcome = 'attachment_in_use';
        ELSEIF v_pending > 0 THEN
          SET v_outcome = 'attachment_not_ready';
        ELSE
          IF p_mentions <> '' THEN
            SET v_has_mentions = p_mention_all OR EXISTS (
              SELECT 1 FROM chat_participants WHERE chat_id = p_chat_id AND FIND_IN_SET(user_id, p_mentions));
          END IF;
          UPDATE chats SET last_seq = v_seq, rev = v_rev, updated_at = GREATEST(updated_at, p_timestamp)
            WHERE id = p_chat_id;
          UPDATE chat_participants SET last_read_seq = v_seq, last_sent_at = p_timestamp
            WHERE chat_id = p_chat_id AND user_id = p_sender_id;
          INSERT INTO message_metadata
            (chat_id, sender_id, message_id, client_message_id, seq, rev, timestamp, message_type, reply_to_id,
             has_mentions, has_attachments)
            VALUES (p_chat_id, p_sender_id, p_message_id, p_client_message_id, v_seq, v_rev, p_timestamp,
                    p_message_type, p_reply_to_id, v_has_mentions, v_attachments > 0);
          SET v_id = LAST_INSERT_ID();
          IF v_has_mentions THEN
            INSERT INTO message_mentions (chat_id, user_id, seq, message_row_id, position)
              SELECT p_chat_id, user_id, v_seq, v_id, FIND_IN_SET(user_id, p_mentions)
                FROM chat_participants WHERE chat_id = p_chat_id AND FIND_IN_SET(user_id, p_mentions);
            IF p_mention_all THEN
              INSERT INTO message_mentions (chat_id, user_id, seq, message_row_id, position)
                VALUES (p_chat_id, 0, v_seq, v_id, 0);
            END IF;
          END IF;
          IF v_attachments > 0 THEN
            UPDATE attachments FORCE INDEX (uq_attachments_attachment_id)
              SET message_row_id = v_id, chat_id = p_chat_id, position = FIND_IN_SET(attachment_id, p_attachments)
              WHERE attachment_id IN (${ids});
          END IF;
          SET v_outcome = 'appended';
        END IF;
      END IF;

      SELECT v_outcome AS outcome, (v_wait_ms + 999) DIV 1000 AS wait_seconds, ${columns}
        FROM (SELECT 1 AS one) AS always
        LEFT JOIN message_metadata AS m ON m.id = v_id
        LEFT JOIN users AS sender ON sender.id = m.sender_id
        ${targetJoins};
      COMMIT;
      SELECT user_id FROM chat_participants WHERE chat_id = p_chat_id AND v_outcome = 'appended';
    END`.execute(db);
};
