import type { Kysely } from 'kysely';
import { inTransaction } from '../../platform/mysql/mysql.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import type { TokenPurpose } from '../account-tokens.ts';

/** The recipient of a mail. */
export interface Recipient {
  readonly userId: number;
  readonly username: string;
  readonly email: string;
}

export interface NewToken {
  readonly purpose: TokenPurpose;
  readonly hash: string;
  readonly expiresAt: Date;
}

/** The tokens sent by mail, stored by hash: at most one per user and purpose. */
export interface AccountTokenStore {
  /** Finds an active user whose address has not been verified. */
  findUnverified(userId: number): Promise<Recipient | undefined>;
  /** Finds the active user with an e-mail address, ignoring case. */
  findByEmail(email: string): Promise<Recipient | undefined>;
  /**
   * Stores a token for an active user and replaces the previous one.
   *
   * @returns whether it was stored: false when the user's e-mail address has changed meanwhile
   */
  put(to: Recipient, token: NewToken): Promise<boolean>;
  /** The user of a token, if the token is valid at `now`. Only a pre-check: using the token decides. */
  findHolder(purpose: TokenPurpose, hash: string, now: Date): Promise<number | undefined>;
  /**
   * Uses a token to verify an e-mail address. Of concurrent callers only one succeeds. @returns whether the token was
   * valid
   */
  verifyEmail(hash: string, now: Date): Promise<boolean>;
  /**
   * Uses a token to set the hash of a password. Of concurrent callers only one succeeds. Deletes all tokens of the
   * user, and marks the address as verified, since the token was sent there. When the address was not verified
   * before, removes the second factor too: whoever set it up may not own the address.
   *
   * @returns the user's id, or undefined when the token was invalid
   */
  resetPassword(hash: string, passwordHash: string, now: Date): Promise<number | undefined>;
}

const FACTOR_TABLES = ['second_factors', 'recovery_codes'] as const;

const columns = ['id as userId', 'username', 'email'] as const;

export const createAccountTokenStore = (db: () => Kysely<Database>): AccountTokenStore => {
  const activeUsers = () => db().selectFrom('users').select(columns).where('is_active', '=', 1);

  const findHolder: AccountTokenStore['findHolder'] = async (purpose, hash, now) => {
    const row = await db()
      .selectFrom('account_tokens')
      .select('user_id')
      .where('token_hash', '=', hash)
      .where('purpose', '=', purpose)
      .where('expires_at', '>', now)
      .executeTakeFirst();
    return row?.user_id;
  };

  /** Uses a token. Locks the user's row first, as all code does that changes a user and their tokens. */
  const spend = async (
    purpose: TokenPurpose,
    hash: string,
    now: Date,
    change: { readonly hashed_password?: string },
  ): Promise<number | undefined> => {
    const userId = await findHolder(purpose, hash, now);
    if (userId === undefined) return undefined;
    return inTransaction(db(), async (transaction) => {
      const user = await transaction
        .selectFrom('users')
        .select(['email', 'email_verified'])
        .where('id', '=', userId)
        .where('is_active', '=', 1)
        .forUpdate()
        .executeTakeFirst();
      if (user === undefined) return undefined;
      const { numDeletedRows } = await transaction
        .deleteFrom('account_tokens')
        .where('user_id', '=', userId)
        .where('purpose', '=', purpose)
        .where('token_hash', '=', hash)
        .where('expires_at', '>', now)
        // A token that was sent to another address proves nothing about this one.
        .where('email', '=', user.email)
        .executeTakeFirst();
      if (numDeletedRows !== 1n) return undefined;
      await transaction
        .updateTable('users')
        .set({ ...change, email_verified: true })
        .where('id', '=', userId)
        .execute();
      if (change.hashed_password !== undefined) {
        const outdated = ['account_tokens', ...(user.email_verified === 0 ? FACTOR_TABLES : [])] as const;
        for (const table of outdated) {
          await transaction.deleteFrom(table).where('user_id', '=', userId).execute();
        }
      }
      return userId;
    });
  };

  return {
    findUnverified: (userId) =>
      activeUsers().where('id', '=', userId).where('email_verified', '=', 0).executeTakeFirst(),

    // The column is ASCII, so no user has a non-ASCII address, and MySQL cannot compare the column with one.
    findByEmail: async (email) =>
      /^[\x21-\x7e]+$/.test(email) ? activeUsers().where('email', '=', email).executeTakeFirst() : undefined,

    put: (to, { purpose, hash, expiresAt }) =>
      inTransaction(db(), async (transaction) => {
        const user = await transaction
          .selectFrom('users')
          .select('id')
          .where('id', '=', to.userId)
          .where('is_active', '=', 1)
          .where('email', '=', to.email)
          .forUpdate()
          .executeTakeFirst();
        if (user === undefined) return false;
        const token = { token_hash: hash, email: to.email, expires_at: expiresAt };
        await transaction
          .insertInto('account_tokens')
          .values({ user_id: to.userId, purpose, ...token })
          .onDuplicateKeyUpdate(token)
          .execute();
        return true;
      }),

    findHolder,

    verifyEmail: async (hash, now) => (await spend('verification', hash, now, {})) !== undefined,

    resetPassword: (hash, passwordHash, now) => spend('reset', hash, now, { hashed_password: passwordHash }),
  };
};
