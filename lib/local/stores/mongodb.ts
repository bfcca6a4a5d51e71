import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve as absolute } from 'node:path';
import { Worker } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MongoClient, MongoClientOptions } from 'mongodb';
import type { WorkerInput, WorkerReport } from '../mongodb-server/worker.ts';
import { findBinary } from './find-binary.ts';
import { freePort } from './free-port.ts';
import { keepRunning, startServerProcess, type ServerProcess } from './server-process.ts';

export interface MongodbOptions {
  /** Used unless `MONGODB_URL` names another database. */
  readonly database?: string;
  /**
   * The local cloud's data folder; every kind of server has its own subfolder, which survives restarts. The caller
   * must hold the folder's lock: a `mongod` that still runs in it is considered an orphan and stopped.
   */
  readonly dataDirectory: string;
  readonly log: (line: string) => void;
  readonly environment?: NodeJS.ProcessEnv;
}

export interface LocalMongodb {
  /** Connection string. */
  readonly url: string;
  /** The database of the contents. */
  readonly database: string;
  readonly kind: 'configured' | 'mongod' | 'memory-server' | 'embedded';
  /** One line that says which MongoDB this is; never contains a password. */
  readonly description: string;
  stop(): Promise<void>;
}

/** A server that was started here. */
export interface RunningServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** The ways to find and start a MongoDB; tests pass their own. */
export interface MongodbLookups {
  /** Resolves once the server in `MONGODB_URL` has responded for a database; rejects with the driver's error. */
  readonly ask: (url: string, database: string) => Promise<void>;
  /** The full path of an installed `mongod`, on the PATH or in the usual folders of servers. */
  readonly findInstalled: (environment: NodeJS.ProcessEnv) => string | undefined;
  /** The `mongod` that an earlier download left in the cache of mongodb-memory-server. */
  readonly findDownloaded: () => Promise<string | undefined>;
  /** Whether a host answers within some milliseconds. */
  readonly canReach: (url: string, milliseconds: number) => Promise<boolean>;
  /** Downloads a `mongod` and resolves with its path. */
  readonly download: (log: (line: string) => void) => Promise<string>;
  /** Runs a `mongod` on a free port and resolves when it responds. */
  readonly runMongod: (
    binary: string,
    databasePath: string,
    log: (line: string) => void,
  ) => Promise<RunningServer>;
  /** Runs the embedded server in its own thread. */
  readonly runEmbedded: (dataDirectory: string, log: (line: string) => void) => Promise<RunningServer>;
}

const DATABASE = 'chat';
const downloadHost = 'https://fastdl.mongodb.org';
const probeMilliseconds = 2_000;
const askMilliseconds = 5_000;
/** The archive has about 100 MB. */
const downloadMilliseconds = 180_000;
const startMilliseconds = 30_000;
const stopMilliseconds = 10_000;

/**
 * Finds or starts a MongoDB: `MONGODB_URL`, else a `mongod` on the machine, else one downloaded by
 * mongodb-memory-server (unless `MONGODB_DOWNLOAD=off`, and only if the host answers within 2 s), else the
 * embedded server. A failure is logged, and the next of these is tried.
 */
export const startMongodb = async (
  options: MongodbOptions,
  lookups: MongodbLookups = realLookups,
): Promise<LocalMongodb> => {
  const { log, environment = process.env } = options;
  const dataDirectory = absolute(options.dataDirectory);
  const { database = DATABASE } = options;
  const configured = environment['MONGODB_URL'];
  if (configured !== undefined && configured !== '') return useConfigured(configured, database, lookups);

  const installed = lookups.findInstalled(environment);
  if (installed !== undefined) {
    const running = await attempt(`${installed} did not start`, log, () =>
      lookups.runMongod(installed, join(dataDirectory, 'mongod'), log),
    );
    if (running !== undefined) {
      return {
        ...running,
        database,
        kind: 'mongod',
        description: `MongoDB: ${installed}, on ${running.url}`,
      };
    }
  }

  const downloaded = await downloadedMongod(environment, lookups, log);
  if (downloaded !== undefined) {
    const running = await attempt(`${downloaded} did not start`, log, () =>
      lookups.runMongod(downloaded, join(dataDirectory, 'mongod-downloaded'), log),
    );
    if (running !== undefined) {
      return {
        ...running,
        database,
        kind: 'memory-server',
        description: `MongoDB: downloaded by mongodb-memory-server, on ${running.url}`,
      };
    }
  }

  const running = await lookups.runEmbedded(join(dataDirectory, 'mongodb-embedded'), log);
  return {
    ...running,
    database,
    kind: 'embedded',
    description: `MongoDB: the embedded server, for development only, on ${running.url} (set MONGODB_URL or install mongod for a real one)`,
  };
};

