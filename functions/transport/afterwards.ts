import { loggedError, logger } from '../platform/logger.ts';

/** What is still to do once the result of a request stands: who is told of it, mostly. */
export type Afterwards = () => Promise<void>;

/** An answer waits for it no longer than this: Lambda may freeze a function as soon as it has answered. */
const LONGEST_MS = 6000;

/**
 * Does what is still to do. The result stands: nothing that fails here, or never ends, changes the answer. The one place
 * where such errors end; whoever missed an event sees the gap in `rev` and syncs.
 */
export const doAfterwards = async (route: string, afterwards: Afterwards | undefined): Promise<void> => {
  if (afterwards === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not done within ${LONGEST_MS} ms`)), LONGEST_MS);
  });
  try {
    await Promise.race([afterwards(), tooLong]);
  } catch (error) {
    logger.error('A result stands, but not everything that follows from it was done', {
      route,
      error: loggedError(error),
    });
  } finally {
    clearTimeout(timer);
  }
};
