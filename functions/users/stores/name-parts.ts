import { sql, type Kysely } from 'kysely';
import type { JobPosition } from '../../platform/mysql/job-progress.ts';
import { inTransaction } from '../../platform/mysql/mysql.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { inBatches, type Repair } from '../../platform/run-limit.ts';
import { namePartsOf } from '../../text/name-parts.ts';

interface NamedUser {
  readonly id: number;
  readonly username: string;
  readonly full_name: string | null;
}

const partsOf = (user: NamedUser) =>
  namePartsOf(user).map(({ part, isStart }) => ({ user_id: user.id, part, is_start: isStart }));

const wantedParts = (user: NamedUser & { readonly is_active: 0 | 1 }) =>
  user.is_active === 0 ? [] : partsOf(user);

/** Inserts the search index of a user whom this transaction has inserted: there are no parts yet to lock or delete. */
export const insertNameParts = async (transaction: Kysely<Database>, user: NamedUser): Promise<void> => {
  const parts = partsOf(user);
  if (parts.length > 0) await transaction.insertInto('user_name_parts').values(parts).execute();
};

const keyOf = ({ user_id, is_start, part }: { user_id: number; is_start: 0 | 1 | boolean; part: string }) =>
  `${user_id} ${Number(is_start)} ${part}`;

/**
 * Replaces the search index of users by their current names; deactivated users have none. Runs in the transaction
 * that changed the users: since it holds their row locks, the parts of the later of two changes win.
 */
export const replaceNameParts = async (
  transaction: Kysely<Database>,
  ids: readonly number[],
): Promise<void> => {
  if (ids.length === 0) return;
  const users = await transaction
    .selectFrom('users')
    .select(['id', 'username', 'full_name', 'is_active'])
    .where('id', 'in', ids)
    .orderBy('id')
    .forUpdate()
    .execute();
  await transaction.deleteFrom('user_name_parts').where('user_id', 'in', ids).execute();
  const parts = users.flatMap(wantedParts);
  if (parts.length > 0) await transaction.insertInto('user_name_parts').values(parts).execute();
};

/** How many users are checked at a time. */
const BATCH = 500;

const JOB = 'repair-name-parts';

/** Repairs the users of a batch whose parts differ from their names. @returns how many were repaired */
const repairBatch = async (
  db: Kysely<Database>,
  users: readonly (NamedUser & { readonly is_active: 0 | 1 })[],
): Promise<number> => {
  const [first, last] = [users[0], users.at(-1)];
  if (first === undefined || last === undefined) return 0;
  const { rows } = await sql<{ user_id: number; is_start: 0 | 1; part: string }>`
    SELECT user_id, is_start, part FROM user_name_parts
    WHERE user_id >= ${first.id} AND user_id <= ${last.id}`.execute(db);
  const present = Map.groupBy(rows, (row) => row.user_id);
  const wanting = users
    .filter((user) => {
      const wanted = new Set(wantedParts(user).map(keyOf));
      const there = present.get(user.id) ?? [];
      return there.length !== wanted.size || there.some((row) => !wanted.has(keyOf(row)));
    })
    .map(({ id }) => id);
  await inTransaction(db, (transaction) => replaceNameParts(transaction, wanting));
  return wanting.length;
};

/**
 * Checks the search index of every user, and replaces parts that differ from the user's names: those of users whom
 * older code stored, or who existed before the table. Starts after the user whom the last run checked last, and wraps
 * around at the end.
 *
 * @param isOver called after each batch: whether to stop and leave the rest to another run
 */
export const repairNameParts = async (
  db: Kysely<Database>,
  jobs: JobPosition,
  isOver: () => boolean,
): Promise<Repair> => {
  const start = await jobs.findPosition(JOB);
  let repaired = 0;
  let after = start;
  let upTo = Number.MAX_SAFE_INTEGER;
  const complete = await inBatches(isOver, async () => {
    const users = await db
      .selectFrom('users')
      .select(['id', 'username', 'full_name', 'is_active'])
      .where('id', '>', after)
      .where('id', '<=', upTo)
      .orderBy('id')
      .limit(BATCH)
      .execute();
    const last = users.at(-1);
    if (last === undefined) {
      // Wraps around once, unless this run started at the beginning.
      const goesAround = upTo > start && start > 0;
      [after, upTo] = [0, start];
      return goesAround;
    }
    repaired += await repairBatch(db, users);
    after = last.id;
    await jobs.savePosition(JOB, after);
    return after < upTo;
  });
  return { repaired, complete };
};
