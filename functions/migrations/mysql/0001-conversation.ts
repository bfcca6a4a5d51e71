import { sql, type Kysely } from 'kysely';

/**
 * Users, chats, their participants and the messages' metadata. The SQL runs unchanged on MySQL 8.0 (Aurora
 * MySQL 3) and MariaDB 10.11.
 */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  // User names and e-mail addresses are ASCII and compared case-insensitively, by the unique keys too.
  await sql`
    CREATE TABLE IF NOT EXISTS users (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
      username VARCHAR(50) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
      email VARCHAR(254) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
      hashed_password VARCHAR(72) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      full_name VARCHAR(100) NULL,
      is_active BOOLEAN NOT NULL DEFAULT TRUE,
      created_at DATETIME(3) NOT NULL,
      last_seen DATETIME(3) NULL,
      PRIMARY KEY (id),
      UNIQUE KEY uq_users_username (username),
      UNIQUE KEY uq_users_email (email)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`.execute(db);

  await sql`
    CREATE TABLE IF NOT EXISTS chats (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
      name VARCHAR(100) NULL,
      chat_type ENUM('direct', 'group') NOT NULL,
      direct_key VARCHAR(41) CHARACTER SET ascii COLLATE ascii_bin NULL,
      created_at DATETIME(3) NOT NULL,
      updated_at DATETIME(3) NOT NULL,
      is_active BOOLEAN NOT NULL DEFAULT TRUE,
      last_seq BIGINT UNSIGNED NOT NULL DEFAULT 0,
      rev BIGINT UNSIGNED NOT NULL DEFAULT 0,
      PRIMARY KEY (id),
      UNIQUE KEY uq_chats_direct_key (direct_key)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`.execute(db);

  await sql`
    CREATE TABLE IF NOT EXISTS chat_participants (
      chat_id BIGINT UNSIGNED NOT NULL,
      user_id BIGINT UNSIGNED NOT NULL,
      joined_at DATETIME(3) NOT NULL,
      is_admin BOOLEAN NOT NULL DEFAULT FALSE,
      last_read_seq BIGINT UNSIGNED NOT NULL DEFAULT 0,
      PRIMARY KEY (chat_id, user_id),
      KEY ix_chat_participants_user (user_id, chat_id),
      CONSTRAINT fk_chat_participants_chat FOREIGN KEY (chat_id) REFERENCES chats (id),
      CONSTRAINT fk_chat_participants_user FOREIGN KEY (user_id) REFERENCES users (id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`.execute(db);

  // client_message_id is compared case-insensitively: a UUID in capitals is the same UUID.
  await sql`
    CREATE TABLE IF NOT EXISTS message_metadata (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
      chat_id BIGINT UNSIGNED NOT NULL,
      sender_id BIGINT UNSIGNED NOT NULL,
      message_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      client_message_id CHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci NULL,
      seq BIGINT UNSIGNED NOT NULL,
      rev BIGINT UNSIGNED NOT NULL,
      timestamp DATETIME(3) NOT NULL,
      message_type VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'text',
      is_edited BOOLEAN NOT NULL DEFAULT FALSE,
      is_deleted BOOLEAN NOT NULL DEFAULT FALSE,
      edited_at DATETIME(3) NULL,
      deleted_at DATETIME(3) NULL,
      PRIMARY KEY (id),
      UNIQUE KEY uq_message_metadata_message (message_id),
      UNIQUE KEY uq_message_metadata_seq (chat_id, seq),
      UNIQUE KEY uq_message_metadata_client_message (chat_id, sender_id, client_message_id),
      KEY ix_message_metadata_rev (chat_id, rev),
      KEY ix_message_metadata_visible (chat_id, is_deleted, seq, sender_id),
      KEY ix_message_metadata_sender (sender_id),
      CONSTRAINT fk_message_metadata_chat FOREIGN KEY (chat_id) REFERENCES chats (id),
      CONSTRAINT fk_message_metadata_sender FOREIGN KEY (sender_id) REFERENCES users (id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`.execute(db);

  // The whole transaction of a send in one round trip. It takes the chat's row lock first, which serializes all sends
  // of a chat: `seq` numbers have no gaps, and a retry always sees the message that it repeats. It returns two result
  // sets: the outcome with the message, and the chat's current participants.
  await sql`DROP PROCEDURE IF EXISTS append_message_v1`.execute(db);
  await sql`
    CREATE PROCEDURE append_message_v1(
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
      DECLARE v_id BIGINT UNSIGNED DEFAULT NULL;
      DECLARE EXIT HANDLER FOR SQLEXCEPTION
      BEGIN
        ROLLBACK;
        RESIGNAL;
      END;

      START TRANSACTION;
      SELECT last_seq + 1, rev + 1 INTO v_seq, v_rev FROM chats WHERE id = p_chat_id AND is_active FOR UPDATE;

      IF EXISTS (SELECT 1 FROM chat_participants WHERE chat_id = p_chat_id AND user_id = p_sender_id)
         AND v_seq IS NOT NULL THEN
        IF p_client_message_id IS NOT NULL THEN
          SELECT id INTO v_id FROM message_metadata
            WHERE chat_id = p_chat_id AND sender_id = p_sender_id AND client_message_id = p_client_message_id;
        END IF;
        IF v_id IS NOT NULL THEN
          SET v_outcome = 'duplicate';
        ELSE
          UPDATE chats SET last_seq = v_seq, rev = v_rev, updated_at = GREATEST(updated_at, p_timestamp)
            WHERE id = p_chat_id;
          INSERT INTO message_metadata
            (chat_id, sender_id, message_id, client_message_id, seq, rev, timestamp, message_type)
            VALUES (p_chat_id, p_sender_id, p_message_id, p_client_message_id, v_seq, v_rev, p_timestamp,
                    p_message_type);
          SET v_id = LAST_INSERT_ID();
          UPDATE chat_participants SET last_read_seq = v_seq WHERE chat_id = p_chat_id AND user_id = p_sender_id;
          SET v_outcome = 'appended';
        END IF;
      END IF;
      COMMIT;

      SELECT v_outcome AS outcome, m.*, u.username AS sender_username, u.is_active AS sender_is_active
        FROM (SELECT 1 AS one) AS always
        LEFT JOIN message_metadata AS m ON m.id = v_id
        LEFT JOIN users AS u ON u.id = m.sender_id;
      SELECT user_id FROM chat_participants WHERE chat_id = p_chat_id AND v_outcome = 'appended';
    END`.execute(db);
};
