// Runs a local cloud in a process of its own, so that the load generator does not disturb the measurement. Started by
// cloud-under-test.ts, which controls it over IPC.
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { MysqlAddress } from '../../functions/platform/mysql/mysql.ts';
import { startLocalCloud } from '../local/cloud.ts';

/** The addresses that the process reports once it is ready. */
export interface CloudAddresses {
  readonly httpUrl: string;
  readonly websocketUrl: string;
  readonly mysql: MysqlAddress;
  readonly mongodbUrl: string;
  readonly mongodbDatabase: string;
  readonly dynamodbUrl: string;
  /** A plain TCP echo server in the same process: the floor for the latency of every socket. */
  readonly echoPort: number;
  readonly stores: readonly string[];
}

/** The process's usage so far: CPU time in ms, memory in bytes. */
export interface CloudUsage {
  /** The thread that runs the gateways. */
  readonly gateway: number;
  readonly functions: number;
  /** dynalite and the embedded MongoDB server. */
  readonly embeddedStores: number;
  /** The MySQL server, a separate process; 0 when the system does not report it. */
  readonly mysql: number;
  /** The whole process, including garbage collection, compilation and file writes. */
  readonly process: number;
  readonly residentBytes: number;
  /** The number of threads that run functions. */
  readonly workers: number;
  /** The memory that is in use by the thread of the gateways. */
  readonly gatewayBytes: number;
}

/** Requests to the process: report the usage, start CPU profiles of all threads, or stop. */
export type CloudCommand = 'usage' | 'profile' | 'stop';

const [dataDirectory = '', profileDirectory = ''] = process.argv.slice(2);

const workers = new Set<Worker>();
process.on('worker', (worker) => {
  workers.add(worker);
  worker.once('exit', () => workers.delete(worker));
});

const lines: string[] = [];
let dynamodbUrl = '';
const cloud = await startLocalCloud({
  dataDirectory,
  httpPort: 0,
  webSocketPort: 0,
  log: (line) => lines.push(line),
  inFrontOfDynamodb: (url) => {
    dynamodbUrl = url;
    return Promise.resolve(url);
  },
});
const echo = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
});
echo.listen(0, '127.0.0.1');
await once(echo, 'listening');

const sum = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;

/** CPU time of the child processes: MySQL. Read in clock ticks of 10 ms; 0 on systems other than Linux. */
const childrenTime = (): number => {
  try {
    const pids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
    return pids.reduce((total, pid) => {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return total + (Number(fields[11]) + Number(fields[12])) * 10;
    }, 0);
  } catch {
    return 0;
  }
};

const usage = async (): Promise<CloudUsage> => {
  const times = { functions: 0, embeddedStores: 0 };
  for (const worker of workers) {
    const kind = worker.threadName === 'functions' ? 'functions' : 'embeddedStores';
    times[kind] += sum(await worker.cpuUsage());
  }
  // The process runs with --expose-gc, so garbage can be collected before memory is measured.
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    ...times,
    gateway: sum(process.threadCpuUsage()),
    mysql: childrenTime(),
    process: sum(process.cpuUsage()),
    residentBytes: rss,
    workers: [...workers].filter(({ threadName }) => threadName === 'functions').length,
    gatewayBytes: heapUsed + external,
  };
};

const profiles: (() => Promise<[name: string, profile: string]>)[] = [];

/** Starts CPU profiles of all current threads; they are written when the process stops. */
const startProfiles = async (): Promise<void> => {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  profiles.push(async () => ['gateway', JSON.stringify((await session.post('Profiler.stop')).profile)]);
  for (const [index, worker] of [...workers].entries()) {
    const handle = await worker.startCpuProfile();
    profiles.push(async () => [`${worker.threadName ?? 'thread'}-${index}`, await handle.stop()]);
  }
};

const writeProfiles = async (): Promise<void> => {
  if (profiles.length > 0) mkdirSync(profileDirectory, { recursive: true });
  for (const stop of profiles) {
    const [name, profile] = await stop();
    writeFileSync(join(profileDirectory, `${name}.cpuprofile`), profile);
  }
};

const answer = async (question: CloudCommand): Promise<void> => {
  switch (question) {
    case 'usage':
      process.send?.(await usage());
      return;
    case 'profile':
      if (profileDirectory !== '') await startProfiles();
      process.send?.(await usage());
      return;
    case 'stop':
      await writeProfiles();
      echo.close();
      await cloud.stop();
      process.exit(0);
  }
};
process.on('message', (question: CloudCommand) => void answer(question));
// A bench that has crashed sends no `stop`.
if (process.connected) process.on('disconnect', () => void answer('stop'));
else await answer('stop');

const addresses: CloudAddresses = {
  httpUrl: cloud.httpUrl,
  websocketUrl: cloud.websocketUrl,
  mysql: cloud.mysql,
  mongodbUrl: cloud.mongodbUrl,
  mongodbDatabase: cloud.mongodbDatabase,
  dynamodbUrl,
  echoPort: (echo.address() as AddressInfo).port,
  stores: lines.filter((line) => /^(MySQL|MongoDB|DynamoDB):/.test(line)),
};
process.send?.(addresses);
