import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalCloud, type LocalCloud } from '../../lib/local/cloud.ts';
import { mysqlUrlOf } from '../../lib/local/stores/mysql-url.ts';
import { startOwnMongodb, startOwnMysql } from '../support/own-databases.ts';
import { startFlakyProxy, type FlakyProxy } from '../support/flaky-proxy.ts';
import type { StoreName } from './schedule.ts';

/** A service whose stores, posts and functions can be broken at will. */
export interface Arena {
  readonly cloud: LocalCloud;
  readonly dataDirectory: string;
  readonly stores: Readonly<Record<StoreName, FlakyProxy>>;
  /** What becomes of the next posts to connections. */
  spoilPosts(fate: 'drop' | 'duplicate' | 'delay', count: number): void;
  /** Everything works again. */
  heal(): void;
  stop(): Promise<void>;
}

const DELAY_MS = 700;

/** Starts a local cloud with a proxy in front of each store, on data of its own. */
export const openArena = async (): Promise<Arena> => {
  // Lambda's time zone, which worker threads take from their process.
  process.env['TZ'] = 'UTC';
  const dataDirectory = mkdtempSync(join(tmpdir(), 'chat-service-torture-'));
  const cloudDirectory = join(dataDirectory, 'cloud');
  const stops: (() => Promise<void> | void)[] = [
    () => rmSync(dataDirectory, { recursive: true, force: true }),
  ];
  const stop = async (): Promise<void> => {
    for (const stopOne of stops.splice(0).toReversed()) await stopOne();
  };
  const log = (): void => undefined;
  const fates: ('drop' | 'duplicate' | 'delay')[] = [];

  const through = async (url: string): Promise<{ readonly proxy: FlakyProxy; readonly url: string }> => {
    const { hostname, port } = new URL(url);
    const proxy = await startFlakyProxy({ host: hostname, port: Number(port) });
    stops.push(() => proxy.stop());
    return { proxy, url: url.replace(`${hostname}:${port}`, `127.0.0.1:${proxy.port}`) };
  };

  try {
    const mysql = await startOwnMysql(join(dataDirectory, 'mysql'));
    stops.push(() => mysql.stop());
    const mongodb = await startOwnMongodb(dataDirectory);
    stops.push(() => mongodb.stop());
    const toMysql = await through(mysqlUrlOf(mysql));
    const toMongodb = await through(mongodb.url);
    let toDynamodb: FlakyProxy | undefined;
    const cloud = await startLocalCloud({
      dataDirectory: cloudDirectory,
      httpPort: 0,
      webSocketPort: 0,
      log,
      environment: {
        ...process.env,
        RATE_LIMITS: 'off',
        MYSQL_URL: toMysql.url,
        MONGODB_URL: toMongodb.url,
      },
      inFrontOfDynamodb: async (url) => {
        const dynamodb = await through(url);
        toDynamodb = dynamodb.proxy;
        return dynamodb.url;
      },
      faults: {
        beforePost: async () => {
          const fate = fates.shift() ?? 'deliver';
          if (fate !== 'delay') return fate;
          await new Promise((resolve) => setTimeout(resolve, DELAY_MS));
          return 'deliver';
        },
      },
    });
    stops.push(() => cloud.stop());
    if (toDynamodb === undefined) throw new Error('The cloud took no proxy for DynamoDB');
    const stores = { mysql: toMysql.proxy, mongodb: toMongodb.proxy, dynamodb: toDynamodb };
    return {
      cloud,
      dataDirectory: cloudDirectory,
      stores,
      spoilPosts: (fate, count) => fates.push(...Array.from({ length: count }, () => fate)),
      heal: () => {
        fates.length = 0;
        for (const proxy of Object.values(stores)) {
          proxy.setMode('pass');
          proxy.onNextRequest('after', () => undefined);
        }
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
