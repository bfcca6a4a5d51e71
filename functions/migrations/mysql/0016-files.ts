import { sql, type Kysely } from 'kysely';
import { hasColumn } from './existing.ts';

/** Uploaded files, and the messages that contain them. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  // The indexes find the files of a message, the files of a chat (all, or of one kind, newest first), the files of a
  // user, and the files that were never sent.
  await sql`
    CREATE TABLE IF NOT EXISTS attachments (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      attachment_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      uploader_id BIGINT UNSIGNED NOT NULL,
      purpose VARCHAR(10) CHARACTER SET ascii NOT NULL,
      message_row_id BIGINT UNSIGNED NULL,
      chat_id BIGINT UNSIGNED NULL,
      position TINYINT UNSIGNED NULL,
      kind VARCHAR(10) CHARACTER SET ascii NOT NULL,
      file_name VARCHAR(255) NOT NULL,
      content_type VARCHAR(255) CHARACTER SET ascii NOT NULL,
      size BIGINT UNSIGNED NOT NULL,
      width INT UNSIGNED NULL,
      height INT UNSIGNED NULL,
      placeholder VARCHAR(64) CHARACTER SET ascii NULL,
      status VARCHAR(10) CHARACTER SET ascii NOT NULL,
      created_at DATETIME(3) NOT NULL,
      UNIQUE KEY uq_attachments_attachment_id (attachment_id),
      KEY ix_attachments_message (message_row_id, position),
      KEY ix_attachments_chat (chat_id, message_row_id DESC, position),
      KEY ix_attachments_kind (chat_id, kind, message_row_id DESC, position),
      KEY ix_attachments_uploader (uploader_id, status, size),
      KEY ix_attachments_unsent (message_row_id, created_at),
      CONSTRAINT fk_attachments_uploader FOREIGN KEY (uploader_id) REFERENCES users (id),
      CONSTRAINT fk_attachments_message FOREIGN KEY (message_row_id) REFERENCES message_metadata (id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`.execute(db);

  // Saves the look-up: most messages have no files.
  if (!(await hasColumn(db, 'message_metadata', 'has_attachments'))) {
    await sql`ALTER TABLE message_metadata ADD COLUMN has_attachments BOOLEAN NOT NULL DEFAULT FALSE`.execute(
      db,
    );
  }
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

  // Like append_message_v3, with files: p_attachments lists the files of the message, separated by commas. A file
  // that is in a message cannot be put into another one.
  await sql`DROP PROCEDURE IF EXISTS append_message_v4`.execute(db);
  await sql`
    CREATE PROCEDURE append_message_v4(
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
      SELECT last_seq + 1, rev + 1, chat_type = 'direct' INTO v_seq, v_rev, v_is_direct
        FROM chats WHERE id = p_chat_id AND is_active FOR UPDATE;

      IF v_seq IS NOT NULL
         AND EXISTS (SELECT 1 FROM chat_participants WHERE chat_id = p_chat_id AND user_id = p_sender_id) THEN
        IF p_client_message_id IS NOT NULL THEN
          SELECT id INTO v_id FROM message_metadata
            WHERE chat_id = p_chat_id AND sender_id = p_sender_id AND client_message_id = p_client_message_id;
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
            WHERE peer.chat_id = p_chat_id AND peer.user_id <> p_sender_id AND NOT users.is_active
        ) THEN
          SET v_outcome = 'peer_gone';
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
          UPDATE chat_participants SET last_read_seq = v_seq WHERE chat_id = p_chat_id AND user_id = p_sender_id;
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

      SELECT v_outcome AS outcome, ${columns}
        FROM (SELECT 1 AS one) AS always
        LEFT JOIN message_metadata AS m ON m.id = v_id
        LEFT JOIN users AS sender ON sender.id = m.sender_id
        ${targetJoins};
      COMMIT;
      SELECT user_id FROM chat_participants WHERE chat_id = p_chat_id AND v_outcome = 'appended';
    END`.execute(db);
};
