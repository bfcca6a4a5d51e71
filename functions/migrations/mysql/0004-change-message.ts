import { sql, type Kysely } from 'kysely';

/** Changes a message in one round trip, like a send. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  // It takes the chat's row lock first, as in every transaction that takes a rev; later reads see what the previous
  // transaction committed. The message is read before the lock is released, so that it is returned as of this rev.
  await sql`DROP PROCEDURE IF EXISTS change_message_v1`.execute(db);
  await sql`
    CREATE PROCEDURE change_message_v1(
      IN p_id BIGINT UNSIGNED,
      IN p_user_id BIGINT UNSIGNED,
      IN p_kind VARCHAR(10) CHARACTER SET ascii,
      IN p_edit_id CHAR(36) CHARACTER SET ascii,
      IN p_at DATETIME(3)
    )
    MODIFIES SQL DATA
    SQL SECURITY INVOKER
    BEGIN
      DECLARE v_outcome VARCHAR(20) DEFAULT 'not_participant';
      DECLARE v_chat_id BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_rev BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_is_deleted BOOLEAN DEFAULT NULL;
      DECLARE EXIT HANDLER FOR SQLEXCEPTION
      BEGIN
        ROLLBACK;
        RESIGNAL;
      END;

      START TRANSACTION;
      SELECT chat_id INTO v_chat_id FROM message_metadata WHERE id = p_id;
      SELECT rev + 1 INTO v_rev FROM chats WHERE id = v_chat_id AND is_active FOR UPDATE;

      IF EXISTS (SELECT 1 FROM chat_participants WHERE chat_id = v_chat_id AND user_id = p_user_id)
         AND v_rev IS NOT NULL THEN
        SELECT is_deleted INTO v_is_deleted FROM message_metadata WHERE id = p_id;
        IF v_is_deleted <> (p_kind = 'restore') THEN
          SET v_outcome = 'unchanged';
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
        LEFT JOIN message_metadata AS m ON m.id = p_id AND v_outcome <> 'not_participant'
        LEFT JOIN users AS u ON u.id = m.sender_id;
      SELECT user_id FROM chat_participants WHERE chat_id = v_chat_id AND v_outcome = 'changed';
      COMMIT;
    END`.execute(db);
};
