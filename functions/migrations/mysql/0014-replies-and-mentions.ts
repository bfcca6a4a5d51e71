import { sql, type Kysely } from 'kysely';
import { hasColumn } from './existing.ts';

/** Replies and mentions, and the routines that store and read both. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  if (!(await hasColumn(db, 'message_metadata', 'reply_to_id'))) {
    await sql`ALTER TABLE message_metadata ADD COLUMN reply_to_id BIGINT UNSIGNED NULL`.execute(db);
  }

  // Saves the look-up: most messages mention nobody.
  if (!(await hasColumn(db, 'message_metadata', 'has_mentions'))) {
    await sql`ALTER TABLE message_metadata ADD COLUMN has_mentions BOOLEAN NOT NULL DEFAULT FALSE`.execute(
      db,
    );
  }

  // Mentions of everybody that are older than a participant's membership do not concern them.
  if (!(await hasColumn(db, 'chat_participants', 'joined_seq'))) {
    await sql`ALTER TABLE chat_participants ADD COLUMN joined_seq BIGINT UNSIGNED NOT NULL DEFAULT 0`.execute(
      db,
    );
  }

  // The user id 0 stands for everybody, at position 0, so there is no foreign key to `users`. The primary key finds a
  // chat's mentions of one user after a `seq`, the indexes those of one message and those of one user in all chats.
  await sql`
    CREATE TABLE IF NOT EXISTS message_mentions (
      chat_id BIGINT UNSIGNED NOT NULL,
      user_id BIGINT UNSIGNED NOT NULL,
      seq BIGINT UNSIGNED NOT NULL,
      message_row_id BIGINT UNSIGNED NOT NULL,
      position TINYINT UNSIGNED NOT NULL,
      PRIMARY KEY (chat_id, user_id, seq),
      KEY ix_message_mentions_message (message_row_id, position),
      KEY ix_message_mentions_user (user_id, message_row_id),
      CONSTRAINT fk_message_mentions_message FOREIGN KEY (message_row_id) REFERENCES message_metadata (id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`.execute(db);

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

  // p_mentions: ids of users, separated by commas; ids of users who are not in the chat are dropped. Whether the
  // quoted message exists is checked under the same lock that its deletion takes.
  await sql`DROP PROCEDURE IF EXISTS append_message_v3`.execute(db);
  await sql`
    CREATE PROCEDURE append_message_v3(
      IN p_chat_id BIGINT UNSIGNED,
      IN p_sender_id BIGINT UNSIGNED,
      IN p_message_id CHAR(36) CHARACTER SET ascii,
      IN p_client_message_id CHAR(36) CHARACTER SET ascii,
      IN p_message_type VARCHAR(20) CHARACTER SET ascii,
      IN p_reply_to_id BIGINT UNSIGNED,
      IN p_mentions VARCHAR(1100) CHARACTER SET ascii,
      IN p_mention_all BOOLEAN,
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
             has_mentions)
            VALUES (p_chat_id, p_sender_id, p_message_id, p_client_message_id, v_seq, v_rev, p_timestamp,
                    p_message_type, p_reply_to_id, v_has_mentions);
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

  // p_edit_id: null for an edit that keeps the text. p_mentions and p_mention_all: as in append_message_v3, or null
  // for an edit that keeps them. An edit that changes nothing returns 'same'.
  await sql`DROP PROCEDURE IF EXISTS change_message_v3`.execute(db);
  await sql`
    CREATE PROCEDURE change_message_v3(
      IN p_id BIGINT UNSIGNED,
      IN p_user_id BIGINT UNSIGNED,
      IN p_kind VARCHAR(10) CHARACTER SET ascii,
      IN p_edit_id CHAR(36) CHARACTER SET ascii,
      IN p_replaces CHAR(36) CHARACTER SET ascii COLLATE ascii_bin,
      IN p_mentions VARCHAR(1100) CHARACTER SET ascii,
      IN p_mention_all BOOLEAN,
      IN p_at DATETIME(3)
    )
    MODIFIES SQL DATA
    SQL SECURITY INVOKER
    BEGIN
      DECLARE v_outcome VARCHAR(20) DEFAULT 'not_participant';
      DECLARE v_chat_id BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_rev BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_is_admin BOOLEAN DEFAULT NULL;
      DECLARE v_sender_id BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_seq BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_is_deleted BOOLEAN DEFAULT NULL;
      DECLARE v_deleted_at DATETIME(3) DEFAULT NULL;
      DECLARE v_edit_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL;
      DECLARE v_before VARCHAR(1100) CHARACTER SET ascii DEFAULT NULL;
      DECLARE v_after VARCHAR(1100) CHARACTER SET ascii DEFAULT NULL;
      DECLARE v_was_all BOOLEAN DEFAULT FALSE;
      DECLARE v_is_all BOOLEAN DEFAULT FALSE;
      DECLARE EXIT HANDLER FOR SQLEXCEPTION
      BEGIN
        ROLLBACK;
        RESIGNAL;
      END;

      -- A message never moves to another chat: this may be read ahead, outside of the transaction.
      SELECT chat_id INTO v_chat_id FROM message_metadata WHERE id = p_id;

      START TRANSACTION;
      SELECT rev + 1 INTO v_rev FROM chats WHERE id = v_chat_id AND is_active FOR UPDATE;
      SELECT is_admin INTO v_is_admin FROM chat_participants WHERE chat_id = v_chat_id AND user_id = p_user_id;

      IF v_rev IS NOT NULL AND v_is_admin IS NOT NULL THEN
        SELECT sender_id, seq, is_deleted, deleted_at, edit_id
          INTO v_sender_id, v_seq, v_is_deleted, v_deleted_at, v_edit_id
          FROM message_metadata WHERE id = p_id;
        IF p_kind = 'edit' THEN
          SELECT GROUP_CONCAT(NULLIF(user_id, 0) ORDER BY position), COALESCE(MAX(user_id = 0), FALSE)
            INTO v_before, v_was_all FROM message_mentions WHERE message_row_id = p_id;
          SET v_after = v_before, v_is_all = COALESCE(p_mention_all, v_was_all);
          IF p_mentions IS NOT NULL THEN
            SELECT GROUP_CONCAT(user_id ORDER BY FIND_IN_SET(user_id, p_mentions)) INTO v_after
              FROM chat_participants WHERE chat_id = v_chat_id AND FIND_IN_SET(user_id, p_mentions);
          END IF;
        END IF;

        IF v_sender_id <> p_user_id AND (p_kind = 'edit' OR NOT v_is_admin) THEN
          SET v_outcome = 'not_allowed';
        ELSEIF v_is_deleted <> (p_kind = 'restore') THEN
          SET v_outcome = 'unchanged';
        ELSEIF p_kind = 'restore' AND v_deleted_at < p_at THEN
          SET v_outcome = 'too_late';
        ELSEIF p_kind = 'edit' AND NOT (v_edit_id <=> p_replaces) THEN
          SET v_outcome = 'stale';
        ELSEIF p_kind = 'edit' AND p_edit_id IS NULL AND v_after <=> v_before AND v_is_all = v_was_all THEN
          SET v_outcome = 'same';
        ELSE
          UPDATE chats SET rev = v_rev WHERE id = v_chat_id;
          CASE p_kind
            WHEN 'edit' THEN
              IF NOT (v_after <=> v_before) THEN
                DELETE FROM message_mentions WHERE message_row_id = p_id AND user_id <> 0;
                INSERT INTO message_mentions (chat_id, user_id, seq, message_row_id, position)
                  SELECT v_chat_id, user_id, v_seq, p_id, FIND_IN_SET(user_id, v_after)
                    FROM chat_participants WHERE chat_id = v_chat_id AND FIND_IN_SET(user_id, v_after);
              END IF;
              IF v_is_all AND NOT v_was_all THEN
                INSERT INTO message_mentions (chat_id, user_id, seq, message_row_id, position)
                  VALUES (v_chat_id, 0, v_seq, p_id, 0);
              ELSEIF v_was_all AND NOT v_is_all THEN
                DELETE FROM message_mentions WHERE chat_id = v_chat_id AND user_id = 0 AND seq = v_seq;
              END IF;
              UPDATE message_metadata
                SET rev = v_rev, has_mentions = v_is_all OR v_after IS NOT NULL,
                  is_edited = is_edited OR p_edit_id IS NOT NULL,
                  edited_at = IF(p_edit_id IS NULL, edited_at, p_at), edit_id = COALESCE(p_edit_id, edit_id)
                WHERE id = p_id;
            WHEN 'delete' THEN
              UPDATE message_metadata SET rev = v_rev, is_deleted = TRUE, deleted_at = p_at WHERE id = p_id;
            ELSE
              UPDATE message_metadata SET rev = v_rev, is_deleted = FALSE, deleted_at = NULL WHERE id = p_id;
          END CASE;
          SET v_outcome = 'changed';
        END IF;
      END IF;

      SELECT v_outcome AS outcome, ${columns}
        FROM (SELECT 1 AS one) AS always
        LEFT JOIN message_metadata AS m ON m.id = p_id AND v_outcome NOT IN ('not_participant', 'not_allowed')
        LEFT JOIN users AS sender ON sender.id = m.sender_id
        ${targetJoins};
      COMMIT;
      SELECT user_id FROM chat_participants WHERE chat_id = v_chat_id AND v_outcome = 'changed';
    END`.execute(db);

  // Like list_messages_v1, with the quoted messages and the mentions.
  await sql`DROP PROCEDURE IF EXISTS list_messages_v2`.execute(db);
  await sql`
    CREATE PROCEDURE list_messages_v2(
      IN p_chat_id BIGINT UNSIGNED,
      IN p_limit INT UNSIGNED,
      IN p_offset BIGINT UNSIGNED
    )
    READS SQL DATA
    SQL SECURITY INVOKER
    BEGIN
      DECLARE v_top BIGINT DEFAULT 0;
      DECLARE v_skipped BIGINT DEFAULT p_offset;
      DECLARE v_deleted BIGINT DEFAULT 0;

      SELECT last_seq INTO v_top FROM chats WHERE id = p_chat_id;
      WHILE v_skipped > 100 AND v_skipped < v_top AND v_deleted >= 0 DO
        SELECT COUNT(*) INTO v_deleted FROM message_metadata FORCE INDEX (ix_message_metadata_visible)
          WHERE chat_id = p_chat_id AND is_deleted = 1 AND seq > v_top - v_skipped AND seq <= v_top;
        SET v_top = v_top - v_skipped;
        IF v_deleted > v_skipped DIV 2 THEN
          SET v_skipped = v_deleted, v_deleted = -1;
        ELSE
          SET v_skipped = v_deleted;
        END IF;
      END WHILE;
      -- Fewer messages than are to be passed over.
      IF v_skipped >= v_top THEN
        SET v_top = 0, v_skipped = 0;
      END IF;

      SELECT ${columns}
        FROM (
          SELECT seq FROM message_metadata FORCE INDEX (ix_message_metadata_visible)
            WHERE chat_id = p_chat_id AND is_deleted = 0 AND seq <= v_top
            ORDER BY seq DESC LIMIT p_limit OFFSET v_skipped
        ) AS page
        STRAIGHT_JOIN message_metadata AS m ON m.chat_id = p_chat_id AND m.seq = page.seq
        STRAIGHT_JOIN users AS sender ON sender.id = m.sender_id
        ${targetJoins}
        ORDER BY m.seq DESC;
    END`.execute(db);
};
