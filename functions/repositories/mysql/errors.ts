const errnoOf = (error: unknown): number | undefined => {
  const { errno } = (error ?? {}) as { errno?: unknown };
  return typeof errno === 'number' ? errno : undefined;
};

/**
 * The unique key that refused a row (ER_DUP_ENTRY), or undefined for any other error. MySQL writes
 * `table.key` where MariaDB writes `key`.
 */
export const duplicateKeyOf = (error: unknown): string | undefined => {
  if (errnoOf(error) !== 1062) return undefined;
  const { sqlMessage } = error as { sqlMessage?: string };
  return /for key '(?:[^'.]*\.)?([^'.]+)'/.exec(sqlMessage ?? '')?.[1];
};

/** The foreign key's row is not there (ER_NO_REFERENCED_ROW_2). */
export const isMissingReference = (error: unknown): boolean => errnoOf(error) === 1452;

const MAX_ATTEMPTS = 4;

/**
 * Runs a transaction again when InnoDB ended it to resolve a deadlock (1213) or a lock was waited for too
 * long (1205): both have rolled everything back.
 */
export const retryOnDeadlock = async <T>(transaction: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction();
    } catch (error) {
      const errno = errnoOf(error);
      if (attempt === MAX_ATTEMPTS || (errno !== 1213 && errno !== 1205)) throw error;
    }
  }
};
