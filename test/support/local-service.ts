import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownDatabases } from './own-databases.ts';

/** The user names of the moderators in services that tests start. */
export const moderatorNames = ['first-moderator', 'Second-Moderator'] as const;

/** A separate process of `npm start` for a test, with its own ports and data folder. */
export interface LocalService {
  readonly httpUrl: string;
  readonly websocketUrl: string;
  /** The URL of the chat page. */
  readonly webUrl: string;
  readonly dataDirectory: string;
  readonly process: ChildProcess;
  /** Settles when the process has ended for any reason. */
  readonly exited: Promise<unknown>;
  /** The whole output so far. */
  output(): string;
  /** Stops the process like Ctrl-C, and removes its data. @returns its exit code */
  stop(): Promise<number | null>;
}

/** Lets esbuild use half a GB instead of the 300 MB of `npm start`: its runtime then collects garbage less often. */
export const fastBundling = { GOMEMLIMIT: 'off', GOGC: '200' } as const;

/**
 * Lets V8 collect garbage later and on its main thread, as `npm test` configures its own processes: helper threads
 * would take cores from other test files.
 */
export const fastHeap = ['--single-threaded-gc', '--initial-old-space-size=128', '--max-lazy'] as const;

const command = join(import.meta.dirname, '../../bin/local.ts');

/** Starts the command of `npm start`, and waits until it is ready. @throws Error with its output */
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
    // Replaces the flags of the test runner, which this process may have been started with.
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
