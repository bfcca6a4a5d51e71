import { readFileSync } from 'node:fs';

/** CPU time of the machine since it started, in its ticks. */
interface Ticks {
  readonly total: number;
  /** Not idle, by whichever process. */
  readonly used: number;
  /** Taken away by the machine that this virtual one runs on. */
  readonly stolen: number;
  /** Used by this process and by its children that have ended. */
  readonly own: number;
}

/** Reads a file of /proc; undefined where there is none. Tests pass their own. */
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
  // After the name, which may hold spaces: user and system time, then those of children that were waited for.
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

/** From this share of the machine's CPU time on, what is measured in time says more about others than about the service. */
export const BUSY_SHARE = 0.1;

/**
 * Measures how much of the machine others use: every other process, and the host that a virtual machine shares.
 *
 * @returns what gives the share of the CPU time since then, between 0 and 1, once this process's children have ended;
 *   undefined where the system does not tell
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
