import { sql, type RawBuilder } from 'kysely';

/** Whether a ban is in force at a time, of a table alias of `chat_bans`: until it ends, also while its row stays. */
export const inForce = (ban: string, at: Date): RawBuilder<boolean> => {
  const until = sql.ref(`${ban}.until`);
  return sql`(${until} IS NULL OR ${until} > ${at})`;
};
