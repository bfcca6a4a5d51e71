import { sql, type Kysely } from 'kysely';
import { hasColumn, hasIndex } from './existing.ts';

/** Pinned messages, and the routine that pins or unpins one in one round trip. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  if (!(await hasColumn(db, 'message_metadata', 'pinned_at'))) {
    await sql`
      ALTER TABLE message_metadata
      ADD COLUMN pinned_at DATETIME(3) NULL, ADD COLUMN pinned_by BIGINT UNSIGNED NULL`.execute(db);
  }
  if (!(await hasIndex(db, 'message_metadata', 'ix_message_metadata_pinned'))) {
    await sql`ALTER TABLE message_metadata ADD INDEX ix_message_metadata_pinned (chat_id, pinned_at)`.execute(
      db,
    );
  }

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

  // `pinned_at` is later than that of every other pin of the chat, even when clocks differ: it orders the list of
  // pins, for the service and for clients.
  await sql`DROP PROCEDURE IF EXISTS pin_message_v1`.execute(db);
  await sql`
    CREATE PROCEDURE pin_message_v1(
      IN p_id BIGINT UNSIGNED,
      IN p_user_id BIGINT UNSIGNED,
      IN p_is_pinned BOOLEAN,
      IN p_most INT UNSIGNED,
      IN p_at DATETIME(3)
    )
    MODIFIES SQL DATA
    SQL SECURITY INVOKER
    BEGIN
      DECLARE v_outcome VARCHAR(20) DEFAULT 'not_participant';
      DECLARE v_chat_id BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_rev BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_is_direct BOOLEAN DEFAULT NULL;
      DECLARE v_is_admin BOOLEAN DEFAULT NULL;
      DECLARE v_is_deleted BOOLEAN DEFAULT NULL;
      DECLARE v_is_pinned BOOLEAN DEFAULT NULL;
      DECLARE v_count BIGINT UNSIGNED DEFAULT 0;
      DECLARE v_latest DATETIME(3) DEFAULT NULL;
      DECLARE EXIT HANDLER FOR SQLEXCEPTION
      BEGIN
        ROLLBACK;
        RESIGNAL;
      END;

      -- A message never moves to another chat: this may be read ahead, outside of the transaction.
      SELECT chat_id INTO v_chat_id FROM message_metadata WHERE id = p_id;

      START TRANSACTION;
      SELECT rev + 1, chat_type = 'direct' INTO v_rev, v_is_direct
        FROM chats WHERE id = v_chat_id AND is_active FOR UPDATE;
      SELECT is_admin INTO v_is_admin FROM chat_participants WHERE chat_id = v_chat_id AND user_id = p_user_id;

      IF v_rev IS NOT NULL AND v_is_admin IS NOT NULL THEN
        SELECT is_deleted, pinned_at IS NOT NULL INTO v_is_deleted, v_is_pinned
          FROM message_metadata WHERE id = p_id;
        SELECT COUNT(*), MAX(pinned_at) INTO v_count, v_latest
          FROM message_metadata FORCE INDEX (ix_message_metadata_pinned)
          WHERE chat_id = v_chat_id AND pinned_at IS NOT NULL AND is_deleted = 0;

        IF NOT v_is_direct AND NOT v_is_admin THEN
          SET v_outcome = 'not_admin';
        ELSEIF v_is_deleted THEN
          SET v_outcome = IF(p_is_pinned, 'deleted', 'unchanged');
        ELSEIF p_is_pinned = v_is_pinned THEN
          SET v_outcome = 'unchanged';
        ELSEIF p_is_pinned AND v_count >= p_most THEN
          SET v_outcome = 'too_many';
        ELSE
          UPDATE chats SET rev = v_rev WHERE id = v_chat_id;
          UPDATE message_metadata
            SET rev = v_rev,
              pinned_at = IF(p_is_pinned, GREATEST(p_at, COALESCE(v_latest + INTERVAL 1000 MICROSECOND, p_at)), NULL),
              pinned_by = IF(p_is_pinned, p_user_id, NULL)
            WHERE id = p_id;
          SET v_outcome = 'changed';
        END IF;
      END IF;

      SELECT v_outcome AS outcome, ${columns}
        FROM (SELECT 1 AS one) AS always
        LEFT JOIN message_metadata AS m ON m.id = p_id AND v_outcome IN ('changed', 'unchanged')
        LEFT JOIN users AS sender ON sender.id = m.sender_id
        ${targetJoins};
      COMMIT;
      SELECT user_id FROM chat_participants WHERE chat_id = v_chat_id AND v_outcome = 'changed';
    END`.execute(db);

  // Deleting a message unpins it. Functions of the previous version delete without unpinning, so queries for pins
  // skip deleted messages, and a restoration unpins, too.
  await sql`DROP PROCEDURE IF EXISTS change_message_v4`.execute(db);
  await sql`
    CREATE PROCEDURE change_message_v4(
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
              UPDATE message_metadata
                SET rev = v_rev, is_deleted = TRUE, deleted_at = p_at, pinned_at = NULL, pinned_by = NULL
                WHERE id = p_id;
            ELSE
              UPDATE message_metadata
                SET rev = v_rev, is_deleted = FALSE, deleted_at = NULL, pinned_at = NULL, pinned_by = NULL
                WHERE id = p_id;
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
};
