import { sql, type Kysely } from 'kysely';
import { exchangeAvatar, type AvatarRefusal } from '../../platform/mysql/avatars.ts';
import { duplicateKeyOf } from '../../platform/mysql/errors.ts';
import { inTransaction } from '../../platform/mysql/mysql.ts';
import {
  personColumns,
  toPerson,
  type PersonRow,
  type PersonSelection,
} from '../../platform/mysql/people.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { insertNameParts, replaceNameParts } from './name-parts.ts';

export interface UserRow {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly full_name: string | null;
  readonly avatar_id: string | null;
  readonly is_active: boolean;
  readonly created_at: Date;
  readonly last_seen: Date | null;
  readonly email_verified: boolean;
  /** Whether log-ins also require a code. */
  readonly totp_enabled: boolean;
}

/** The properties of a user that a log-in needs. */
export interface LoginUser extends UserRow, Suspension {
  readonly hashed_password: string;
  /** The second factor, if it is confirmed. */
  readonly second_factor: { readonly secret: string; readonly lastStep: number } | undefined;
}

/** The suspension of an account. */
export interface Suspension {
  /** The end of the suspension; null for an account that was never suspended. */
  readonly suspended_until: Date | null;
}

export interface NewUser {
  readonly username: string;
  readonly email: string;
  readonly hashed_password: string;
  readonly full_name: string | null;
  readonly created_at: Date;
}

/** The unique key that was violated. */
export type TakenName = 'username_taken' | 'email_taken';

/** The outcome of a change to a user's avatar. */
export type AvatarChange =
  | {
      readonly outcome: 'changed';
      /** The previous avatar; null when there was none, or it is the same. */
      readonly replacedId: string | null;
    }
  | { readonly outcome: AvatarRefusal | 'not_active' };

export interface UserStore {
  /**
   * Inserts a user. Of concurrent inserts of the same name only one succeeds. @returns the user, or which name is
   * taken
   */
  insert(user: NewUser): Promise<UserRow | TakenName>;
  /** Finds a user by user name or e-mail address, ignoring case, with everything that a log-in checks. */
  findByLogin(login: string): Promise<LoginUser | undefined>;
  findById(id: number): Promise<UserRow | undefined>;
  /** An active user as the viewer sees them. */
  findForViewer(id: number, viewerId: number): Promise<PersonRow | undefined>;
  /** The password hash of an active user. */
  findPasswordHash(id: number): Promise<string | undefined>;
  /** The password hash of a user, active or not, since the deletion of an account can be repeated. */
  findPasswordHashOfAny(id: number): Promise<string | undefined>;
  /**
   * Replaces the password hash of an active user if it is still `from`, and deletes the tokens that were sent to the
   * user by mail. Of concurrent changes only one succeeds.
   *
   * @returns whether it was replaced
   */
  setPasswordHash(id: number, change: { readonly from: string; readonly to: string }): Promise<boolean>;
  /**
   * Moves `last_seen` of a user forward if the account is active and not suspended, and its password has one of these
   * fingerprints (`passwordFingerprint`). Waits for a concurrent change of the password to commit.
   *
   * @returns whether the account is active with such a password, and not suspended
   */
  confirmAccess(id: number, fingerprints: readonly string[], at: Date): Promise<boolean>;
  /** The end of an account's current or past suspension; null for one that was never suspended. */
  findSuspendedUntil(id: number): Promise<Date | null>;
  /**
   * Which of the two names is taken; the user name is checked first. Concurrent registrations may both find none
   * taken.
   */
  findTaken(names: Pick<NewUser, 'username' | 'email'>): Promise<TakenName | undefined>;
  /**
   * Updates the given fields of an active user. A new e-mail address is unverified, and invalidates the tokens that
   * were sent to the previous one.
   *
   * @param read what was read of the account: the update requires that these fields are still the same
   * @returns `not_found` when the account is not active, or one of these fields has changed
   */
  update(
    id: number,
    fields: { full_name?: string | null; email?: string },
    read?: { readonly passwordHash?: string | undefined; readonly email?: string | undefined },
  ): Promise<'updated' | 'email_taken' | 'not_found'>;
  /**
   * Sets or removes a user's avatar. Removing works for deactivated accounts, too.
   *
   * @param avatarId `attachment_id` of a file of the user's
   */
  setAvatar(id: number, avatarId: string | null): Promise<AvatarChange>;
  /**
   * Deactivates an account, and deletes what only its user could use. Its name stays taken, and so does its e-mail
   * address if it was verified. An unverified address is replaced by a placeholder, since it may belong to somebody
   * else. Idempotent.
   */
  deactivate(id: number): Promise<void>;
  /** Lists deactivated accounts that have not been recorded as departed, by ascending id after `afterId`. */
  listDeparting(afterId: number, limit: number): Promise<number[]>;
  /** Records that a deactivated account has left all of its groups and has no session. */
  setDeparted(id: number, at: Date): Promise<void>;
  /** Which of the ids are active users. */
  findActiveIds(ids: readonly number[]): Promise<number[]>;
  /** Moves an active user's `last_seen` forward, never back. */
  touchLastSeen(id: number, at: Date): Promise<void>;
}

