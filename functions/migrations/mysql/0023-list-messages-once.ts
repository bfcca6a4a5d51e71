import { sql, type Kysely } from 'kysely';

/** A page of messages by offset together with the total, checked against membership: one round trip instead of two. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  // Like list_messages_v2, with the total first and then the page; no result sets when the user is not in the chat.
  // The page is unordered: to sort these rows, MariaDB copies them into a table on disk, since mentions are a BLOB.
  await sql`DROP PROCEDURE IF EXISTS list_messages_v3`.execute(db);
  await sql`
    CREATE PROCEDURE list_messages_v3(
      IN p_chat_id BIGINT UNSIGNED,
      IN p_user_id BIGINT UNSIGNED,
      IN p_limit INT UNSIGNED,
      IN p_offset BIGINT UNSIGNED
    )
    READS SQL DATA
    SQL SECURITY INVOKER
    BEGIN
      DECLARE v_top BIGINT DEFAULT NULL;
      DECLARE v_skipped BIGINT DEFAULT p_offset;
      DECLARE v_deleted BIGINT DEFAULT 0;

      SELECT chats.last_seq INTO v_top
        FROM chat_participants AS mine
        JOIN chats ON chats.id = mine.chat_id
        WHERE mine.chat_id = p_chat_id AND mine.user_id = p_user_id AND chats.is_active = 1;

      IF v_top IS NOT NULL THEN
        -- A chat's numbers have no gaps: only the deleted messages are counted, and subtracted.
        SELECT v_top - COUNT(*) AS total FROM message_metadata FORCE INDEX (ix_message_metadata_visible)
          WHERE chat_id = p_chat_id AND is_deleted = 1;

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

        SELECT m.*, sender.username AS sender_username, sender.is_active AS sender_is_active,
            target.id AS target_id, target.message_id AS target_message_id, target.seq AS target_seq,
            target.rev AS target_rev, target.edit_id AS target_edit_id, target.is_deleted AS target_is_deleted,
            target.sender_id AS target_sender_id, target_sender.username AS target_sender_username,
            target_sender.is_active AS target_sender_is_active,
            IF(m.has_mentions, (
              SELECT GROUP_CONCAT(user_id ORDER BY position) FROM message_mentions WHERE message_row_id = m.id
            ), NULL) AS mentions
          FROM (
            SELECT id FROM message_metadata FORCE INDEX (ix_message_metadata_visible)
              WHERE chat_id = p_chat_id AND is_deleted = 0 AND seq <= v_top
              ORDER BY seq DESC LIMIT p_limit OFFSET v_skipped
          ) AS page
          STRAIGHT_JOIN message_metadata AS m ON m.id = page.id
          STRAIGHT_JOIN users AS sender ON sender.id = m.sender_id
          LEFT JOIN message_metadata AS target ON target.id = m.reply_to_id
          LEFT JOIN users AS target_sender ON target_sender.id = target.sender_id;
      END IF;
    END`.execute(db);
};
