import { readFileSync } from 'node:fs';

/** CPU time of the machine since it started, in clock ticks. */
interface Ticks {
  readonly total: number;
  /** Time that was not idle, by any process. */
  readonly used: number;
  /** Time that the host of this virtual machine gave to others. */
  readonly stolen: number;
  /** Time of this process and of its children that have ended. */
  readonly own: number;
}

/** Reads a file of /proc; undefined when there is none. Tests pass their own function. */
export type ReadProc = (path: string) => string | undefined;

const readProc: ReadProc = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

const ticksNow = (read: ReadProc): Ticks | undefined => {
  const machine = read('/proc/stat')?.split('\n', 1)[0]?.split(/\s+/).slice(1, 9).map(Number);
  // The fields after the name, which may contain spaces: user and system time, then those of children that were waited
  // for.
  const own = read('/proc/self/stat')
    ?.replace(/^.*\) /s, '')
    .split(' ')
    .slice(11, 15)
    .map(Number);
  if (machine?.length !== 8 || own?.length !== 4) return undefined;
  const sum = (numbers: readonly number[]): number => numbers.reduce((one, other) => one + other, 0);
  const [, , , idle = 0, waiting = 0, , , stolen = 0] = machine;
  const total = sum(machine);
  return { total, used: total - idle - waiting - stolen, stolen, own: sum(own) };
};

/**
 * The share of the machine's CPU time, used by others, from which measured times say more about the others than about
 * the service.
 */
export const BUSY_SHARE = 0.1;

/**
 * Measures how much of the machine is used by others: by all other processes, and by other guests of a virtual
 * machine's host.
 *
 * @returns a function that returns the share of the CPU time since this call, between 0 and 1. Call it when this
 *   process's children have ended. It returns undefined when the system does not report CPU times
 */
export const measureOthers = (read: ReadProc = readProc): (() => number | undefined) => {
  const before = ticksNow(read);
  return () => {
    const after = ticksNow(read);
    if (before === undefined || after === undefined || after.total === before.total) return undefined;
    const others = after.used - before.used - (after.own - before.own) + (after.stolen - before.stolen);
    return Math.max(0, others / (after.total - before.total));
  };
};
