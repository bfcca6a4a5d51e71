import { sql, type Kysely } from 'kysely';

/**
 * A send that returns only what its caller does not know about the stored message: its numbers, and who is mentioned.
 */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  // The ids in `p_attachments`, one expression each; with fewer than ten ids the last one repeats.
  const ids = sql.raw(
    Array.from(
      { length: 10 },
      (_, index) => `SUBSTRING_INDEX(SUBSTRING_INDEX(p_attachments, ',', ${index + 1}), ',', -1)`,
    ).join(', '),
  );

  const answer = sql`
    v_outcome AS outcome, (v_wait_ms + 999) DIV 1000 AS wait_seconds, v_id AS id, v_seq AS seq, v_rev AS rev,
    v_username AS sender_username, v_is_active AS sender_is_active, v_mentions AS mentions`;

  // Like append_message_v5, but does not read back the inserted message: that query, a join of five tables with forty
  // columns, took an eighth of the routine's CPU time. The quoted message of a reply is still read under the lock.
  await sql`DROP PROCEDURE IF EXISTS append_message_v6`.execute(db);
  await sql`
    CREATE PROCEDURE append_message_v6(
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
      DECLARE v_username VARCHAR(50) CHARACTER SET ascii DEFAULT NULL;
      DECLARE v_is_active BOOLEAN DEFAULT NULL;
      DECLARE v_last_sent_at DATETIME(3) DEFAULT NULL;
      DECLARE v_wait_ms BIGINT DEFAULT 0;
      DECLARE v_id BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_mentions VARCHAR(1100) CHARACTER SET ascii DEFAULT NULL;
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
      SELECT seat.is_admin, seat.last_sent_at, users.username, users.is_active
        INTO v_is_admin, v_last_sent_at, v_username, v_is_active
        FROM chat_participants AS seat STRAIGHT_JOIN users ON users.id = seat.user_id
        WHERE seat.chat_id = p_chat_id AND seat.user_id = p_sender_id;

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
            SELECT GROUP_CONCAT(user_id ORDER BY FIND_IN_SET(user_id, p_mentions)) INTO v_mentions
              FROM chat_participants WHERE chat_id = p_chat_id AND FIND_IN_SET(user_id, p_mentions);
          END IF;
          UPDATE chats SET last_seq = v_seq, rev = v_rev, updated_at = GREATEST(updated_at, p_timestamp)
            WHERE id = p_chat_id;
          UPDATE chat_participants SET last_read_seq = v_seq, last_sent_at = p_timestamp
            WHERE chat_id = p_chat_id AND user_id = p_sender_id;
          INSERT INTO message_metadata
            (chat_id, sender_id, message_id, client_message_id, seq, rev, timestamp, message_type, reply_to_id,
             has_mentions, has_attachments)
            VALUES (p_chat_id, p_sender_id, p_message_id, p_client_message_id, v_seq, v_rev, p_timestamp,
                    p_message_type, p_reply_to_id, p_mention_all OR v_mentions IS NOT NULL, v_attachments > 0);
          SET v_id = LAST_INSERT_ID();
          IF v_mentions IS NOT NULL THEN
            INSERT INTO message_mentions (chat_id, user_id, seq, message_row_id, position)
              SELECT p_chat_id, user_id, v_seq, v_id, FIND_IN_SET(user_id, v_mentions)
                FROM chat_participants WHERE chat_id = p_chat_id AND FIND_IN_SET(user_id, v_mentions);
          END IF;
          IF p_mention_all THEN
            INSERT INTO message_mentions (chat_id, user_id, seq, message_row_id, position)
              VALUES (p_chat_id, 0, v_seq, v_id, 0);
          END IF;
          IF v_attachments > 0 THEN
            UPDATE attachments FORCE INDEX (uq_attachments_attachment_id)
              SET message_row_id = v_id, chat_id = p_chat_id, position = FIND_IN_SET(attachment_id, p_attachments)
              WHERE attachment_id IN (${ids});
          END IF;
          SET v_outcome = 'appended';
        END IF;
      END IF;

      IF p_reply_to_id IS NULL THEN
        COMMIT;
        SELECT ${answer};
      ELSE
        SELECT ${answer}, target.id AS target_id, target.message_id AS target_message_id, target.seq AS target_seq,
            target.rev AS target_rev, target.edit_id AS target_edit_id, target.is_deleted AS target_is_deleted,
            target.sender_id AS target_sender_id, target_sender.username AS target_sender_username,
            target_sender.is_active AS target_sender_is_active
          FROM (SELECT 1 AS one) AS always
          LEFT JOIN message_metadata AS target ON target.id = p_reply_to_id AND v_outcome = 'appended'
          LEFT JOIN users AS target_sender ON target_sender.id = target.sender_id;
        COMMIT;
      END IF;
      SELECT user_id FROM chat_participants WHERE chat_id = p_chat_id AND v_outcome = 'appended';
    END`.execute(db);
};
