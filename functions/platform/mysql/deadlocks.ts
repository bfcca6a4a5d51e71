/** InnoDB's errors after which the transaction may simply be made again. */
const ER_LOCK_WAIT_TIMEOUT = 1205;
const ER_LOCK_DEADLOCK = 1213;

/** Whether InnoDB gave a transaction up for the sake of another one: nothing of it is stored. */
export const isDeadlock = (error: unknown): boolean => {
  const { errno } = (error ?? {}) as { errno?: unknown };
  return errno === ER_LOCK_DEADLOCK || errno === ER_LOCK_WAIT_TIMEOUT;
};

const MAX_ATTEMPTS = 5;

/** Grows with each attempt, and differs for those who got into each other's way. */
const backOff = (attempt: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, Math.random() * 10 * attempt);
  });

/**
 * Runs a transaction again when InnoDB ended it to resolve a deadlock, or when it waited for a lock too long.
 *
 * @param transaction a whole one: a statement that commits by itself, a `CALL` of a routine that is one, or a callback
 * that rolls back when it fails
 */
export const retryOnDeadlock = async <T>(transaction: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction();
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isDeadlock(error)) throw error;
      await backOff(attempt);
    }
  }
};
