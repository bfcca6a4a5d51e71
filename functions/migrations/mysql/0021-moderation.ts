import { sql, type Kysely } from 'kysely';
import { hasColumn } from './existing.ts';

/**
 * Reports, moderators' actions, suspensions, and messages removed by a moderator; and a read mark whose unread counts
 * leave out messages of users whom the reader has blocked.
 */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  // The end of the suspension, or NULL. A permanent suspension has the latest time that a DATETIME can hold.
  if (!(await hasColumn(db, 'users', 'suspended_until'))) {
    await sql`ALTER TABLE users ADD COLUMN suspended_until DATETIME(3) NULL`.execute(db);
  }

  // A message that a moderator has removed cannot be restored.
  if (!(await hasColumn(db, 'message_metadata', 'is_removed'))) {
    await sql`ALTER TABLE message_metadata ADD COLUMN is_removed BOOLEAN NOT NULL DEFAULT FALSE`.execute(db);
  }

  // A snapshot of what was reported: a report outlives its subject, so there are no foreign keys. `target` is the
  // kind and the id, by which a repeated report by the same user is found.
  await sql`
    CREATE TABLE IF NOT EXISTS reports (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      reporter_id BIGINT UNSIGNED NOT NULL,
      target VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      message_row_id BIGINT UNSIGNED NULL,
      chat_id BIGINT UNSIGNED NULL,
      user_id BIGINT UNSIGNED NULL,
      reason VARCHAR(20) CHARACTER SET ascii NOT NULL,
      comment VARCHAR(1000) NULL,
      content MEDIUMTEXT NULL,
      snapshot TEXT NOT NULL,
      status VARCHAR(10) CHARACTER SET ascii NOT NULL DEFAULT 'open',
      created_at DATETIME(3) NOT NULL,
      resolved_at DATETIME(3) NULL,
      UNIQUE KEY uq_reports_target (reporter_id, target),
      KEY ix_reports_status (status, id),
      KEY ix_reports_resolved (resolved_at)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`.execute(db);

  // An append-only table: rows are never updated or deleted.
  await sql`
    CREATE TABLE IF NOT EXISTS moderation_acts (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      moderator_id BIGINT UNSIGNED NOT NULL,
      action VARCHAR(20) CHARACTER SET ascii NOT NULL,
      report_id BIGINT UNSIGNED NULL,
      user_id BIGINT UNSIGNED NULL,
      message_row_id BIGINT UNSIGNED NULL,
      until DATETIME(3) NULL,
      note VARCHAR(1000) NULL,
      created_at DATETIME(3) NOT NULL,
      KEY ix_moderation_acts_report (report_id, id),
      KEY ix_moderation_acts_user (user_id, id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`.execute(db);

  // The quoted message and the mentions, as the other routines return them.
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

  // Like change_message_v4, except that a message removed by a moderator cannot be restored.
  await sql`DROP PROCEDURE IF EXISTS change_message_v5`.execute(db);
  await sql`
    CREATE PROCEDURE change_message_v5(
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
      DECLARE v_is_removed BOOLEAN DEFAULT NULL;
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
        SELECT sender_id, seq, is_deleted, is_removed, deleted_at, edit_id
          INTO v_sender_id, v_seq, v_is_deleted, v_is_removed, v_deleted_at, v_edit_id
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
        ELSEIF p_kind = 'restore' AND v_is_removed THEN
          SET v_outcome = 'removed';
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

  // Like mark_read_v1, except that messages of users whom the reader has blocked do not count.
  await sql`DROP PROCEDURE IF EXISTS mark_read_v2`.execute(db);
  await sql`
    CREATE PROCEDURE mark_read_v2(
      IN p_chat_id BIGINT UNSIGNED,
      IN p_user_id BIGINT UNSIGNED,
      IN p_seq BIGINT UNSIGNED
    )
    MODIFIES SQL DATA
    SQL SECURITY INVOKER
    BEGIN
      DECLARE v_end BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_moved BOOLEAN DEFAULT FALSE;

      SELECT last_seq INTO v_end FROM chats WHERE id = p_chat_id AND is_active;
      IF v_end IS NOT NULL THEN
        UPDATE chat_participants SET last_read_seq = LEAST(p_seq, v_end)
          WHERE chat_id = p_chat_id AND user_id = p_user_id AND last_read_seq < LEAST(p_seq, v_end);
        SET v_moved = ROW_COUNT() > 0;
      END IF;

      SELECT mine.last_read_seq, v_moved AS moved, (
          SELECT COUNT(*) FROM message_metadata AS unread FORCE INDEX (ix_message_metadata_visible)
            WHERE unread.chat_id = p_chat_id AND unread.is_deleted = 0 AND unread.seq > mine.last_read_seq
              AND unread.sender_id <> p_user_id
              AND (NOT EXISTS (SELECT 1 FROM user_blocks WHERE user_id = p_user_id) OR NOT EXISTS (
                SELECT 1 FROM user_blocks AS blocked
                  WHERE blocked.user_id = p_user_id AND blocked.blocked_id = unread.sender_id))
        ) AS unread_count
        FROM chat_participants AS mine
        WHERE mine.chat_id = p_chat_id AND mine.user_id = p_user_id AND v_end IS NOT NULL;
      SELECT user_id FROM chat_participants WHERE chat_id = p_chat_id AND v_moved;
    END`.execute(db);
};