const columns = [
  'users.id',
  'users.username',
  'users.email',
  'users.full_name',
  'users.avatar_id',
  'users.is_active',
  'users.created_at',
  'users.last_seen',
  'users.email_verified',
] as const;

/**
 * The placeholder for an unverified address of a deactivated account. Addresses in the contract cannot contain a
 * colon, so nobody can register with it.
 */
const placeholderEmail = (id: number): string => `deleted:${id}@account.invalid`;

const laterOf = (at: Date) => sql<Date>`GREATEST(COALESCE(last_seen, ${at}), ${at})`;

type Flags = 'is_active' | 'email_verified' | 'totp_enabled';

const toUser = <Row extends Record<Flags, 0 | 1>>(row: Row): Omit<Row, Flags> & Record<Flags, boolean> => ({
  ...row,
  is_active: row.is_active === 1,
  email_verified: row.email_verified === 1,
  totp_enabled: row.totp_enabled === 1,
});

/** A column: whether the user has a confirmed second factor. */
const totpEnabled = sql<0 | 1>`factor.user_id IS NOT NULL`.as('totp_enabled');

/** Users, each with their confirmed second factor, if any. */
const withFactors = (db: Kysely<Database>) =>
  db
    .selectFrom('users')
    .leftJoin('second_factors as factor', (join) =>
      join.onRef('factor.user_id', '=', 'users.id').on('factor.confirmed_at', 'is not', null),
    )
    .select([...columns, totpEnabled]);

