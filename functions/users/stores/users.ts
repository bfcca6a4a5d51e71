import { sql, type Kysely } from 'kysely';
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

export interface NewUser {
  readonly username: string;
  readonly email: string;
  readonly hashed_password: string;
  readonly full_name: string | null;
  readonly created_at: Date;
}

/** What a unique key refused. */
export type Taken = 'username_taken' | 'email_taken';

export interface UserStore {
  /** Adds a user, or says which unique key refused it; of two at once the database lets one in. */
  insert(user: NewUser): Promise<UserRow | Taken>;
  /** The user of that name or e-mail address, compared without regard to case, with the password's hash. */
  findByLogin(login: string): Promise<(UserRow & { readonly hashed_password: string }) | undefined>;
  findById(id: number): Promise<UserRow | undefined>;
  /** The hash of an active user's password. */
  findPasswordHash(id: number): Promise<string | undefined>;
  /** The hash of a user's password, also when the account is deactivated: deactivating can be repeated. */
  findPasswordHashOfAny(id: number): Promise<string | undefined>;
  /**
   * Replaces the password's hash of an active user if it is still `from`: of several changes at once one succeeds.
   *
   * @returns whether it was replaced
   */
  setPasswordHash(id: number, change: { readonly from: string; readonly to: string }): Promise<boolean>;
  /**
   * Whether the account is active and its password one of those with these fingerprints (`passwordFingerprint`); if so,
   * moves `last_seen` forward. It waits for a change of the password that is being committed.
   */
  confirmAccess(id: number, fingerprints: readonly string[], at: Date): Promise<boolean>;
  /** Which of the two somebody has, the name first. Two inserts at once may both find nothing. */
  findTaken(names: Pick<NewUser, 'username' | 'email'>): Promise<Taken | undefined>;
  /**
   * Changes what is given.
   *
   * @param passwordHash when given, the password has still to be this one
   * @returns whether the e-mail address was free, and the account active and with this password
   */
  update(
    id: number,
    fields: { full_name?: string | null; email?: string },
    passwordHash?: string,
  ): Promise<'updated' | 'email_taken' | 'not_found'>;
  /** Marks an account as gone; nobody else can take its name. */
  deactivate(id: number): Promise<void>;
  /** Deactivated accounts of which it is not noted that they have departed, by ascending id behind one. */
  listDeparting(afterId: number, limit: number): Promise<number[]>;
  /** Notes that a deactivated account has left all of its groups, and has no session. */
  setDeparted(id: number, at: Date): Promise<void>;
  /** Those of the given ids that are active users. */
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
    // The columns are ASCII: other text is nobody's, and MySQL could not even compare it.
    if (!/^[\x21-\x7e]+$/.test(login)) return undefined;
    const row = await db()
      .selectFrom('users')
      .select([...columns, 'hashed_password'])
      // A user name has no @, an e-mail address has one: only one of the two unique keys can match.
      .where(login.includes('@') ? 'email' : 'username', '=', login)
      .executeTakeFirst();
    return row && toUser(row);
  },

  findById: async (id) => {
    const row = await db().selectFrom('users').select(columns).where('id', '=', id).executeTakeFirst();
    return row && toUser(row);
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
      .executeTakeFirst();
    return numUpdatedRows === 1n;
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
