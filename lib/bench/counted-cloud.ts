import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalCloud, type LocalCloud } from '../local/cloud.ts';
import { startMongodb } from '../local/stores/mongodb.ts';
import { startMysql } from '../local/stores/mysql.ts';
import { dynamodbCommands, mongodbCommands, mysqlCommands, type CommandReader } from './command-readers.ts';
import { createTraffic, startStoreProxy, type Store, type Traffic } from './store-proxy.ts';

/** A local cloud of one's own, every round trip of which is counted. */
export interface CountedCloud {
  readonly cloud: LocalCloud;
  readonly traffic: Traffic;
  /** Which servers they are. */
  readonly stores: readonly string[];
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/** Starts a local cloud on a new folder, with a proxy in front of each of its stores. */
export const startCountedCloud = async (
  log: (line: string) => void,
  rateLimits: 'on' | 'off' = 'off',
): Promise<CountedCloud> => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'chat-service-bench-'));
  const traffic = createTraffic();
  const stops: (() => Promise<void> | void)[] = [
    () => rmSync(dataDirectory, { recursive: true, force: true }),
  ];
  const stop = async (): Promise<void> => {
    for (const stopOne of stops.splice(0).toReversed()) await stopOne();
  };
  /** Puts a proxy in front of a store. @returns the store's address by way of the proxy */
  const through = async (store: Store, url: string, reader: () => CommandReader): Promise<string> => {
    const { hostname, port } = new URL(url);
    const proxy = await startStoreProxy(store, { host: hostname, port: Number(port) }, reader, traffic);
    stops.push(() => proxy.stop());
    return url.replace(`${hostname}:${port}`, `127.0.0.1:${proxy.port}`);
  };

  try {
    const mysql = await startMysql({ dataDirectory: join(dataDirectory, 'mysql'), database: 'chat', log });
    stops.push(() => mysql.stop());
    const mongodb = await startMongodb({ dataDirectory, log });
    stops.push(() => mongodb.stop());
    const { host, port, user, password, database } = mysql;
    const mysqlUrl = `mysql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
    const cloud = await startLocalCloud({
      dataDirectory: join(dataDirectory, 'cloud'),
      httpPort: 0,
      webSocketPort: 0,
      log,
      environment: {
        ...process.env,
        RATE_LIMITS: rateLimits,
        MYSQL_URL: await through('mysql', mysqlUrl, mysqlCommands),
        MONGODB_URL: await through('mongodb', mongodb.url, mongodbCommands),
      },
      inFrontOfDynamodb: (url) => through('dynamodb', url, dynamodbCommands),
    });
    stops.push(() => cloud.stop());
    return { cloud, traffic, stores: [mysql.description, mongodb.description], stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
