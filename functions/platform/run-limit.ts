import type { Clock } from './clock.ts';

/**
 * Time limit of a job's run, in milliseconds. Lambda kills a run after 15 minutes, together with any unsaved
 * progress. A run stops well before that and leaves the rest to the next one.
 */
const RUN_MS = 8 * 60 * 1000;

/** The time limit of a run that began at `started`, in milliseconds since 1970. */
export const runEnd = (started: Date): number => started.getTime() + RUN_MS;

/** Returns a function that tells whether a job's run is over its time limit; the job calls it between batches. */
export const runLimit =
  (started: Date, clock: Clock): (() => boolean) =>
  () =>
    clock().getTime() >= runEnd(started);

/** The result of repairing data that older code stored. */
export interface Repair {
  /** How many rows were repaired. */
  readonly repaired: number;
  /** Whether everything has been repaired. */
  readonly complete: boolean;
}

/**
 * Repeats a batch of a job until no work is left or the time limit is reached, and at least once, so that every run
 * makes progress.
 *
 * @param batch returns whether work may be left
 * @returns whether no work is left; if false, the next run continues
 */
export const inBatches = async (isOver: () => boolean, batch: () => Promise<boolean>): Promise<boolean> => {
  while (await batch()) if (isOver()) return false;
  return true;
};
