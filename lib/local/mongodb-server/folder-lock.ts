import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import { dirname, join } from 'node:path';

/**
 * Locks a folder for the caller and returns a function that unlocks it. The lock is a file that names the process
 * that holds it; the lock of a dead process is taken over, and so is one that was copied with its folder. Throws when
 * the holder is alive.
 */
export const lockFolder = (folder: string, log: (line: string) => void): (() => void) => {
  const path = join(folder, 'lock');
  const identity = identityOf(folder);
  const mine = JSON.stringify({
    folder: identity,
    pid: process.pid,
    threadId,
    startedAt: processStat(process.pid).startedAt,
    token: randomUUID(),
  });
  for (;;) {
    try {
      writeFileSync(path, mine, { flag: 'wx' });
      return () => {
        if (readIfPresent(path) === mine) rmSync(path, { force: true });
      };
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    const theirs = readIfPresent(path);
    if (theirs === undefined) continue;
    const holder = parseLock(theirs);
    const isCopied = holder?.['folder'] !== undefined && holder['folder'] !== identity;
    const pid = isCopied ? undefined : pidIfAlive(holder);
    if (pid !== undefined) {
      throw new Error(`${folder} is in use by process ${pid}`);
    }
    removeStale(path, theirs);
    log(`took over ${path}, ${isCopied ? 'the lock of another folder' : 'whose process is gone'}`);
  }
};

/**
 * Moves the stale lock away before deleting it: of two servers that both found it stale, only one moves that very
 * file; a server that moved a fresh lock instead puts it back.
 */
const removeStale = (path: string, stale: string): void => {
  // Hidden, as a crash may leave it behind.
  const aside = join(dirname(path), `.lock.${randomUUID()}`);
  try {
    renameSync(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  if (readIfPresent(aside) === stale) rmSync(aside, { force: true });
  else renameSync(aside, path);
};

/** What distinguishes a folder from its copies, wherever it is moved. */
const identityOf = (folder: string): string => {
  const { dev, ino } = statSync(folder, { bigint: true });
  return `${dev}:${ino}`;
};

/** The content of a lock; undefined when it is unreadable: then a crash left it, and it counts as free. */
const parseLock = (lock: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const holder: unknown = JSON.parse(lock);
    return typeof holder === 'object' && holder !== null ? { ...holder } : undefined;
  } catch {
    return undefined;
  }
};

/** The process that holds a lock, if it still runs. */
const pidIfAlive = (holder: ReturnType<typeof parseLock>): number | undefined => {
  const pid = holder?.['pid'];
  if (typeof pid !== 'number') return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!hasCode(error, 'EPERM')) return undefined;
  }
  const { state, startedAt: runsSince } = processStat(pid);
  if (state === 'Z') return undefined;
  // Containers assign the same few pids at every start, so an equal pid does not prove the same process.
  return (holder?.['startedAt'] ?? null) === runsSince ? pid : undefined;
};

/**
 * The state of a process (Z: a zombie that its parent has not reaped) and when it started, in the kernel's ticks since
 * boot (proc(5), fields 3 and 22); null where there is no /proc.
 */
const processStat = (pid: number): { state: string | null; startedAt: string | null } => {
  const stat = readIfPresent(`/proc/${pid}/stat`);
  if (stat === undefined) return { state: null, startedAt: null };
  // The second field is the command in parentheses and may contain anything, so the fields are counted after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? null, startedAt: fields[19] ?? null };
};

const readIfPresent = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // ESRCH: the process ended during the read. A file that exists but cannot be read (EACCES) is not absent.
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return undefined;
    throw error;
  }
};

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
