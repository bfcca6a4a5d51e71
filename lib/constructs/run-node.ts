import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { project } from './build-cache.ts';

/**
 * Runs a program of Node's in the project's folder to its end; what it says on its standard error is this process's.
 *
 * @param input written to its standard input
 * @throws Error when it fails
 */
export const runNode = async (
  parameters: readonly string[],
  { input = '', env = {} }: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<void> => {
  const child = spawn(process.execPath, parameters, {
    cwd: project,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const closed = once(child, 'close');
  // It may end before it has read all of its input; its exit code then says why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code, signal] = (await closed) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`${parameters[0]} ended with ${signal ?? `exit code ${code}`}`);
};
