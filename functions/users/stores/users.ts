import { sql, type Kysely } from 'kysely';
import { hiddenFrom } from '../../platform/mysql/blocks.ts';
import { duplicateKeyOf } from '../../platform/mysql/errors.ts';
import { inTransaction } from '../../platform/mysql/mysql.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { insertNameParts, replaceNameParts } from './name-parts.ts';

export interface UserRow {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly full_name: string | null;
  readonly is_active: boolean;
  readonly created_at: Date;
  readonly last_seen: Date | null;
}

/** Whether an account is suspended. */
export interface Suspension {
  /** Until when; null for an account that never was. */
  readonly suspended_until: Date | null;
}

export interface NewUser {
  readonly username: string;
  readonly email: string;
  readonly hashed_password: string;
  readonly full_name: string | null;
  readonly created_at: Date;
}

/** Which unique key refused a row. */
export type Taken = 'username_taken' | 'email_taken';

export interface UserStore {
  /** Inserts a user. Of concurrent inserts of a name one succeeds. @returns the user, or which name is taken */
  insert(user: NewUser): Promise<UserRow | Taken>;
  /** Finds a user by user name or e-mail address, ignoring case, with the password's hash. */
  findByLogin(
    login: string,
  ): Promise<(UserRow & Suspension & { readonly hashed_password: string }) | undefined>;
  findById(id: number): Promise<UserRow | undefined>;
  /** A user as another one sees them. */
  findForViewer(
    id: number,
    viewerId: number,
  ): Promise<(UserRow & { readonly is_hidden: boolean }) | undefined>;
  /** The password hash of an active user. */
  findPasswordHash(id: number): Promise<string | undefined>;
  /** The password hash of a user, active or not: deactivating an account can be repeated. */
  findPasswordHashOfAny(id: number): Promise<string | undefined>;
  /**
   * Replaces the password hash of an active user if it is still `from`. Of concurrent changes one succeeds.
   *
   * @returns whether it was replaced
   */
  setPasswordHash(id: number, change: { readonly from: string; readonly to: string }): Promise<boolean>;
  /**
   * Moves `last_seen` of a user forward if the account is active and its password has one of these fingerprints
   * (`passwordFingerprint`), and is not suspended. Waits for a concurrent change of the password to commit.
   *
   * @returns whether the account is active with such a password, and not suspended
   */
  confirmAccess(id: number, fingerprints: readonly string[], at: Date): Promise<boolean>;
  /** Until when an account is suspended, or was; null for one that never was. */
  findSuspendedUntil(id: number): Promise<Date | null>;
  /** Which of the two names is taken, the user name first. Concurrent registrations may both find none taken. */
  findTaken(names: Pick<NewUser, 'username' | 'email'>): Promise<Taken | undefined>;
  /**
   * Updates the given fields of an active user.
   *
   * @param passwordHash when given, the update requires that the password hash is still this one
   * @returns `not_found` when the account is not active, or has another password hash
   */
  update(
    id: number,
    fields: { full_name?: string | null; email?: string },
    passwordHash?: string,
  ): Promise<'updated' | 'email_taken' | 'not_found'>;
  /** Deactivates an account. Its name stays taken. */
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

const columns = ['id', 'username', 'email', 'full_name', 'is_active', 'created_at', 'last_seen'] as const;

const laterOf = (at: Date) => sql<Date>`GREATEST(COALESCE(last_seen, ${at}), ${at})`;

const toUser = <Row extends { is_active: 0 | 1 }>(
  row: Row,
): Omit<Row, 'is_active'> & { is_active: boolean } => ({
  ...row,
  is_active: row.is_active === 1,
});

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
      return { ...visible, id, is_active: true, last_seen: null };
    } catch (error) {
      const key = duplicateKeyOf(error);
      if (key === 'uq_users_username') return 'username_taken';
      if (key === 'uq_users_email') return 'email_taken';
      throw error;
    }
  },

  findByLogin: async (login) => {
    // The columns are ASCII: no user has another text, and MySQL cannot compare it with them.
    if (!/^[\x21-\x7e]+$/.test(login)) return undefined;
    const row = await db()
      .selectFrom('users')
      .select([...columns, 'hashed_password', 'suspended_until'])
      // A user name has no @, an e-mail address has one: only one of the two unique keys can match.
      .where(login.includes('@') ? 'email' : 'username', '=', login)
      .executeTakeFirst();
    return row && toUser(row);
  },

  findById: async (id) => {
    const row = await db().selectFrom('users').select(columns).where('id', '=', id).executeTakeFirst();
    return row && toUser(row);
  },

  findForViewer: async (id, viewerId) => {
    const row = await db()
      .selectFrom('users')
      .select([...columns, hiddenFrom(viewerId, 'users.id').as('is_hidden')])
      .where('id', '=', id)
      .executeTakeFirst();
    return row && { ...toUser(row), is_hidden: row.is_hidden === 1 };
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

  setPasswordHash: async (id, { from, to }) => {
    const { numUpdatedRows } = await db()
      .updateTable('users')
      .set({ hashed_password: to })
      .where('id', '=', id)
      .where('is_active', '=', 1)
      .where('hashed_password', '=', from)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  },

  confirmAccess: async (id, fingerprints, at) => {
    if (fingerprints.length === 0) return false;
    // mysql2 counts the rows that were found, changed or not (CLIENT_FOUND_ROWS).
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
    const taken = (answer: Taken) => db().selectFrom('users').select(sql.lit(answer).as('taken'));
    const rows = await taken('username_taken')
      .where('username', '=', username)
      .unionAll(taken('email_taken').where('email', '=', email))
      .execute();
    return rows.find((row) => row.taken === 'username_taken')?.taken ?? rows[0]?.taken;
  },

  update: async (id, fields, passwordHash) => {
    if (Object.keys(fields).length === 0) return 'updated';
    try {
      return await inTransaction(db(), async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('users')
          .set(fields)
          .where('id', '=', id)
          .where('is_active', '=', 1)
          .$if(passwordHash !== undefined, (query) => query.where('hashed_password', '=', passwordHash ?? ''))
          .executeTakeFirst();
        if (numUpdatedRows !== 1n) return 'not_found';
        if (fields.full_name !== undefined) await replaceNameParts(transaction, [id]);
        return 'updated';
      });
    } catch (error) {
      if (duplicateKeyOf(error) === 'uq_users_email') return 'email_taken';
      throw error;
    }
  },

  deactivate: async (id) => {
    await inTransaction(db(), async (transaction) => {
      await transaction.updateTable('users').set({ is_active: false }).where('id', '=', id).execute();
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
