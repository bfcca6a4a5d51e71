import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { consumerRoutes, internalRoutes, jobRoutes } from '../../functions/contract/table.ts';
import { startLocalCloud, type LocalCloud } from '../local/cloud.ts';
import { startMongodb } from '../local/stores/mongodb.ts';
import { mysqlUrlOf } from '../local/stores/mysql-url.ts';
import { startMysql } from '../local/stores/mysql.ts';
import { startCapacityMeter } from './capacity-meter.ts';
import { dynamodbCommands, mongodbCommands, mysqlCommands, type CommandReader } from './command-readers.ts';
import { watchInvocations, type InvocationWatch } from './invocations.ts';
import { createTraffic, startStoreProxy, type Store, type Traffic } from './store-proxy.ts';
import { MODERATORS } from './population.ts';

/**
 * A local cloud that counts every request to a store. Its scheduled jobs, and functions that consume queues, run only
 * on demand.
 */
export interface CountedCloud {
  readonly cloud: LocalCloud;
  readonly traffic: Traffic;
  readonly invocations: InvocationWatch;
  /** Descriptions of the store servers. */
  readonly stores: readonly string[];
  /** Stops the cloud and removes its data. */
  stop(): Promise<void>;
}

export interface CountedCloudOptions {
  /** Off by default, so that a single user can create the load. */
  readonly rateLimits?: 'on' | 'off';
  /** Whether to count DynamoDB's capacity units, too, which slows down each of its requests. */
  readonly metersCapacity?: boolean;
}

interface Target {
  readonly host: string;
  readonly port: number;
}

/** The single server of a connection string, and its text within that string. */
const targetOf = (mongodbUrl: string): Target & { readonly text: string } => {
  const found =
    /^mongodb:\/\/(?:[^@/?]*@)?(?<text>(?<host>[^,/?:[\]]+|\[[^\]]+\])(?::(?<port>\d+))?)(?:[/?]|$)/.exec(
      mongodbUrl,
    )?.groups;
  if (found === undefined) {
    throw new Error('Only what goes to a single server can be counted: name one host in MONGODB_URL.');
  }
  const { text = '', host = '', port = '27017' } = found;
  return { text, host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
};

/** The name of a route's function in the local cloud. */
export const functionNameOf = (routeId: string): string => `chat-service-local-${routeId}`;

/** Starts a local cloud on a new folder, with a proxy in front of each of its stores. */
export const startCountedCloud = async (
  log: (line: string) => void,
  { rateLimits = 'off', metersCapacity = false }: CountedCloudOptions = {},
): Promise<CountedCloud> => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'chat-service-bench-'));
  const traffic = createTraffic();
  const held = new Set(
    [
      ...jobRoutes.filter(({ schedule }) => schedule !== undefined),
      ...internalRoutes.filter(({ queued }) => queued === true),
      ...consumerRoutes,
    ].map(({ id }) => functionNameOf(id)),
  );
  const invocations = watchInvocations(traffic, (functionName) => held.has(functionName));
  const stops: (() => Promise<void> | void)[] = [
    () => rmSync(dataDirectory, { recursive: true, force: true }),
  ];
  const stop = async (): Promise<void> => {
    for (const stopOne of stops.splice(0).toReversed()) await stopOne();
  };
  /** Puts a proxy in front of a store. @returns the proxy's port on 127.0.0.1 */
  const through = async (store: Store, target: Target, reader: () => CommandReader): Promise<number> => {
    const proxy = await startStoreProxy(store, target, reader, traffic);
    stops.push(() => proxy.stop());
    return proxy.port;
  };

  try {
    const mysql = await startMysql({ dataDirectory: join(dataDirectory, 'mysql'), database: 'chat', log });
    stops.push(() => mysql.stop());
    const mongodb = await startMongodb({ dataDirectory, log });
    stops.push(() => mongodb.stop());
    if (mysql.tls !== false) throw new Error('What goes by TLS cannot be counted: take it out of MYSQL_URL.');
    const mysqlPort = await through('mysql', mysql, mysqlCommands);
    const mongodbTarget = targetOf(mongodb.url);
    const mongodbPort = await through('mongodb', mongodbTarget, mongodbCommands);
    const cloud = await startLocalCloud({
      dataDirectory: join(dataDirectory, 'cloud'),
      httpPort: 0,
      webSocketPort: 0,
      log,
      environment: {
        ...process.env,
        RATE_LIMITS: rateLimits,
        MODERATORS,
        MYSQL_URL: mysqlUrlOf({ ...mysql, host: '127.0.0.1', port: mysqlPort }),
        MONGODB_URL: mongodb.url.replace(mongodbTarget.text, `127.0.0.1:${mongodbPort}`),
      },
      inFrontOfDynamodb: async (url) => {
        let port = Number(new URL(url).port);
        if (metersCapacity) {
          const meter = await startCapacityMeter(url, traffic);
          stops.push(() => meter.stop());
          ({ port } = meter);
        }
        return `http://127.0.0.1:${await through('dynamodb', { host: '127.0.0.1', port }, dynamodbCommands)}`;
      },
      inFrontOfSqs: async (url) => {
        const port = Number(new URL(url).port);
        // Both speak JSON by the same header.
        return `http://127.0.0.1:${await through('sqs', { host: '127.0.0.1', port }, dynamodbCommands)}`;
      },
      inFrontOfLambda: invocations.inFrontOf,
      faults: {
        beforePost: async () => {
          traffic.posts += 1;
          return Promise.resolve('deliver');
        },
      },
    });
    stops.push(() => cloud.stop());
    return { cloud, traffic, invocations, stores: [mysql.description, mongodb.description], stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** Starts a counted cloud, uses it and stops it. */
export const withCountedCloud = async <T>(
  log: (line: string) => void,
  options: CountedCloudOptions,
  use: (counted: CountedCloud) => Promise<T>,
): Promise<T> => {
  const counted = await startCountedCloud(log, options);
  try {
    return await use(counted);
  } finally {
    await counted.stop();
  }
};
