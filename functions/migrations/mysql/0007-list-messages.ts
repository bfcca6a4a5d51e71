import { sql, type Kysely } from 'kysely';

/** Pages of messages by offset, in one round trip, without reading the messages before the page. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  // A chat's `seq` numbers have no gaps, so skipping n numbers skips n messages minus the deleted ones among them.
  // These are counted on the index, and that many visible messages remain to be skipped: again by number, until few
  // remain, or until most of the numbers belong to deleted messages, where skipping visible messages costs less.
  await sql`DROP PROCEDURE IF EXISTS list_messages_v1`.execute(db);
  await sql`
    CREATE PROCEDURE list_messages_v1(
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

      SELECT m.*, sender.username AS sender_username, sender.is_active AS sender_is_active
        FROM (
          SELECT seq FROM message_metadata FORCE INDEX (ix_message_metadata_visible)
            WHERE chat_id = p_chat_id AND is_deleted = 0 AND seq <= v_top
            ORDER BY seq DESC LIMIT p_limit OFFSET v_skipped
        ) AS page
        STRAIGHT_JOIN message_metadata AS m ON m.chat_id = p_chat_id AND m.seq = page.seq
        STRAIGHT_JOIN users AS sender ON sender.id = m.sender_id
        ORDER BY m.seq DESC;
    END`.execute(db);
};
