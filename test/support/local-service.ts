import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownDatabases } from './own-databases.ts';

/** Who moderates at the services that tests start. */
export const moderatorNames = ['first-moderator', 'Second-Moderator'] as const;

/** A copy of `npm start` of a test's own: ports and data folder that nobody else has. */
export interface LocalService {
  readonly httpUrl: string;
  readonly websocketUrl: string;
  /** The chat page. */
  readonly webUrl: string;
  readonly dataDirectory: string;
  readonly process: ChildProcess;
  /** Settles when the process has ended, however. */
  readonly exited: Promise<unknown>;
  /** Everything that it has printed so far. */
  output(): string;
  /** Stops it as Ctrl-C does, and removes its data. @returns its exit code */
  stop(): Promise<number | null>;
}

/** Lets esbuild have half a GB, where `npm start` holds it to 300 MB: its runtime then collects garbage less often. */
export const fastBundling = { GOMEMLIMIT: 'off', GOGC: '200' } as const;

/**
 * Lets V8 collect garbage later, and on the thread that made it, as `npm test` has its own processes do: its helpers would
 * take the cores from other test files.
 */
export const fastHeap = ['--single-threaded-gc', '--initial-old-space-size=128', '--max-lazy'] as const;

const command = join(import.meta.dirname, '../../bin/local.ts');

/** Starts the command that `npm start` runs, and waits until it is ready. @throws Error with its output */
export const startLocalService = async (
  options: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly dataDirectory?: string;
  } = {},
): Promise<LocalService> => {
  const dataDirectory = options.dataDirectory ?? mkdtempSync(join(tmpdir(), 'chat-service-test-'));
  const databases = ownDatabases(dataDirectory);
  const child = fork(command, ['--data', dataDirectory], {
    env: {
      ...process.env,
      PORT: '0',
      WS_PORT: '0',
      WEB_PORT: '0',
      RATE_LIMITS: 'off',
      VALIDATE_OUTPUT: 'on',
      MODERATORS: moderatorNames.join(','),
      ...fastBundling,
      ...databases.environment,
      ...options.environment,
    },
    // And not the flags of the test runner that this process may have been started with.
    execArgv: [...fastHeap],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exited = once(child, 'exit');
  const ready = once(child, 'message');
  const first = await Promise.race([ready, exited.then(() => undefined)]);
  if (first === undefined) {
    rmSync(dataDirectory, { recursive: true, force: true });
    throw new Error(`The local service did not start:\n${output}`);
  }
  const [{ httpUrl, websocketUrl, webUrl }] = first as [
    Pick<LocalService, 'httpUrl' | 'websocketUrl' | 'webUrl'>,
  ];
  return {
    httpUrl,
    websocketUrl,
    webUrl,
    dataDirectory,
    process: child,
    exited,
    output: () => output,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
      await exited;
      await databases.drop();
      rmSync(dataDirectory, { recursive: true, force: true });
      return child.exitCode;
    },
  };
};
