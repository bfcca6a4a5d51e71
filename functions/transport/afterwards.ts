import { loggedError, logger } from '../platform/logger.ts';
import { runWithDeadline } from '../platform/run-with-deadline.ts';

/** Work that follows from the result of a request and cannot change its response: usually publishing its events. */
export type Afterwards = () => Promise<void>;

/**
 * How long the response waits for that work at most, in milliseconds. It waits at all because Lambda may freeze a
 * function that has responded.
 */
const LONGEST_MS = 6000;

/**
 * Runs the work that follows from a result. Never throws: neither an error nor a hang changes the response. Errors
 * are logged here; a client that missed an event sees the gap in `rev` and syncs.
 */
export const doAfterwards = async (route: string, afterwards: Afterwards | undefined): Promise<void> => {
  if (afterwards === undefined) return;
  try {
    await runWithDeadline(LONGEST_MS, afterwards, () => new Error(`Not done within ${LONGEST_MS} ms`));
  } catch (error) {
    logger.error('A result stands, but not everything that follows from it was done', {
      route,
      error: loggedError(error),
    });
  }
};
