import type { Clock } from './clock.ts';

/**
 * Makes a reader that reads once, at its first call. Callers that come meanwhile share the read. One that failed is not
 * remembered: the next caller reads again.
 */
export const once = <T>(read: () => Promise<T>): (() => Promise<T>) => {
  let reading: Promise<T> | undefined;
  return () => {
    // Cleared by its own failure alone, before a caller hears of it: no newer read can be under way by then.
    reading ??= read().catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    return reading;
  };
};

/**
 * As `once`, for what may be replaced: reads again when the last read was begun `ms` ago, in milliseconds, or earlier.
 *
 * @throws the error of that read; what was read before is not answered any more
 */
export const refreshed = <T>(read: () => Promise<T>, ms: number, clock: Clock): (() => Promise<T>) => {
  let known: { readonly reading: Promise<T>; readonly begunAtMs: number } | undefined;
  return () => {
    const now = clock().getTime();
    if (known === undefined || now - known.begunAtMs >= ms) {
      const reading = read().catch((error: unknown) => {
        // While Lambda had frozen this read, a newer one may have been begun.
        if (known?.reading === reading) known = undefined;
        throw error;
      });
      known = { reading, begunAtMs: now };
    }
    return known.reading;
  };
};
