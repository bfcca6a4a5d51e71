import type { Kysely } from 'kysely';
import { inTransaction } from '../../platform/mysql/mysql.ts';
import type { Database } from '../../platform/mysql/schema.ts';

/** A stored second factor. */
export interface SecondFactor {
  /** Sealed by `SecretBox`. */
  readonly secret: string;
  /** The time step of the last accepted code; 0 before the first. */
  readonly lastStep: number;
  /** Whether log-ins require a code. */
  readonly isConfirmed: boolean;
}

export interface SecondFactorStore {
  find(userId: number): Promise<SecondFactor | undefined>;
  /**
   * Stores an unconfirmed factor and replaces any other unconfirmed one, provided that the user is active and the
   * password hash is still the one that was verified. The latter prevents that somebody who is losing the account to
   * a password change begins a factor at the same moment.
   */
  begin(
    userId: number,
    secret: string,
    passwordHash: string,
  ): Promise<'begun' | 'confirmed_before' | 'other_password'>;
  /**
   * Confirms a factor and stores the hashes of its recovery codes. Of concurrent callers only one succeeds.
   *
   * @returns false when it is confirmed already, or another factor has replaced it
   */
  confirm(
    userId: number,
    factor: { readonly secret: string; readonly step: number; readonly at: Date },
    codeHashes: readonly string[],
  ): Promise<boolean>;
  /**
   * Uses up the code of a time step. Of concurrent callers only one succeeds.
   *
   * @returns false when a code of this or a later step was used already, or another factor has replaced this one
   */
  consumeStep(userId: number, secret: string, step: number): Promise<boolean>;
  /** Uses up a recovery code. Of concurrent callers only one succeeds. @returns whether the code existed */
  consumeRecoveryCode(userId: number, codeHash: string): Promise<boolean>;
  /**
   * Removes a factor and its recovery codes, if it is still in the state that was read.
   *
   * @returns false when it was confirmed or replaced meanwhile, or is gone
   */
  remove(userId: number, factor: Pick<SecondFactor, 'secret' | 'isConfirmed'>): Promise<boolean>;
}

export const createSecondFactorStore = (db: () => Kysely<Database>): SecondFactorStore => ({
  find: async (userId) => {
    const row = await db()
      .selectFrom('second_factors')
      .select(['secret', 'last_step', 'confirmed_at'])
      .where('user_id', '=', userId)
      .executeTakeFirst();
    return row && { secret: row.secret, lastStep: row.last_step, isConfirmed: row.confirmed_at !== null };
  },

  begin: (userId, secret, passwordHash) =>
    inTransaction(db(), async (transaction) => {
      // Locks the user's row: before the first factor exists, two concurrent calls would find no row to lock.
      const user = await transaction
        .selectFrom('users')
        .select(['is_active', 'hashed_password'])
        .where('id', '=', userId)
        .forUpdate()
        .executeTakeFirst();
      if (user?.is_active !== 1 || user.hashed_password !== passwordHash) return 'other_password';
      const row = await transaction
        .selectFrom('second_factors')
        .select('confirmed_at')
        .where('user_id', '=', userId)
        .executeTakeFirst();
      if (row !== undefined && row.confirmed_at !== null) return 'confirmed_before';
      const factor = { secret, last_step: 0, confirmed_at: null };
      await transaction
        .insertInto('second_factors')
        .values({ user_id: userId, ...factor })
        .onDuplicateKeyUpdate(factor)
        .execute();
      return 'begun';
    }),

  confirm: (userId, { secret, step, at }, codeHashes) =>
    inTransaction(db(), async (transaction) => {
      await transaction.selectFrom('users').select('id').where('id', '=', userId).forUpdate().execute();
      const { numUpdatedRows } = await transaction
        .updateTable('second_factors')
        .set({ confirmed_at: at, last_step: step })
        .where('user_id', '=', userId)
        .where('secret', '=', secret)
        .where('confirmed_at', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows !== 1n) return false;
      await transaction.deleteFrom('recovery_codes').where('user_id', '=', userId).execute();
      await transaction
        .insertInto('recovery_codes')
        .values(codeHashes.map((hash) => ({ user_id: userId, code_hash: hash })))
        .execute();
      return true;
    }),

  consumeStep: async (userId, secret, step) => {
    const { numUpdatedRows } = await db()
      .updateTable('second_factors')
      .set({ last_step: step })
      .where('user_id', '=', userId)
      .where('secret', '=', secret)
      .where('confirmed_at', 'is not', null)
      .where('last_step', '<', step)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },

  consumeRecoveryCode: async (userId, codeHash) => {
    const { numDeletedRows } = await db()
      .deleteFrom('recovery_codes')
      .where('user_id', '=', userId)
      .where('code_hash', '=', codeHash)
      .executeTakeFirst();
    return numDeletedRows === 1n;
  },

  remove: (userId, { secret, isConfirmed }) =>
    inTransaction(db(), async (transaction) => {
      await transaction.selectFrom('users').select('id').where('id', '=', userId).forUpdate().execute();
      const { numDeletedRows } = await transaction
        .deleteFrom('second_factors')
        .where('user_id', '=', userId)
        .where('secret', '=', secret)
        .where('confirmed_at', isConfirmed ? 'is not' : 'is', null)
        .executeTakeFirst();
      if (numDeletedRows !== 1n) return false;
      await transaction.deleteFrom('recovery_codes').where('user_id', '=', userId).execute();
      return true;
    }),
});
