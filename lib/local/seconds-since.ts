/** The time since a moment on the clock of `performance.now()`, in seconds, for a person to read. */
export const secondsSince = (startedAt: number): string =>
  ((performance.now() - startedAt) / 1000).toFixed(1);
