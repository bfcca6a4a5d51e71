import { sql, type RawBuilder } from 'kysely';

/**
 * A condition: whether a ban (a table alias of `chat_bans`) is active at the given time. The row of an ended ban may
 * still exist.
 */
export const isBanActive = (ban: string, at: Date): RawBuilder<boolean> => {
  const until = sql.ref(`${ban}.until`);
  return sql`(${until} IS NULL OR ${until} > ${at})`;
};
