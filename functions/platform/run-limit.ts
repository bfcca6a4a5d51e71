import type { Clock } from './clock.ts';

/**
 * Lambda ends a run after 15 minutes, with whatever it had not saved. A run stops well before that and leaves the rest to
 * the next one.
 */
const RUN_MS = 8 * 60 * 1000;

/** Whether the time of a run of a job is over, for the job to ask between its batches. */
export const runLimit =
  (started: Date, clock: Clock): (() => boolean) =>
  () =>
    clock().getTime() - started.getTime() > RUN_MS;