const downloadedMongod = async (
  environment: NodeJS.ProcessEnv,
  lookups: MongodbLookups,
  log: (line: string) => void,
): Promise<string | undefined> => {
  const cached = await attempt('the download cache could not be read', log, () => lookups.findDownloaded());
  if (cached !== undefined) return cached;
  if (environment['MONGODB_DOWNLOAD'] === 'off') return undefined;
  if (!(await lookups.canReach(downloadHost, probeMilliseconds))) return undefined;
  log('downloading MongoDB (once; MONGODB_DOWNLOAD=off prevents it)');
  return attempt('MongoDB could not be downloaded', log, () => lookups.download(log));
};

const attempt = async <Result>(
  failure: string,
  log: (line: string) => void,
  run: () => Promise<Result>,
): Promise<Result | undefined> => {
  try {
    return await run();
  } catch (error) {
    log(`${failure}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
};

const useConfigured = async (
  text: string,
  otherwise: string,
  lookups: MongodbLookups,
): Promise<LocalMongodb> => {
  const { parseMongodbUrl } = await import('./mongodb-url.ts');
  const { url, hosts, database = otherwise } = parseMongodbUrl(text);
  try {
    await lookups.ask(url, database);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The MongoDB that MONGODB_URL names, ${hosts}/${database}, cannot be used: ${reason}`, {
      cause: error,
    });
  }
  return {
    url,
    database,
    kind: 'configured',
    description: `MongoDB: the one that MONGODB_URL names, ${hosts}/${database}`,
    stop: () => Promise.resolve(),
  };
};

/** Loads the driver on first use: with the embedded server it is never needed. */
const connectBy = async (url: string, options: MongoClientOptions): Promise<MongoClient> => {
  const { MongoClient: Client } = await import('mongodb');
  return new Client(url, options);
};

const ask = async (url: string, database: string): Promise<void> => {
  const client = await connectBy(url, { serverSelectionTimeoutMS: askMilliseconds });
  try {
    await client.db(database).command({ ping: 1 });
  } finally {
    await client.close();
  }
};

const findDownloaded = async (): Promise<string | undefined> => {
  // Imported separately, since the package's main module also loads a driver.
  const { DryMongoBinary } = await import('mongodb-memory-server-core/lib/util/DryMongoBinary.js');
  return DryMongoBinary.locateBinary(DryMongoBinary.getEnsuredOptions());
};

const canReach = async (url: string, milliseconds: number): Promise<boolean> => {
  try {
    await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(milliseconds) });
    return true;
  } catch {
    return false;
  }
};

/**
 * Downloads in a worker thread, because the package can be neither cancelled nor silenced: a thread can be terminated
 * at the timeout, and its output stays off the terminal.
 */
