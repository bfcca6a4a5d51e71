import { sql, type Kysely } from 'kysely';
import type { Database } from './schema.ts';
import { duplicateKeyOf, retryOnDeadlock } from './errors.ts';
import { replaceNameParts } from './name-parts.ts';

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

export interface UserRepository {
  /** Adds a user, or says which unique key refused it; of two at once the database lets one in. */
  insert(user: NewUser): Promise<UserRow | Taken>;
  /** The user of that name or e-mail address, compared without regard to case, with the password's hash. */
  findByLogin(login: string): Promise<(UserRow & { readonly hashed_password: string }) | undefined>;
  findById(id: number): Promise<UserRow | undefined>;
  /** The hash of an active user's password. */
  findPasswordHash(id: number): Promise<string | undefined>;
  setPasswordHash(id: number, hash: string): Promise<void>;
  /** Changes what is given. @returns whether the e-mail address was free */
  update(
    id: number,
    fields: { full_name?: string | null; email?: string },
  ): Promise<'updated' | 'email_taken'>;
  /** Marks an account as gone; nobody else can take its name. */
  deactivate(id: number): Promise<void>;
  /** Those of the given ids that are active users. */
  findActiveIds(ids: readonly number[]): Promise<number[]>;
  /** Moves `last_seen` forward, never back. */
  touchLastSeen(id: number, at: Date): Promise<void>;
}

const columns = ['id', 'username', 'email', 'full_name', 'is_active', 'created_at', 'last_seen'] as const;

const toUser = <Row extends { is_active: 0 | 1 }>(
  row: Row,
): Omit<Row, 'is_active'> & { is_active: boolean } => ({
  ...row,
  is_active: row.is_active === 1,
});

export const createUserRepository = (db: () => Kysely<Database>): UserRepository => ({
  insert: async (user) => {
    try {
      const id = await retryOnDeadlock(() =>
        db()
          .transaction()
          .execute(async (transaction) => {
            const result = await transaction
              .insertInto('users')
              .values({ ...user, is_active: true })
              .executeTakeFirstOrThrow();
            await replaceNameParts(transaction, [Number(result.insertId)]);
            return Number(result.insertId);
          }),
      );
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

  setPasswordHash: async (id, hash) => {
    await db().updateTable('users').set({ hashed_password: hash }).where('id', '=', id).execute();
  },

  update: async (id, fields) => {
    if (Object.keys(fields).length === 0) return 'updated';
    try {
      await retryOnDeadlock(() =>
        db()
          .transaction()
          .execute(async (transaction) => {
            await transaction
              .updateTable('users')
              .set(fields)
              .where('id', '=', id)
              .where('is_active', '=', 1)
              .execute();
            if (fields.full_name !== undefined) await replaceNameParts(transaction, [id]);
          }),
      );
      return 'updated';
    } catch (error) {
      if (duplicateKeyOf(error) === 'uq_users_email') return 'email_taken';
      throw error;
    }
  },

  deactivate: async (id) => {
    await retryOnDeadlock(() =>
      db()
        .transaction()
        .execute(async (transaction) => {
          await transaction.updateTable('users').set({ is_active: false }).where('id', '=', id).execute();
          await replaceNameParts(transaction, [id]);
        }),
    );
  },

  touchLastSeen: async (id, at) => {
    await db()
      .updateTable('users')
      .set({ last_seen: sql<Date>`GREATEST(COALESCE(last_seen, ${at}), ${at})` })
      .where('id', '=', id)
      .execute();
  },
});
