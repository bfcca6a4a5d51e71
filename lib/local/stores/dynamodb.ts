import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import {
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  ScanCommand,
  waitUntilTableExists,
  type AttributeDefinition,
  type AttributeValue,
  type GlobalSecondaryIndex,
  type KeySchemaElement,
} from '@aws-sdk/client-dynamodb';
import { LOOK_UP, type GuardedTable } from '../iam/dynamodb-request.ts';
import type { Principals } from '../iam/role-policies.ts';
import type { ServerInProcess } from '../requests-in-process.ts';

/** A table as its CloudFormation properties describe it. */
export interface TableDefinition {
  readonly TableName: string;
  readonly KeySchema: KeySchemaElement[];
  readonly AttributeDefinitions: AttributeDefinition[];
  readonly GlobalSecondaryIndexes?: GlobalSecondaryIndex[];
  readonly TimeToLiveSpecification?: { readonly AttributeName?: string; readonly Enabled: boolean };
}

export interface LocalDynamodb {
  readonly url: string;
  readonly description: string;
  /** How functions on this machine reach it without a socket. */
  readonly inProcess: ServerInProcess;
  /** Replaces the principals whose requests are checked. */
  authorize(principals: Principals): void;
  stop(): Promise<void>;
}

export interface DynamodbOptions {
  /** A folder used only by DynamoDB; its data survives a restart. */
  readonly dataDirectory: string;
  readonly tables: readonly TableDefinition[];
  readonly region: string;
  readonly log: (line: string) => void;
  /** The functions whose requests are checked; any other caller may do anything. Default: none. */
  readonly principals?: Principals;
  /** Returns the ARN of a table as it appears in the policies of `principals`. */
  readonly arnOf?: (tableName: string) => string;
  /** The thread that `loadDynamodb` started with this folder. Default: it is started now. */
  readonly thread?: DynamodbThread;
  /** The interval at which expired items are removed. */
  readonly sweepMs?: number;
}

const SWEEP_MS = 60_000;
const CREATION_TIMEOUT_SECONDS = 60;

const createTable = async (client: DynamoDBClient, table: TableDefinition): Promise<void> => {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: table.TableName,
        KeySchema: table.KeySchema,
        AttributeDefinitions: table.AttributeDefinitions,
        ...(table.GlobalSecondaryIndexes === undefined
          ? {}
          : { GlobalSecondaryIndexes: table.GlobalSecondaryIndexes }),
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
  } catch (error) {
    // The table exists from an earlier start.
    if (!(error instanceof Error) || error.name !== 'ResourceInUseException') throw error;
  }
  // A table that is still being created rejects every request.
  await waitUntilTableExists(
    { client, maxWaitTime: CREATION_TIMEOUT_SECONDS, minDelay: 0.02, maxDelay: 1 },
    { TableName: table.TableName },
  );
};

/** Removes expired items (TTL), which DynamoDB does by itself and dynalite does not. */
const sweep = async (client: DynamoDBClient, table: TableDefinition): Promise<void> => {
  const attribute = table.TimeToLiveSpecification?.AttributeName;
  if (attribute === undefined || table.TimeToLiveSpecification?.Enabled !== true) return;
  const keyNames = new Set(table.KeySchema.map(({ AttributeName: name }) => name));
  const condition = {
    ExpressionAttributeNames: { '#ttl': attribute },
    ExpressionAttributeValues: { ':now': { N: String(Math.floor(Date.now() / 1000)) } },
  };
  let from: Record<string, AttributeValue> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({
        TableName: table.TableName,
        FilterExpression: '#ttl < :now',
        ...condition,
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      }),
    );
    for (const item of page.Items ?? []) {
      const key = Object.entries(item).filter(([name]) => keyNames.has(name));
      try {
        await client.send(
          new DeleteItemCommand({
            TableName: table.TableName,
            Key: Object.fromEntries(key),
            // The item may have been renewed since the scan.
            ConditionExpression: '#ttl < :now',
            ...condition,
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    }
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
};

/** dynalite in its own thread. */
export interface DynamodbThread {
  readonly worker: Worker;
  /** The port on which it listens, once it has got the tables. */
  readonly listening: Promise<number>;
}

/**
 * Loads dynalite; possible before the tables are known.
 *
 * @param dataDirectory a folder used only by DynamoDB; its data survives a restart
 */
export const loadDynamodb = (dataDirectory: string): DynamodbThread => {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const worker = new Worker(new URL('dynamodb-worker.ts', import.meta.url), {
    workerData: { path: dataDirectory },
    name: 'dynamodb',
  });
  const listening = Promise.withResolvers<number>();
  worker.on('message', ({ port }: { port?: number }) => port !== undefined && listening.resolve(port));
  worker.once('error', listening.reject);
  worker.once('exit', () => listening.reject(new Error('DynamoDB ended as it was started')));
  // Callers that await the promise get the error; this prevents an unhandled rejection.
  listening.promise.catch(() => undefined);
  return { worker, listening: listening.promise };
};

/** DynamoDB for one machine: dynalite, with the tables of the templates. */
export const startDynamodb = async (options: DynamodbOptions): Promise<LocalDynamodb> => {
  const { tables, region, log, principals = new Map(), arnOf = (name) => name } = options;
  const { worker, listening } = options.thread ?? loadDynamodb(options.dataDirectory);
  const guarded: GuardedTable[] = tables.map(({ TableName: name, KeySchema: keys }) => ({
    name,
    arn: arnOf(name),
    partitionKey: keys.find(({ KeyType: type }) => type === 'HASH')?.AttributeName ?? '',
  }));
  worker.postMessage({ principals, guarded });
  const host = '127.0.0.1';
  const port = await listening;
  let hasEnded = false;
  worker.once('exit', () => (hasEnded = true));
  worker.on('message', ({ log: line }: { log?: string }) => {
    if (line !== undefined) log(line);
  });
  const url = `http://${host}:${port}`;
  const client = new DynamoDBClient({
    endpoint: url,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    await Promise.all(tables.map((table) => createTable(client, table)));
  } catch (error) {
    await worker.terminate();
    throw error;
  }

  let sweeping: Promise<void> | undefined;
  const sweepAll = async (): Promise<void> => {
    try {
      await Promise.all(tables.map((table) => sweep(client, table)));
    } catch (error) {
      log(`DynamoDB: items that ran out were not removed: ${String(error)}`);
    }
    sweeping = undefined;
  };
  const timer = setInterval(() => {
    sweeping ??= sweepAll();
  }, options.sweepMs ?? SWEEP_MS);

  return {
    url,
    inProcess: {
      host,
      port,
      accepts: LOOK_UP,
      connect: (messages) => {
        if (hasEnded) messages.close();
        else worker.postMessage({ messages }, [messages]);
      },
    },
    description: `DynamoDB: dynalite, port ${port}, ${tables.length} tables`,
    authorize: (authorized) => worker.postMessage({ principals: authorized }),
    stop: async () => {
      clearInterval(timer);
      await sweeping;
      client.destroy();
      const exited = once(worker, 'exit');
      worker.postMessage('close');
      await exited;
      await worker.terminate();
    },
  };
};
