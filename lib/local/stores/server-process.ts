import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** A server process that this process has started. */
export interface ServerProcess {
  readonly pid: number;
  hasExited(): boolean;
  /** Resolves when the process has ended, whatever the cause. */
  readonly exited: Promise<void>;
  /** Sends SIGTERM, and SIGKILL if the process still runs after ten seconds. */
  stop(): Promise<void>;
  /** How it ended: `exit code 1` or `signal SIGKILL`. */
  howItEnded(): string;
  /** The errors in the server's output since this start; without any, its last lines. */
  lastWords(): string;
}

/** An error in the log of MariaDB and MySQL, or of mongod (`s` is the severity: error or fatal). */
const ERROR_LINE = /\[ERROR\]|"s":"[EF]"/;
const WORDS_MAX = 20;
const LAST_LINES = 8;

const KILL_AFTER_MS = 10_000;
/** SIGTERM is repeated: MariaDB ignores one that arrives while it starts. */
const TERM_EVERY_MS = 500;

/** The shell script that ends the server whose process id is its `$0`. */
const END_SERVER = [
  'tries=0',
  `while kill -TERM "$0" && [ $tries -lt ${KILL_AFTER_MS / TERM_EVERY_MS} ]`,
  `do sleep ${TERM_EVERY_MS / 1000}; tries=$((tries + 1)); done`,
  'kill -KILL "$0"',
].join('; ');

const waitForExit = (child: ChildProcess): Promise<void> =>
  child.exitCode === null && child.signalCode === null
    ? new Promise((resolve) => child.once('exit', () => resolve()))
    : Promise.resolve();

/**
 * Terminates a server when this process dies without stopping it: by an unhandled signal, SIGKILL or a crash. A shell
 * reads from a pipe that closes when this process ends.
 *
 * @param pid the server's process id; a negative one denotes a process group
 * @returns a function that ends the watch
 */
export const terminateWhenOrphaned = (pid: number): (() => void) => {
  const watch = spawn('/bin/sh', ['-c', `read line || { ${END_SERVER}; }`, String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Its own process group, so that Ctrl-C does not reach it.
    detached: true,
  });
  // Without a shell there is no watch: the next start on the same folder stops the orphan.
  watch.on('error', () => undefined);
  watch.stdin.on('error', () => undefined);
  watch.unref();
  return () => watch.stdin.end('done\n');
};

/** Starts a server; its output goes to a file. @throws Error when the program cannot be run */
export const startServerProcess = async (
  program: string,
  parameters: readonly string[],
  logFile: string,
): Promise<ServerProcess> => {
  const output = openSync(logFile, 'a', 0o600);
  const { size: before } = fstatSync(output);
  const child = spawn(program, parameters, {
    stdio: ['ignore', output, output],
    // Its own process group: Ctrl-C reaches only this process, which stops the server in order.
    detached: true,
  });
  closeSync(output);
  // Started at once: if this process were killed in between, the server would be left running.
  const callOff = child.pid === undefined ? () => undefined : terminateWhenOrphaned(child.pid);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} has no process id`);
  // The last resort, for when this process exits without having called `stop`.
  const killNow = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', killNow);
  child.once('exit', () => {
    process.off('exit', killNow);
    callOff();
  });

  return {
    pid,
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
    exited: waitForExit(child),
    stop: async () => {
      child.kill('SIGTERM');
      const again = setInterval(() => child.kill('SIGTERM'), TERM_EVERY_MS);
      const timer = globalThis.setTimeout(killNow, KILL_AFTER_MS);
      await waitForExit(child);
      clearInterval(again);
      clearTimeout(timer);
    },
    howItEnded: () =>
      child.signalCode === null ? `exit code ${child.exitCode}` : `signal ${child.signalCode}`,
    lastWords: () => {
      const lines = readFileSync(logFile).subarray(before).toString('utf8').trimEnd().split('\n');
      const errors = lines.filter((line) => ERROR_LINE.test(line)).slice(0, WORDS_MAX);
      return (errors.length > 0 ? errors : lines.slice(-LAST_LINES)).join('\n');
    },
  };
};

const RESTART_MS = 1000;
const TELL_EVERY_MS = 60_000;

/**
 * Restarts a server whenever it ends by itself, as a managed service would: MariaDB ends when the disk is full.
 * Connections are refused until it runs again.
 *
 * @param start starts the server on the same port, with the same data
 * @param answers resolves when the server answers; rejects when it ends before, or takes too long
 * @returns a function that stops the server for good
 */
export const keepRunning = (
  first: ServerProcess,
  start: () => Promise<ServerProcess>,
  {
    name,
    log,
    answers,
  }: {
    readonly name: string;
    readonly log: (line: string) => void;
    readonly answers: (server: ServerProcess) => Promise<void>;
  },
): (() => Promise<void>) => {
  let current = first;
  let toldAtMs = -Infinity;
  const stopped = new AbortController();
  /** Whether people wait for the news that the server answers again. */
  let isTold = false;
  const tellOfAnswer = async (server: ServerProcess): Promise<void> => {
    try {
      await answers(server);
    } catch {
      // It has ended again, or takes too long.
      return;
    }
    if (isTold && !stopped.signal.aborted) log(`${name} answers again`);
    isTold = false;
  };
  const supervise = async (): Promise<void> => {
    for (;;) {
      await current.exited;
      if (stopped.signal.aborted) return;
      // Logged at most once a minute: on a full disk the server ends at every restart.
      if (performance.now() - toldAtMs > TELL_EVERY_MS) {
        const how = current.howItEnded();
        // A killed server has no last words: its log ends with the lines of its start.
        const words = how === 'signal SIGKILL' ? '' : `. Its last words:\n${current.lastWords()}`;
        log(`${name} ended by itself (${how}) and is started again${words}`);
        toldAtMs = performance.now();
        isTold = true;
      }
      await setTimeout(RESTART_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
      if (stopped.signal.aborted) return;
      current = await start();
      if (isTold) void tellOfAnswer(current);
    }
  };
  const supervision = supervise().catch((error: unknown) => {
    log(`${name} cannot be started again: ${error instanceof Error ? error.message : String(error)}`);
  });
  return async () => {
    stopped.abort();
    await current.stop();
    await supervision;
    // A restart may have been under way when the stop was requested.
    await current.stop();
  };
};
