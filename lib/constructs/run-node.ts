import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { projectRoot } from './build-cache.ts';

/**
 * Runs a Node.js program in the project's folder to its end; its standard error goes to this process's.
 *
 * @param input written to the program's standard input
 * @throws Error when it fails
 */
export const runNode = async (
  parameters: readonly string[],
  { input = '', env = {} }: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<void> => {
  const child = spawn(process.execPath, parameters, {
    cwd: projectRoot,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const closed = once(child, 'close');
  // The program may end before it has read all of its input; its exit code then says why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code, signal] = (await closed) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`${parameters[0]} ended with ${signal ?? `exit code ${code}`}`);
};
