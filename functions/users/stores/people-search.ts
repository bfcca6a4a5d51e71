import { sql, type Kysely, type RawBuilder } from 'kysely';
import {
  personColumns,
  toPerson,
  type PersonRow,
  type PersonSelection,
} from '../../platform/mysql/people.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import { LATER_PARTS_MAX, queryNameParts } from '../../text/name-parts.ts';

/** How many users who match the rarest word are checked for the other words of a query. */
const CANDIDATES_MAX = 5_000;

/** To find the rarest word of a query, the users of each word are counted up to this number. */
const COUNTED_MAX = 200;

/** How many parts per user begin a name: one of the user name and one of the full name. */
const STARTS_MAX = 2;

/**
 * A condition: whether a column begins with a text, as a range of code points. Not `LIKE`, because its range ends at
 * U+FFFF on MariaDB, which excludes names that continue with an emoji, and `%` and `_` would need escaping.
 */
const beginsWith = (column: string, text: string): RawBuilder<unknown> =>
  sql`${sql.ref(column)} >= ${text} AND ${sql.ref(column)} < ${`${text}\u{10FFFF}`}`;

/** The search for users: a store of its own, so that only the function that searches bundles it. */
export interface PeopleStore {
  /** Finds active users by prefixes of the words in their names: see `searchPeople`. */
  search(text: string, limit: number, viewerId: number): Promise<PersonRow[]>;
}

export const createPeopleStore = (db: () => Kysely<Database>): PeopleStore => ({
  search: async (text, limit, viewerId) => (await searchPeople(db(), text, limit, viewerId)).map(toPerson),
});

/**
 * Finds active users by prefixes of the words in their names, in this order:
 *
 * 1. users whose user name or full name begins with the text, by that name
 * 2. users in whose names a later word begins with the text, by that word
 * 3. users whose names contain all words of the text, by user name
 *
 * Each step reads a range of an index, up to a bound that follows from the limit.
 *
 * @param text as typed: `%` and `_` have no special meaning
 * @param limit how many users are found at most
 * @param viewerId the user from whom some of them may hide their presence
 */
const searchPeople = async (
  db: Kysely<Database>,
  text: string,
  limit: number,
  viewerId: number,
): Promise<PersonSelection[]> => {
  const userColumns = personColumns('u', viewerId);
  const { whole, parts } = queryNameParts(text);
  if (whole === '') return [];
  const found = new Map<number, PersonSelection>();
  const add = (rows: readonly PersonSelection[]): void => {
    for (const row of rows) if (found.size < limit && !found.has(row.id)) found.set(row.id, row);
  };

  const listByName = async (isStart: 0 | 1, rowsOfOne: number): Promise<void> => {
    const { rows } = await sql<PersonSelection>`
      SELECT ${userColumns}
      FROM user_name_parts AS p FORCE INDEX (PRIMARY)
      STRAIGHT_JOIN users AS u ON u.id = p.user_id
      WHERE p.is_start = ${isStart} AND ${beginsWith('p.part', whole)} AND u.is_active = 1
      ORDER BY p.part, p.user_id
      LIMIT ${limit * rowsOfOne}`.execute(db);
    add(rows);
  };
  await listByName(1, STARTS_MAX);
  if (found.size < limit) await listByName(0, LATER_PARTS_MAX);
  if (found.size === limit || parts.length === 1) return [...found.values()];

  const withPart = (part: string, most: number): RawBuilder<unknown> => sql`
    (SELECT user_id FROM user_name_parts FORCE INDEX (PRIMARY)
      WHERE is_start = 1 AND ${beginsWith('part', part)} LIMIT ${most})
    UNION
    (SELECT user_id FROM user_name_parts FORCE INDEX (PRIMARY)
      WHERE is_start = 0 AND ${beginsWith('part', part)} LIMIT ${most})`;
  const counts = await Promise.all(
    parts.map(async (part) => {
      const { rows } = await sql<{ people: number }>`
        SELECT COUNT(*) AS people FROM (${withPart(part, COUNTED_MAX)}) AS candidate`.execute(db);
      return { part, people: rows[0]?.people ?? 0 };
    }),
  );
  const [rarest, ...others] = counts.toSorted((a, b) => a.people - b.people);
  if (rarest === undefined || rarest.people === 0) return [...found.values()];
  const { rows } = await sql<PersonSelection>`
    SELECT ${userColumns}
    FROM (${withPart(rarest.part, CANDIDATES_MAX)}) AS candidate
    STRAIGHT_JOIN users AS u ON u.id = candidate.user_id
    WHERE u.is_active = 1 AND ${sql.join(
      others.map(
        ({ part }) => sql`EXISTS (
          SELECT 1 FROM user_name_parts AS other FORCE INDEX (ix_user_name_parts_user)
          WHERE other.user_id = candidate.user_id AND ${beginsWith('other.part', part)})`,
      ),
      sql` AND `,
    )}
    ORDER BY u.username LIMIT ${limit}`.execute(db);
  add(rows);
  return [...found.values()];
};
