import { randomInt } from 'node:crypto';
import * as fc from 'fast-check';
import { openArena } from './arena.ts';
import { playPushFaults } from './push-scenario.ts';
import { play } from './run.ts';
import { schedule } from './schedule.ts';

export interface TortureOptions {
  /** Determines the schedules; random by default, and printed. */
  readonly seed?: number;
  readonly runs: number;
  /** The number of steps in a schedule. */
  readonly steps: number;
  /** Whether to look for a shorter failing schedule; true by default. */
  readonly isShrinking?: boolean;
  readonly log: (line: string) => void;
}

/** The time limit for shrinking a failed schedule. */
const SHRINKING_MS = 5 * 60_000;

/**
 * Plays every known way in which a push can be lost or duplicated, and then random schedules, on one service.
 *
 * @throws Error with the seed and the shortest failing schedule
 */
export const torture = async ({
  seed = randomInt(2 ** 31),
  runs,
  steps,
  isShrinking = true,
  log,
}: TortureOptions): Promise<void> => {
  log(`Seed ${seed}: ${runs} schedules of up to ${steps} steps`);
  const arena = await openArena();
  let played = 0;
  try {
    await playPushFaults(arena);
    log('  Each way to lose or double a push: as it should be');
    await fc.assert(
      fc.asyncProperty(schedule(steps), async (list) => {
        const startedAt = performance.now();
        let outcome = 'as it should be';
        try {
          await play(arena, list);
        } catch (error) {
          outcome = error instanceof Error ? error.message : String(error);
          throw error;
        } finally {
          played += 1;
          const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
          log(`  ${played}: ${list.length} steps in ${seconds} s, ${outcome}`);
        }
      }),
      {
        seed,
        numRuns: runs,
        endOnFailure: !isShrinking,
        interruptAfterTimeLimit: runs * 60_000 + SHRINKING_MS,
        markInterruptAsFailure: false,
      },
    );
  } finally {
    await arena.stop();
  }
};
