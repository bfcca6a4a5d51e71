/** The time since `startedAt` (from `performance.now()`) in seconds, as text for people. */
export const secondsSince = (startedAt: number): string =>
  ((performance.now() - startedAt) / 1000).toFixed(1);
