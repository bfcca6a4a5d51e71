import { spawn } from 'node:child_process';
import { terminateWhenOrphaned } from './stores/server-process.ts';

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Written to the program's standard input. */
  readonly input?: string;
  /** Called with each line that the program writes to its standard error. */
  readonly onErrorLine?: (line: string) => void;
  /**
   * Ends the program and its children with SIGTERM. With `stopBy: 'SIGINT'`, only the program itself gets the signal,
   * so that it can finish what must not stay half done.
   */
  readonly signal?: AbortSignal | undefined;
  readonly stopBy?: 'SIGTERM' | 'SIGINT';
}

const LAST_LINES = 20;

/**
 * Runs a program to its end, and leaves none of its processes running: neither when the signal is aborted nor when
 * this process dies. The program gets its own process group, so that Ctrl-C does not reach its children directly.
 *
 * @throws the signal's reason when it was aborted; otherwise an Error with the last lines of a failed program's
 *   output
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
  // The event `close` fires once the output is closed as well, so no child of the program is running any more.
  child.once('close', (code, by) =>
    ended.resolve(code === 0 ? undefined : `ended with ${by ?? `exit code ${code}`}`),
  );
  const send = (name: NodeJS.Signals, group: boolean): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(group ? -child.pid : child.pid, name);
    } catch {
      // The process has ended already.
    }
  };
  const stop = (): void => send(stopBy, stopBy === 'SIGTERM');
  const killNow = (): void => send('SIGKILL', true);
  signal?.addEventListener('abort', stop);
  process.once('exit', killNow);
  const callOff = child.pid === undefined ? undefined : terminateWhenOrphaned(-child.pid);

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
