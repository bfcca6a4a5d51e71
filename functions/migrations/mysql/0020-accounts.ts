import { sql, type Kysely } from 'kysely';
import { hasColumn } from './existing.ts';

/** Verified e-mail addresses, tokens sent by mail, and second factors. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  if (!(await hasColumn(db, 'users', 'email_verified'))) {
    await sql`ALTER TABLE users ADD COLUMN email_verified BOOLEAN NOT NULL DEFAULT FALSE`.execute(db);
  }

  // One row per user and purpose: a new token replaces the previous one. Their number is bounded by the number of
  // users, so no job removes them.
  await sql`
    CREATE TABLE IF NOT EXISTS account_tokens (
      user_id BIGINT UNSIGNED NOT NULL,
      purpose VARCHAR(15) CHARACTER SET ascii NOT NULL,
      token_hash CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      email VARCHAR(254) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
      expires_at DATETIME(3) NOT NULL,
      PRIMARY KEY (user_id, purpose),
      UNIQUE KEY uq_account_tokens_token_hash (token_hash),
      CONSTRAINT fk_account_tokens_user FOREIGN KEY (user_id) REFERENCES users (id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`.execute(db);

  // last_step is the time step (RFC 6238) of the last accepted code: each code is accepted once.
  await sql`
    CREATE TABLE IF NOT EXISTS second_factors (
      user_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
      secret VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      last_step BIGINT UNSIGNED NOT NULL DEFAULT 0,
      confirmed_at DATETIME(3) NULL,
      CONSTRAINT fk_second_factors_user FOREIGN KEY (user_id) REFERENCES users (id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`.execute(db);

  await sql`
    CREATE TABLE IF NOT EXISTS recovery_codes (
      user_id BIGINT UNSIGNED NOT NULL,
      code_hash CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      PRIMARY KEY (user_id, code_hash),
      CONSTRAINT fk_recovery_codes_user FOREIGN KEY (user_id) REFERENCES users (id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`.execute(db);
};