const download = async (): Promise<string> => {
  const script = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData)
      .then(({ MongoBinary }) => MongoBinary.getPath())
      .then((path) => parentPort.postMessage({ path }))
      .catch((error) => parentPort.postMessage({ message: String(error?.message ?? error) }));
  `;
  const worker = new Worker(script, {
    eval: true,
    workerData: import.meta.resolve('mongodb-memory-server-core'),
    stdout: true,
    stderr: true,
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => {
    reject(new Error(`it took longer than ${downloadMilliseconds / 1000} s`));
  }, downloadMilliseconds);
  worker.once('message', (answer: { path?: string; message?: string }) => {
    if (answer.path === undefined) reject(new Error(answer.message));
    else resolve(answer.path);
  });
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error('the download ended early')));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
};

const runMongod = async (
  binary: string,
  databasePath: string,
  log: (line: string) => void,
): Promise<RunningServer> => {
  await mkdir(databasePath, { recursive: true });
  await stopOrphan(databasePath, log);
  const port = await freePort();
  const start = (): Promise<ServerProcess> =>
    startServerProcess(
      binary,
      [
        ['--dbpath', databasePath],
        ['--port', String(port)],
        ['--bind_ip', '127.0.0.1'],
        // By default it takes half of the machine's memory.
        ['--wiredTigerCacheSizeGB', '0.25'],
        process.platform === 'win32' ? [] : ['--nounixsocket'],
      ].flat(),
      `${databasePath}.log`,
    );
  const server = await start();
  const url = `mongodb://127.0.0.1:${port}`;
  try {
    await waitUntilUp(server, url);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const stop = keepRunning(server, start, {
    name: 'mongod',
    log,
    answers: (restarted) => waitUntilUp(restarted, url),
  });
  return { url, stop };
};

const waitUntilUp = async (server: ServerProcess, url: string): Promise<void> => {
  const deadline = performance.now() + startMilliseconds;
  while (!(await answers(url))) {
    if (server.hasExited()) {
      throw new Error(`it ended (${server.howItEnded()}): ${server.lastWords().slice(-500)}`);
    }
    if (performance.now() > deadline) {
      throw new Error(`it did not answer within ${startMilliseconds / 1000} s`);
    }
  }
};

/**
 * Stops a `mongod` that an earlier, killed run of the local cloud left behind, since it still holds the folder. Its
 * lock file has the pid; its command line proves that the pid was not reused for another process.
 */
const stopOrphan = async (databasePath: string, log: (line: string) => void): Promise<void> => {
  const pid = Number.parseInt(await readText(join(databasePath, 'mongod.lock')), 10);
  if (!Number.isInteger(pid)) return;
  const isOurs = async () => (await readText(`/proc/${pid}/cmdline`)).split('\0').includes(databasePath);
  if (!(await isOurs())) return;
  log(`stopping a mongod (process ${pid}) that an earlier run left behind`);
  process.kill(pid, 'SIGTERM');
  const deadline = performance.now() + stopMilliseconds;
  while ((await isOurs()) && performance.now() < deadline) {
    await sleep(50);
  }
};

/** Whether a server responds to a ping within half a second. */
const answers = async (url: string): Promise<boolean> => {
  const client = await connectBy(url, { directConnection: true, serverSelectionTimeoutMS: 500 });
  try {
    await client.db('admin').command({ ping: 1 });
    return true;
  } catch {
    return false;
  } finally {
    await client.close();
  }
};

const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
};

const runEmbedded = async (dataDirectory: string, log: (line: string) => void): Promise<RunningServer> => {
  const input: WorkerInput = { dataDirectory, port: 0, host: '127.0.0.1' };
  const worker = new Worker(new URL('../mongodb-server/worker.ts', import.meta.url), { workerData: input });
  const listening = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<void>();
  let isStopping = false;
  worker.on('message', (report: WorkerReport) => {
    if (report.type === 'log') log(`mongodb: ${report.line}`);
    else if (report.type === 'listening') listening.resolve(report.url);
    else if (report.type === 'failed') listening.reject(new Error(report.message));
  });
  worker.on('error', (error) => {
    log(`the embedded MongoDB server failed: ${String(error)}`);
    listening.reject(error);
  });
  worker.once('exit', () => {
    if (!isStopping) listening.reject(new Error('the embedded MongoDB server ended early'));
    ended.resolve();
  });
  const url = await listening.promise;
  return {
    url,
    async stop() {
      isStopping = true;
      worker.postMessage('stop');
      await ended.promise;
    },
  };
};

/** The lookups on a real machine. */
export const realLookups: MongodbLookups = {
  ask,
  findInstalled: (environment) => findBinary(['mongod'], environment['PATH'] ?? ''),
  findDownloaded,
  canReach,
  download,
  runMongod,
  runEmbedded,
};