export const createUserStore = (db: () => Kysely<Database>): UserStore => ({
  insert: async (user) => {
    try {
      const id = await inTransaction(db(), async (transaction) => {
        const result = await transaction
          .insertInto('users')
          .values({ ...user, is_active: true })
          .executeTakeFirstOrThrow();
        const insertedId = Number(result.insertId);
        await insertNameParts(transaction, { ...user, id: insertedId });
        return insertedId;
      });
      const { hashed_password: _, ...visible } = user;
      return {
        ...visible,
        id,
        avatar_id: null,
        is_active: true,
        last_seen: null,
        email_verified: false,
        totp_enabled: false,
      };
    } catch (error) {
      const key = duplicateKeyOf(error);
      if (key === 'uq_users_username') return 'username_taken';
      if (key === 'uq_users_email') return 'email_taken';
      throw error;
    }
  },

  findByLogin: async (login) => {
    // The columns are ASCII: no user has a non-ASCII name, and MySQL cannot compare one with them.
    if (!/^[\x21-\x7e]+$/.test(login)) return undefined;
    const row = await withFactors(db())
      .select(['users.hashed_password', 'factor.secret', 'factor.last_step', 'users.suspended_until'])
      // A user name has no @, an e-mail address has one: only one of the two unique keys can match.
      .where(login.includes('@') ? 'users.email' : 'users.username', '=', login)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const { secret, last_step: lastStep, ...user } = row;
    return {
      ...toUser(user),
      second_factor: secret === null || lastStep === null ? undefined : { secret, lastStep },
    };
  },

  findById: async (id) => {
    const row = await withFactors(db()).where('users.id', '=', id).executeTakeFirst();
    return row && toUser(row);
  },

  findForViewer: async (id, viewerId) => {
    const { rows } = await sql<PersonSelection>`
      SELECT ${personColumns('users', viewerId)} FROM users WHERE id = ${id} AND is_active = 1`.execute(db());
    return rows[0] && toPerson(rows[0]);
  },

  findActiveIds: async (ids) => {
    if (ids.length === 0) return [];
    const rows = await db()
      .selectFrom('users')
      .select('id')
      .where('id', 'in', ids)
      .where('is_active', '=', 1)
      .execute();
    return rows.map((row) => row.id);
  },

  findPasswordHash: async (id) => {
    const row = await db()
      .selectFrom('users')
      .select('hashed_password')
      .where('id', '=', id)
      .where('is_active', '=', 1)
      .executeTakeFirst();
    return row?.hashed_password;
  },

  findPasswordHashOfAny: async (id) => {
    const row = await db()
      .selectFrom('users')
      .select('hashed_password')
      .where('id', '=', id)
      .executeTakeFirst();
    return row?.hashed_password;
  },

  setPasswordHash: (id, { from, to }) =>
    inTransaction(db(), async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('users')
        .set({ hashed_password: to })
        .where('id', '=', id)
        .where('is_active', '=', 1)
        .where('hashed_password', '=', from)
        .executeTakeFirst();
      if (numUpdatedRows !== 1n) return false;
      await transaction.deleteFrom('account_tokens').where('user_id', '=', id).execute();
      return true;
    }),

  confirmAccess: async (id, fingerprints, at) => {
    if (fingerprints.length === 0) return false;
    // mysql2 counts matched rows, changed or not (CLIENT_FOUND_ROWS).
    const { numUpdatedRows } = await db()
      .updateTable('users')
      .set({ last_seen: laterOf(at) })
      .where('id', '=', id)
      .where('is_active', '=', 1)
      .where(sql<string>`SHA2(hashed_password, 256)`, 'in', fingerprints)
      .where((eb) => eb.or([eb('suspended_until', 'is', null), eb('suspended_until', '<=', at)]))
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },

  findSuspendedUntil: async (id) => {
    const row = await db()
      .selectFrom('users')
      .select('suspended_until')
      .where('id', '=', id)
      .executeTakeFirst();
    return row?.suspended_until ?? null;
  },

  findTaken: async ({ username, email }) => {
    const taken = (answer: TakenName) => db().selectFrom('users').select(sql.lit(answer).as('taken'));
    const rows = await taken('username_taken')
      .where('username', '=', username)
      .unionAll(taken('email_taken').where('email', '=', email))
      .execute();
    return rows.find((row) => row.taken === 'username_taken')?.taken ?? rows[0]?.taken;
  },

  update: async (id, { email, ...fields }, read = {}) => {
    if (email === undefined && Object.keys(fields).length === 0) return 'updated';
    // MySQL evaluates assignments from left to right: the comparison still sees the previous address.
    const ofEmail =
      email === undefined
        ? {}
        : { email_verified: sql<boolean>`IF(email = ${email}, email_verified, FALSE)`, email };
    try {
      return await inTransaction(db(), async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('users')
          .set({ ...fields, ...ofEmail })
          .where('id', '=', id)
          .where('is_active', '=', 1)
          .$if(read.passwordHash !== undefined, (query) =>
            query.where('hashed_password', '=', read.passwordHash ?? ''),
          )
          .$if(read.email !== undefined, (query) => query.where('email', '=', read.email ?? ''))
          .executeTakeFirst();
        if (numUpdatedRows !== 1n) return 'not_found';
        if (fields.full_name !== undefined) await replaceNameParts(transaction, [id]);
        if (email !== undefined) {
          await transaction
            .deleteFrom('account_tokens')
            .where('user_id', '=', id)
            .where('email', '!=', email)
            .execute();
        }
        return 'updated';
      });
    } catch (error) {
      if (duplicateKeyOf(error) === 'uq_users_email') return 'email_taken';
      throw error;
    }
  },

  setAvatar: (id, avatarId) =>
    inTransaction(db(), async (transaction) => {
      const user = await transaction
        .selectFrom('users')
        .select(['avatar_id', 'is_active'])
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirst();
      if (user === undefined || (avatarId !== null && user.is_active === 0)) return { outcome: 'not_active' };
      if (user.avatar_id === avatarId) return { outcome: 'changed', replacedId: null };
      const exchanged = await exchangeAvatar(transaction, id, { from: user.avatar_id, to: avatarId });
      if (exchanged !== 'exchanged') return { outcome: exchanged };
      await transaction.updateTable('users').set({ avatar_id: avatarId }).where('id', '=', id).execute();
      return { outcome: 'changed', replacedId: user.avatar_id };
    }),

  deactivate: async (id) => {
    await inTransaction(db(), async (transaction) => {
      await transaction
        .updateTable('users')
        .set({ is_active: false, email: sql<string>`IF(email_verified, email, ${placeholderEmail(id)})` })
        .where('id', '=', id)
        .execute();
      for (const table of ['account_tokens', 'second_factors', 'recovery_codes'] as const) {
        await transaction.deleteFrom(table).where('user_id', '=', id).execute();
      }
      await replaceNameParts(transaction, [id]);
    });
  },

  listDeparting: async (afterId, limit) => {
    const rows = await db()
      .selectFrom('users')
      .select('id')
      .where('is_active', '=', 0)
      .where('departed_at', 'is', null)
      .where('id', '>', afterId)
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map((row) => row.id);
  },

  setDeparted: async (id, at) => {
    await db()
      .updateTable('users')
      .set({ departed_at: at })
      .where('id', '=', id)
      .where('is_active', '=', 0)
      .execute();
  },

  touchLastSeen: async (id, at) => {
    await db()
      .updateTable('users')
      .set({ last_seen: laterOf(at) })
      .where('id', '=', id)
      .where('is_active', '=', 1)
      .execute();
  },
});
