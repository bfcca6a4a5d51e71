/** A function that runs on a schedule. */
export interface ScheduleDefinition {
  readonly functionName: string;
  readonly intervalMs: number;
  readonly input: unknown;
}

/**
 * The longest interval of a Node timer, 24.8 days: a longer one would fire at once. The local cloud never runs that
 * long.
 */
const LONGEST_MS = 2 ** 31 - 1;

/** A developer's machine is seldom on for a whole day, so a daily job also runs soon after the start. */
const FIRST_RUN_MS = 60_000;
/** First runs are staggered: a cold start takes 0.1 s of a core, which would delay user requests. */
const APART_MS = 10_000;

/**
 * EventBridge Scheduler for one machine. While a run takes longer than its interval, later runs are skipped.
 *
 * @param invoke invokes a function; a failure is logged, and the next run tries again
 * @returns a function that stops the scheduler; it does not wait for a running function
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
