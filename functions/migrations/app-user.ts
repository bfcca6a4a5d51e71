import { sql, type Kysely } from 'kysely';
import type { Database } from '../platform/mysql/schema.ts';

/** The MySQL user of the service's functions. */
export interface AppUser {
  readonly user: string;
  readonly password: string;
}

/**
 * Creates the functions' MySQL user, who may read and write rows and call routines, and may not create, alter or drop
 * anything. An existing user gets this password, so that a changed secret takes effect.
 *
 * @param db a connection of the schema's owner, who may create users and grant these rights
 */
export const grantAppUser = async (
  db: Kysely<Database>,
  database: string,
  { user, password }: AppUser,
): Promise<void> => {
  await sql`CREATE USER IF NOT EXISTS ${user}@'%' IDENTIFIED BY ${password}`.execute(db);
  await sql`ALTER USER ${user}@'%' IDENTIFIED BY ${password}`.execute(db);
  await sql`GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON ${sql.id(database)}.* TO ${user}@'%'`.execute(
    db,
  );
};
