import { sql, type Kysely } from 'kysely';

/**
 * The routines that change a chat's messages decide on what they read under the chat's row lock, at every isolation
 * level: no plain read precedes the lock in the transaction, since under REPEATABLE READ that read would fix the
 * snapshot of all later ones. Locks are taken in the order of `locks.ts`.
 */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  // The returned message is as of its own rev: it is read before the lock is released. The participants are read
  // after that, so that a user who was removed in the meantime gets no event.
  await sql`DROP PROCEDURE IF EXISTS append_message_v2`.execute(db);
  await sql`
    CREATE PROCEDURE append_message_v2(
      IN p_chat_id BIGINT UNSIGNED,
      IN p_sender_id BIGINT UNSIGNED,
      IN p_message_id CHAR(36) CHARACTER SET ascii,
      IN p_client_message_id CHAR(36) CHARACTER SET ascii,
      IN p_message_type VARCHAR(20) CHARACTER SET ascii,
      IN p_timestamp DATETIME(3)
    )
    MODIFIES SQL DATA
    SQL SECURITY INVOKER
    BEGIN
      DECLARE v_outcome VARCHAR(20) DEFAULT 'not_participant';
      DECLARE v_seq BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_rev BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_is_direct BOOLEAN DEFAULT NULL;
      DECLARE v_id BIGINT UNSIGNED DEFAULT NULL;
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
        ELSE
          UPDATE chats SET last_seq = v_seq, rev = v_rev, updated_at = GREATEST(updated_at, p_timestamp)
            WHERE id = p_chat_id;
          UPDATE chat_participants SET last_read_seq = v_seq WHERE chat_id = p_chat_id AND user_id = p_sender_id;
          INSERT INTO message_metadata
            (chat_id, sender_id, message_id, client_message_id, seq, rev, timestamp, message_type)
            VALUES (p_chat_id, p_sender_id, p_message_id, p_client_message_id, v_seq, v_rev, p_timestamp,
                    p_message_type);
          SET v_id = LAST_INSERT_ID();
          SET v_outcome = 'appended';
        END IF;
      END IF;

      SELECT v_outcome AS outcome, m.*, u.username AS sender_username, u.is_active AS sender_is_active
        FROM (SELECT 1 AS one) AS always
        LEFT JOIN message_metadata AS m ON m.id = v_id
        LEFT JOIN users AS u ON u.id = m.sender_id;
      COMMIT;
      SELECT user_id FROM chat_participants WHERE chat_id = p_chat_id AND v_outcome = 'appended';
    END`.execute(db);

  // p_at: the time of the edit or deletion; for a restoration, the earliest deletion that it may revert. p_replaces:
  // the edit that is in force as far as the caller knows.
  await sql`DROP PROCEDURE IF EXISTS change_message_v2`.execute(db);
  await sql`
    CREATE PROCEDURE change_message_v2(
      IN p_id BIGINT UNSIGNED,
      IN p_user_id BIGINT UNSIGNED,
      IN p_kind VARCHAR(10) CHARACTER SET ascii,
      IN p_edit_id CHAR(36) CHARACTER SET ascii,
      IN p_replaces CHAR(36) CHARACTER SET ascii COLLATE ascii_bin,
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
      DECLARE v_is_deleted BOOLEAN DEFAULT NULL;
      DECLARE v_deleted_at DATETIME(3) DEFAULT NULL;
      DECLARE v_edit_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL;
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
        SELECT sender_id, is_deleted, deleted_at, edit_id INTO v_sender_id, v_is_deleted, v_deleted_at, v_edit_id
          FROM message_metadata WHERE id = p_id;
        IF v_sender_id <> p_user_id AND (p_kind = 'edit' OR NOT v_is_admin) THEN
          SET v_outcome = 'not_allowed';
        ELSEIF v_is_deleted <> (p_kind = 'restore') THEN
          SET v_outcome = 'unchanged';
        ELSEIF p_kind = 'restore' AND v_deleted_at < p_at THEN
          SET v_outcome = 'too_late';
        ELSEIF p_kind = 'edit' AND NOT (v_edit_id <=> p_replaces) THEN
          SET v_outcome = 'stale';
        ELSE
          UPDATE chats SET rev = v_rev WHERE id = v_chat_id;
          CASE p_kind
            WHEN 'edit' THEN
              UPDATE message_metadata
                SET rev = v_rev, is_edited = TRUE, edited_at = p_at, edit_id = p_edit_id WHERE id = p_id;
            WHEN 'delete' THEN
              UPDATE message_metadata SET rev = v_rev, is_deleted = TRUE, deleted_at = p_at WHERE id = p_id;
            ELSE
              UPDATE message_metadata SET rev = v_rev, is_deleted = FALSE, deleted_at = NULL WHERE id = p_id;
          END CASE;
          SET v_outcome = 'changed';
        END IF;
      END IF;

      SELECT v_outcome AS outcome, m.*, u.username AS sender_username, u.is_active AS sender_is_active
        FROM (SELECT 1 AS one) AS always
        LEFT JOIN message_metadata AS m ON m.id = p_id AND v_outcome NOT IN ('not_participant', 'not_allowed')
        LEFT JOIN users AS u ON u.id = m.sender_id;
      COMMIT;
      SELECT user_id FROM chat_participants WHERE chat_id = v_chat_id AND v_outcome = 'changed';
    END`.execute(db);

  // A read mark is bounded by the chat's last_seq, read without a lock, since it only grows: the only locked row is
  // the participant's, so that concurrent reads and sends never deadlock.
  await sql`DROP PROCEDURE IF EXISTS mark_read_v1`.execute(db);
  await sql`
    CREATE PROCEDURE mark_read_v1(
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
        ) AS unread_count
        FROM chat_participants AS mine
        WHERE mine.chat_id = p_chat_id AND mine.user_id = p_user_id AND v_end IS NOT NULL;
      SELECT user_id FROM chat_participants WHERE chat_id = p_chat_id AND v_moved;
    END`.execute(db);
};
