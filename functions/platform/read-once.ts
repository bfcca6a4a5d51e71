import type { Clock } from './clock.ts';

/**
 * Creates a reader that reads once, on its first call. Concurrent callers share the read. A failed read is not
 * cached: the next caller reads again.
 */
export const readOnce = <T>(read: () => Promise<T>): (() => Promise<T>) => {
  let reading: Promise<T> | undefined;
  return () => {
    // Cleared before any caller sees the failure, so no newer read can be in flight yet.
    reading ??= read().catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    return reading;
  };
};

/**
 * Like `readOnce`, for values that may be replaced: reads again when the last read began `ms` milliseconds ago or
 * earlier.
 *
 * @throws the error of that read, rather than returning the previous value
 */
export const readAtMostEvery = <T>(read: () => Promise<T>, ms: number, clock: Clock): (() => Promise<T>) => {
  let known: { readonly reading: Promise<T>; readonly begunAtMs: number } | undefined;
  return () => {
    const now = clock().getTime();
    if (known === undefined || now - known.begunAtMs >= ms) {
      const reading = read().catch((error: unknown) => {
        // While Lambda had the execution environment frozen during this read, a newer read may have begun.
        if (known?.reading === reading) known = undefined;
        throw error;
      });
      known = { reading, begunAtMs: now };
    }
    return known.reading;
  };
};
