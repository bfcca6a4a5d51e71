import type { Kysely, RawBuilder } from 'kysely';
import type { Database } from './schema.ts';

/**
 * Calls a stored routine.
 *
 * @param call the statement `CALL …`
 * @returns the routine's result sets, an array of rows each, whose types the caller knows from the migration
 */
export const callRoutine = async <ResultSets>(
  db: Kysely<Database>,
  call: RawBuilder<unknown>,
): Promise<ResultSets> => {
  const { rows } = await call.execute(db);
  // A CALL returns an array of result sets where a SELECT returns an array of rows.
  return rows as unknown as ResultSets;
};
