/** A function that runs by the clock. */
export interface ScheduleDefinition {
  readonly functionName: string;
  readonly intervalMs: number;
  readonly input: unknown;
}

/** Node's timers end at 24.8 days, and take a longer one for none at all; no start of this cloud lasts that long. */
const LONGEST_MS = 2 ** 31 - 1;

/** A machine is seldom on for a day: what runs once a day also runs soon after the start. */
const FIRST_RUN_MS = 60_000;
/** One after the other: to load a function takes a tenth of a second of a core, which people wait for who write. */
const APART_MS = 10_000;

/**
 * EventBridge Scheduler for one machine. A run that takes longer than its interval leaves out the next ones.
 *
 * @param invoke what runs a function; its failure is logged, and the next run tries again
 * @returns a function that ends it; a run that is under way is not waited for
 */
export const startScheduler = ({
  schedules,
  invoke,
  log,
}: {
  readonly schedules: readonly ScheduleDefinition[];
  readonly invoke: (functionName: string, input: unknown) => Promise<unknown>;
  readonly log: (line: string) => void;
}): (() => void) => {
  let stopped = false;
  const timers = schedules.map(({ functionName, intervalMs, input }, index) => {
    let running = false;
    const run = async (): Promise<void> => {
      if (running) return;
      running = true;
      try {
        await invoke(functionName, input);
      } catch (error) {
        if (!stopped) log(`${functionName}, which runs by the clock, failed: ${String(error)}`);
      } finally {
        running = false;
      }
    };
    const first = setTimeout(() => void run(), Math.min(intervalMs, FIRST_RUN_MS + index * APART_MS));
    const next = setInterval(() => void run(), Math.min(intervalMs, LONGEST_MS));
    return [first, next];
  });
  return () => {
    stopped = true;
    for (const timer of timers.flat()) clearTimeout(timer);
  };
};
