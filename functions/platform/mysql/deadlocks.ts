import { setTimeout as sleep } from 'node:timers/promises';

/** InnoDB's errors after which a transaction can be retried. */
const ER_LOCK_WAIT_TIMEOUT = 1205;
const ER_LOCK_DEADLOCK = 1213;

/** Whether InnoDB rolled back a transaction in favour of another one, so that nothing of it is stored. */
export const isDeadlock = (error: unknown): boolean => {
  const { errno } = (error ?? {}) as { errno?: unknown };
  return errno === ER_LOCK_DEADLOCK || errno === ER_LOCK_WAIT_TIMEOUT;
};

const MAX_ATTEMPTS = 5;

/** Waits a random time that grows with each attempt, so that colliding transactions do not collide again. */
const backOff = (attempt: number): Promise<void> => sleep(Math.random() * 10 * attempt);

/**
 * Retries a transaction that InnoDB rolled back to resolve a deadlock, or that waited for a lock too long.
 *
 * @param transaction a complete transaction: a statement that commits by itself, a `CALL` of a routine that is one
 * transaction, or a callback that rolls back when it fails
 * @throws the error of the last of `MAX_ATTEMPTS` attempts, or any other error at once
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
