import { spawn } from 'node:child_process';
import { watchOver } from './stores/server-process.ts';

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Written to its standard input. */
  readonly input?: string;
  /** Is handed each line that it writes to its standard error. */
  readonly onErrorLine?: (line: string) => void;
  /**
   * Ends it, and whatever it runs, with SIGTERM. With `SIGINT` as `stopBy` the program alone is told, which may finish
   * what it must not leave half done.
   */
  readonly signal?: AbortSignal | undefined;
  readonly stopBy?: 'SIGTERM' | 'SIGINT';
}

const LAST_LINES = 20;

/**
 * Runs a program to its end, and leaves nothing of it running: neither when the signal is aborted nor when this process
 * dies. The program gets a process group of its own, so that Ctrl-C does not reach its children past it.
 *
 * @throws the signal's reason when it was aborted; otherwise Error with the last lines of a program that failed
 */
export const runProgram = async (
  program: string,
  parameters: readonly string[],
  options: ChildOptions = {},
): Promise<void> => {
  const { signal, input, onErrorLine, stopBy = 'SIGTERM' } = options;
  signal?.throwIfAborted();
  const child = spawn(program, parameters, {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'ignore', 'pipe'],
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  const ended = Promise.withResolvers<string | undefined>();
  child.once('error', ended.reject);
  // When its output is closed too, nothing that it started runs any more.
  child.once('close', (code, by) =>
    ended.resolve(code === 0 ? undefined : `ended with ${by ?? `exit code ${code}`}`),
  );
  const send = (name: NodeJS.Signals, group: boolean): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(group ? -child.pid : child.pid, name);
    } catch {
      // It has ended.
    }
  };
  const stop = (): void => send(stopBy, stopBy === 'SIGTERM');
  const killNow = (): void => send('SIGKILL', true);
  signal?.addEventListener('abort', stop);
  process.once('exit', killNow);
  const callOff = child.pid === undefined ? undefined : watchOver(-child.pid);

  const lines: string[] = [];
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      lines.push(line);
      if (lines.length > LAST_LINES) lines.shift();
      onErrorLine?.(line);
    }
  });
  // The program may end before it has read all of its input; its exit code then says why.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  try {
    const failure = await ended.promise;
    signal?.throwIfAborted();
    if (failure !== undefined) throw new Error(`${program} ${failure}:\n${[...lines, rest].join('\n')}`);
  } finally {
    signal?.removeEventListener('abort', stop);
    process.off('exit', killNow);
    callOff?.();
  }
};
