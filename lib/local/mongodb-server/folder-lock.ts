import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import { join } from 'node:path';

/**
 * Locks a folder for the caller and returns a function that unlocks it. The lock is a file that names the process
 * that holds it; the lock of a dead process is taken over. Throws when the holder is alive.
 */
export const lockFolder = (folder: string, log: (line: string) => void): (() => void) => {
  const path = join(folder, 'lock');
  const mine = JSON.stringify({
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
    const pid = holderAlive(theirs);
    if (pid !== undefined) {
      throw new Error(`${folder} is in use by process ${pid}`);
    }
    removeStale(path, theirs);
    log(`took over ${path}, whose process is gone`);
  }
};

/**
 * Moves the stale lock away before deleting it: of two servers that both found it stale, only one moves that very
 * file; a server that moved a fresh lock instead puts it back.
 */
const removeStale = (path: string, stale: string): void => {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  if (readIfPresent(aside) === stale) rmSync(aside, { force: true });
  else renameSync(aside, path);
};

/** The process that holds a lock, if it still runs. An unreadable lock was left by a crash and counts as free. */
const holderAlive = (lock: string): number | undefined => {
  let holder: unknown;
  try {
    holder = JSON.parse(lock);
  } catch {
    return undefined;
  }
  if (typeof holder !== 'object' || holder === null || !('pid' in holder)) return undefined;
  const { pid } = holder;
  if (typeof pid !== 'number') return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!hasCode(error, 'EPERM')) return undefined;
  }
  const { state, startedAt: runsSince } = processStat(pid);
  if (state === 'Z') return undefined;
  // Containers assign the same few pids at every start, so an equal pid does not prove the same process.
  const startedAt = 'startedAt' in holder ? holder.startedAt : null;
  return startedAt === runsSince ? pid : undefined;
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
