import { sql, type Kysely } from 'kysely';
import type { Database } from '../platform/mysql/schema.ts';

/** By which the service's functions log in to MySQL. */
export interface AppUser {
  readonly user: string;
  readonly password: string;
}

/**
 * Makes the user of the functions, who may read and write rows and call routines, and may neither make, change nor drop
 * anything. One that is there gets this password, so that a secret that was changed comes into force.
 *
 * @param db a connection of the schema's owner, who may make users and pass these rights on
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
