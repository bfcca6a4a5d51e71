import { sql, type Kysely } from 'kysely';
import { hasColumn } from './existing.ts';

/** The table of reactions, and the routine that changes one reaction in one round trip. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  // `first_rev` is the same in all rows of an emoji on a message: the `rev` of the first reaction with this emoji. It
  // orders a message's emoji, and stays when that first reaction is removed while others remain, so that a client
  // that applies events arrives at the same order. `rev` is the reaction's own.
  await sql`
    CREATE TABLE IF NOT EXISTS message_reactions (
      message_row_id BIGINT UNSIGNED NOT NULL,
      emoji VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
      user_id BIGINT UNSIGNED NOT NULL,
      chat_id BIGINT UNSIGNED NOT NULL,
      first_rev BIGINT UNSIGNED NOT NULL,
      rev BIGINT UNSIGNED NOT NULL,
      created_at DATETIME(3) NOT NULL,
      PRIMARY KEY (message_row_id, emoji, user_id),
      KEY ix_message_reactions_rev (message_row_id, rev),
      KEY ix_message_reactions_user (user_id),
      CONSTRAINT fk_message_reactions_message FOREIGN KEY (message_row_id) REFERENCES message_metadata (id),
      CONSTRAINT fk_message_reactions_user FOREIGN KEY (user_id) REFERENCES users (id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`.execute(db);

  // Saves the look-up: most messages have no reactions.
  if (!(await hasColumn(db, 'message_metadata', 'has_reactions'))) {
    await sql`ALTER TABLE message_metadata ADD COLUMN has_reactions BOOLEAN NOT NULL DEFAULT FALSE`.execute(
      db,
    );
  }

  // The returned reactions are as of the message's `rev`: they are read before the lock is released. A reaction to a
  // deleted message can be removed, and then does not return when the message is restored. Nobody sees that change,
  // so it takes no rev.
  await sql`DROP PROCEDURE IF EXISTS react_v1`.execute(db);
  await sql`
    CREATE PROCEDURE react_v1(
      IN p_id BIGINT UNSIGNED,
      IN p_user_id BIGINT UNSIGNED,
      IN p_emoji VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
      IN p_is_added BOOLEAN,
      IN p_most INT UNSIGNED,
      IN p_at DATETIME(3)
    )
    MODIFIES SQL DATA
    SQL SECURITY INVOKER
    BEGIN
      DECLARE v_outcome VARCHAR(20) DEFAULT 'not_participant';
      DECLARE v_chat_id BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_rev BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_is_deleted BOOLEAN DEFAULT NULL;
      DECLARE v_count BIGINT UNSIGNED DEFAULT 0;
      DECLARE v_first_rev BIGINT UNSIGNED DEFAULT NULL;
      DECLARE v_is_there BOOLEAN DEFAULT FALSE;
      DECLARE v_emoji_count BIGINT UNSIGNED DEFAULT 0;
      DECLARE EXIT HANDLER FOR SQLEXCEPTION
      BEGIN
        ROLLBACK;
        RESIGNAL;
      END;

      -- A message never moves to another chat: this may be read ahead, outside of the transaction.
      SELECT chat_id INTO v_chat_id FROM message_metadata WHERE id = p_id;

      START TRANSACTION;
      SELECT rev + 1 INTO v_rev FROM chats WHERE id = v_chat_id AND is_active FOR UPDATE;

      IF v_rev IS NOT NULL
         AND EXISTS (SELECT 1 FROM chat_participants WHERE chat_id = v_chat_id AND user_id = p_user_id) THEN
        SELECT is_deleted INTO v_is_deleted FROM message_metadata WHERE id = p_id;
        SELECT COUNT(*), MIN(first_rev), COALESCE(MAX(user_id = p_user_id), FALSE)
          INTO v_count, v_first_rev, v_is_there
          FROM message_reactions WHERE message_row_id = p_id AND emoji = p_emoji;
        SELECT COUNT(DISTINCT emoji) INTO v_emoji_count FROM message_reactions WHERE message_row_id = p_id;

        IF p_is_added AND v_is_deleted THEN
          SET v_outcome = 'deleted';
        ELSEIF p_is_added = v_is_there THEN
          SET v_outcome = 'unchanged';
        ELSEIF p_is_added AND v_count = 0 AND v_emoji_count >= p_most THEN
          SET v_outcome = 'too_many';
        ELSE
          IF p_is_added THEN
            INSERT INTO message_reactions (message_row_id, emoji, user_id, chat_id, first_rev, rev, created_at)
              VALUES (p_id, p_emoji, p_user_id, v_chat_id, COALESCE(v_first_rev, v_rev), v_rev, p_at);
            SET v_count = v_count + 1;
          ELSE
            DELETE FROM message_reactions
              WHERE message_row_id = p_id AND emoji = p_emoji AND user_id = p_user_id;
            SET v_count = v_count - 1;
          END IF;
          UPDATE message_metadata
            SET rev = IF(v_is_deleted, rev, v_rev),
              has_reactions = EXISTS (SELECT 1 FROM message_reactions WHERE message_row_id = p_id)
            WHERE id = p_id;
          IF v_is_deleted THEN
            SET v_outcome = 'unchanged';
          ELSE
            UPDATE chats SET rev = v_rev WHERE id = v_chat_id;
            SET v_outcome = 'changed';
          END IF;
        END IF;
      END IF;

      SELECT v_outcome AS outcome, v_chat_id AS chat_id, m.rev, v_count AS emoji_count
        FROM (SELECT 1 AS one) AS always
        LEFT JOIN message_metadata AS m ON m.id = p_id AND v_outcome IN ('changed', 'unchanged');
      SELECT emoji, COUNT(*) AS count, MAX(user_id = p_user_id) AS me FROM message_reactions
        WHERE message_row_id = p_id AND v_outcome IN ('changed', 'unchanged') AND NOT v_is_deleted
        GROUP BY emoji ORDER BY MIN(first_rev);
      COMMIT;
      SELECT user_id FROM chat_participants WHERE chat_id = v_chat_id AND v_outcome = 'changed';
    END`.execute(db);
};
