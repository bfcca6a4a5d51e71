import { sql, type Kysely } from 'kysely';

/**
 * The index for searches of users: each user's names, folded, once from the start of each word. In code point order,
 * so that all entries with a common prefix are one range of the primary key. Filled after this migration, and by a
 * job, for users who register while older code still serves.
 */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql`
    CREATE TABLE IF NOT EXISTS user_name_parts (
      is_start BOOLEAN NOT NULL,
      part VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
      user_id BIGINT UNSIGNED NOT NULL,
      PRIMARY KEY (is_start, part, user_id),
      KEY ix_user_name_parts_user (user_id, part),
      CONSTRAINT fk_user_name_parts_user FOREIGN KEY (user_id) REFERENCES users (id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`.execute(db);
};
