import type { Clock } from './clock.ts';

/**
 * Lambda ends a run after 15 minutes, with whatever it had not saved. A run stops well before that and leaves the rest to
 * the next one.
 */
const RUN_MS = 8 * 60 * 1000;

/** When the time of a run that started then is over, in milliseconds since 1970. */
export const runEnd = (started: Date): number => started.getTime() + RUN_MS;

/** Whether the time of a run of a job is over, for the job to ask between its batches. */
export const runLimit =
  (started: Date, clock: Clock): (() => boolean) =>
  () =>
    clock().getTime() >= runEnd(started);

/** What came of putting in order what older code stored. */
export interface Repair {
  /** Of how many rows it was not as it is to be. */
  readonly repaired: number;
  /** Whether nothing is left. */
  readonly complete: boolean;
}

/**
 * Repeats a batch of a job until nothing is left or the time is over, and once at least, so that every run gets on.
 *
 * @param batch returns whether something may be left
 * @returns whether nothing is left; if not, the next run continues
 */
export const inBatches = async (isOver: () => boolean, batch: () => Promise<boolean>): Promise<boolean> => {
  while (await batch()) if (isOver()) return false;
  return true;
};
