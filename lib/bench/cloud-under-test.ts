import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudAddresses, CloudCommand, CloudUsage } from './cloud-process.ts';
import { MODERATORS } from './population.ts';

/** A local cloud in another process, for one measurement. */
export interface CloudUnderTest extends CloudAddresses {
  usage(): Promise<CloudUsage>;
  /** Starts CPU profiles of its threads, if a folder for them was given. */
  profile(): Promise<void>;
  /** Stops the cloud and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts a local cloud on a new folder, without limits on sending.
 *
 * @param profileDirectory the folder for CPU profiles
 * @param environment additional variables for the cloud's process
 * @throws Error with the output of the process when it does not start
 */
export const startCloudUnderTest = async (
  profileDirectory?: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<CloudUnderTest> => {
  const folder = mkdtempSync(join(tmpdir(), 'chat-service-bench-'));
  const child = fork(join(import.meta.dirname, 'cloud-process.ts'), [folder, profileDirectory ?? ''], {
    env: {
      ...process.env,
      ...environment,
      RATE_LIMITS: 'off',
      MODERATORS,
      MALLOC_ARENA_MAX: '2',
      MALLOC_MMAP_THRESHOLD_: '1048576',
    },
    // The same setting as in `npm start`.
    execArgv: ['--max-semi-space-size=4', '--expose-gc'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-10_000);
    });
  }
  const exited = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  const answer = async (): Promise<unknown> => {
    const message = once(child, 'message').then(([first]) => first as unknown);
    return Promise.race([message, exited.then(() => undefined)]);
  };
  const ask = async (question: CloudCommand): Promise<CloudUsage> => {
    const answered = answer();
    child.send(question);
    const usage = (await answered) as CloudUsage | undefined;
    if (usage !== undefined) return usage;
    const [code, signal] = await exited;
    throw new Error(`The local cloud ended by itself, with ${signal ?? `code ${code}`}:\n${output}`);
  };

  const addresses = (await answer()) as CloudAddresses | undefined;
  if (addresses === undefined) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`The local cloud did not start:\n${output}`);
  }
  return {
    ...addresses,
    usage: () => ask('usage'),
    profile: async () => {
      await ask('profile');
    },
    stop: async () => {
      if (child.connected) child.send('stop' satisfies CloudCommand);
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
