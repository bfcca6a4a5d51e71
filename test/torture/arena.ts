import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLocalCloud, type LocalCloud } from '../../lib/local/cloud.ts';
import { mysqlUrlOf } from '../../lib/local/stores/mysql-url.ts';
import { startOwnMongodb, startOwnMysql } from '../support/own-databases.ts';
import { connectToMysql } from '../../lib/local/stores/mysql-connection.ts';
import type { LambdaService } from '../../lib/local/lambda/lambda-service.ts';
import { startFlakyProxy, type FlakyProxy } from '../support/flaky-proxy.ts';
import { createPushFaults, type PushFaults } from '../support/push-faults.ts';
import { pushEnvironment, startPushService, type FakePushService } from '../support/push-service.ts';
import type { StoreName } from './schedule.ts';

/** A service whose stores, posts and functions the test can break. */
export interface Arena {
  readonly cloud: LocalCloud;
  readonly dataDirectory: string;
  readonly stores: Readonly<Record<StoreName, FlakyProxy>>;
  /** Drops, duplicates or delays the next posts to connections. */
  spoilPosts(fate: 'drop' | 'duplicate' | 'delay', count: number): void;
  readonly faults: PushFaults;
  /** The names of the functions that are running, as in the routes. */
  runningFunctions(): string[];
  /** The push service of the devices. */
  readonly pushes: FakePushService;
  /** Resolves when every store is reachable. */
  whenWhole(): Promise<unknown>;
  /** Runs the job that finds undispatched messages, as if more than 15 seconds had passed. */
  sweep(): Promise<void>;
  /** The number of messages in the dead-letter queues. */
  deadLetters(): Promise<number>;
  /** Ends all faults. */
  heal(): void;
  stop(): Promise<void>;
}

const DELAY_MS = 700;

const FUNCTION_PREFIX = 'chat-service-local-';

/** Counts the running invocations of each function. */
const countInvocations = (lambda: LambdaService, running: Map<string, number>): LambdaService => ({
  ...lambda,
  invoke: async (functionName, event) => {
    const name = functionName.replace(FUNCTION_PREFIX, '');
    running.set(name, (running.get(name) ?? 0) + 1);
    try {
      return await lambda.invoke(functionName, event);
    } finally {
      running.set(name, (running.get(name) ?? 0) - 1);
    }
  },
});

/** The number of messages in a queue, visible or not. */
const countIn = async (sqsUrl: string, queue: string): Promise<number> => {
  const response = await fetch(sqsUrl, {
    method: 'POST',
    headers: { 'x-amz-target': 'AmazonSQS.GetQueueAttributes' },
    body: JSON.stringify({
      QueueUrl: `https://sqs.eu-central-1.amazonaws.com/000000000000/chat-service-local-${queue}`,
    }),
  });
  const { Attributes: all } = (await response.json()) as { Attributes: Record<string, string> };
  return Number(all['ApproximateNumberOfMessages']) + Number(all['ApproximateNumberOfMessagesNotVisible']);
};

/**
 * Starts a local cloud on a new folder, with a proxy in front of each store. This process must have been started with
 * `pushEnvironment`, since certificate authorities are read when a process starts.
 */
export const openArena = async (): Promise<Arena> => {
  if (process.env['NODE_EXTRA_CA_CERTS'] === undefined) {
    throw new Error(
      'The push service of the tests is not trusted: set NODE_EXTRA_CA_CERTS, as npm run torture does.',
    );
  }
  // Lambda runs in UTC; worker threads inherit the time zone of their process.
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
  const running = new Map<string, number>();
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
    const pushFaults = createPushFaults(
      () => cloud.dynamodbUrl,
      () => whenWhole(),
    );
    stops.push(() => pushFaults.stop());
    const pushes = await startPushService({ beforeAnswer: pushFaults.beforeAnswer });
    stops.push(() => pushes.stop());
    let toDynamodb: FlakyProxy | undefined;
    let toSqs: FlakyProxy | undefined;
    const cloud = await startLocalCloud({
      dataDirectory: cloudDirectory,
      httpPort: 0,
      webSocketPort: 0,
      log,
      environment: {
        ...process.env,
        ...pushEnvironment,
        RATE_LIMITS: 'off',
        VALIDATE_OUTPUT: 'on',
        MYSQL_URL: toMysql.url,
        MONGODB_URL: toMongodb.url,
      },
      inFrontOfDynamodb: async (url) => {
        const dynamodb = await through(url);
        toDynamodb = dynamodb.proxy;
        return dynamodb.url;
      },
      inFrontOfSqs: async (url) => {
        const sqs = await through(url);
        toSqs = sqs.proxy;
        return sqs.url;
      },
      inFrontOfLambda: (lambda) => countInvocations(pushFaults.inFrontOfLambda(lambda), running),
      faults: {
        beforePost: async () => {
          const fate = fates.shift() ?? 'deliver';
          if (fate !== 'delay') return fate;
          await sleep(DELAY_MS);
          return 'deliver';
        },
      },
    });
    stops.push(() => cloud.stop());
    if (toDynamodb === undefined || toSqs === undefined) throw new Error('The cloud took no proxies');
    const stores = { mysql: toMysql.proxy, mongodb: toMongodb.proxy, dynamodb: toDynamodb, sqs: toSqs };
    const whenWhole = () => Promise.all(Object.values(stores).map((proxy) => proxy.whenPassing()));
    const db = await connectToMysql(mysql, {});
    stops.push(() => db.end());
    return {
      cloud,
      dataDirectory: cloudDirectory,
      stores,
      faults: pushFaults,
      pushes,
      runningFunctions: () => [...running].flatMap(([name, count]) => (count > 0 ? [name] : [])),
      whenWhole,
      sweep: async () => {
        await db.query('UPDATE chats SET updated_at = updated_at - INTERVAL 16 SECOND');
        await cloud.lambda.invoke('chat-service-local-sweep-dispatch', {});
      },
      deadLetters: async () => {
        const counts = ['dispatch', 'push'].map((queue) => countIn(cloud.sqsUrl, `${queue}-dead-letters`));
        return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
      },
      spoilPosts: (fate, count) => fates.push(...Array.from({ length: count }, () => fate)),
      heal: () => {
        fates.length = 0;
        pushFaults.heal();
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
