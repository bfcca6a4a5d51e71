import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  type AttributeValue,
  type KeysAndAttributes,
} from '@aws-sdk/client-dynamodb';
import { clientOptions, trimmed } from './aws-client.ts';
import { backOff, directlyBy } from './direct-request.ts';
import { StoreUnavailableError } from './store-unavailable.ts';

const CONNECT_TIMEOUT_MS = 1000;
const ANSWER_TIMEOUT_MS = 2000;

/** The commands on items: without binary attributes, their input and output are the JSON of DynamoDB's protocol. */
const DIRECT = /^(BatchGetItem|DeleteItem|GetItem|PutItem|Query|Scan|UpdateItem)Command$/;

/** Makes a client try operations on items directly first, and fall back to the SDK for any answer but success. */
const withDirectRequests = (client: DynamoDBClient): DynamoDBClient => {
  const sendDirectly = directlyBy(client, BatchGetItemCommand, {
    service: 'dynamodb',
    maxConnections: 50,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
  });

  /** @returns the output, or undefined when DynamoDB answered another error @throws ConditionalCheckFailedException */
  const ask = async (operation: string, input: object): Promise<Record<string, unknown> | undefined> => {
    const response = await sendDirectly({
      path: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
      },
      body: JSON.stringify(input),
    });
    const answer = JSON.parse(await response.text()) as Record<string, unknown>;
    if (response.status === 200) return answer;
    if (!String(answer['__type']).endsWith('#ConditionalCheckFailedException')) return undefined;
    throw new ConditionalCheckFailedException({
      message: 'The conditional request failed',
      $metadata: { httpStatusCode: response.status },
    });
  };

  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const operation = DIRECT.exec(commandName)?.[1];
        if (operation === undefined) return next(args);
        try {
          const output = await ask(operation, args.input);
          if (output !== undefined) return { output: { $metadata: {}, ...output }, response: undefined };
        } catch (error) {
          if (error instanceof ConditionalCheckFailedException) throw error;
          // The SDK repeats the request, and reports its error.
        }
        await backOff();
        return next(args);
      },
    { step: 'initialize', name: 'directRequests', priority: 'high' },
  );
  return client;
};

/** Opens a client with short timeouts, since DynamoDB answers in milliseconds. The SDK reads the endpoint by itself. */
export const openDynamodb = (): DynamoDBClient =>
  withDirectRequests(
    trimmed(
      new DynamoDBClient({
        ...clientOptions,
        // In addition to the direct attempt.
        maxAttempts: 1,
        requestHandler: {
          connectionTimeout: CONNECT_TIMEOUT_MS,
          requestTimeout: ANSWER_TIMEOUT_MS,
          throwOnRequestTimeout: true,
        },
      }),
    ),
  );

let instance: DynamoDBClient | undefined;

/** The client of this Lambda function. */
export const dynamodb = (): DynamoDBClient => (instance ??= openDynamodb());

/** Runs an operation. @throws StoreUnavailableError when DynamoDB did not answer or throttles, otherwise its error */
export const askDynamodb = async <T>(operation: () => Promise<T>): Promise<T> => {
  try {
    return await operation();
  } catch (error) {
    const { name, code, $metadata } = error as {
      name?: string;
      code?: string;
      $metadata?: { httpStatusCode?: number };
    };
    const status = $metadata?.httpStatusCode;
    const isAway =
      status === undefined
        ? name === 'TimeoutError' || /^E[A-Z]+$/.test(code ?? '') || name === 'AbortError'
        : status >= 500 ||
          name === 'ProvisionedThroughputExceededException' ||
          name === 'ThrottlingException';
    throw isAway ? new StoreUnavailableError('dynamodb', error) : error;
  }
};

/** Keys in one `BatchGetItem`: a limit of DynamoDB. */
export const BATCH_KEYS = 100;

const BATCH_ATTEMPTS = 5;

/** Waits so many milliseconds; tests do not. */
type Pause = (ms: number) => Promise<unknown>;

/**
 * Sends a batch, and again what DynamoDB left of it: beyond 16 MB, or when a partition is throttled. Pauses between the
 * attempts, at random, so that those who were throttled together do not come back together.
 *
 * @param items at least one
 * @param send sends one request, and returns the items that DynamoDB left
 * @throws StoreUnavailableError when some are left after five attempts
 */
export const sendBatch = async <Item>(
  items: readonly Item[],
  send: (items: Item[]) => Promise<Item[] | undefined>,
  pause: Pause = sleep,
): Promise<void> => {
  let waiting = [...items];
  for (let attempt = 1; ; attempt += 1) {
    const sent = waiting;
    waiting = (await askDynamodb(() => send(sent))) ?? [];
    if (waiting.length === 0) return;
    if (attempt === BATCH_ATTEMPTS) {
      throw new StoreUnavailableError('dynamodb', new Error(`${waiting.length} items of a batch were left`));
    }
    await pause(50 * 2 ** attempt * Math.random());
  }
};

/**
 * Reads up to `BATCH_KEYS` items of a table; none is missing for want of throughput.
 *
 * @param how the fields of the request beside its keys
 * @returns the items that exist, in any order
 * @throws StoreUnavailableError as `sendBatch`, and as `askDynamodb`
 */
export const batchGet = async (
  client: DynamoDBClient,
  tableName: string,
  keys: readonly Record<string, AttributeValue>[],
  how: Omit<KeysAndAttributes, 'Keys'>,
  pause?: Pause,
): Promise<Record<string, AttributeValue>[]> => {
  const items: Record<string, AttributeValue>[] = [];
  if (keys.length === 0) return items;
  await sendBatch(
    keys,
    async (asked) => {
      const answer = await client.send(
        new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: asked, ...how } } }),
      );
      items.push(...(answer.Responses?.[tableName] ?? []));
      return answer.UnprocessedKeys?.[tableName]?.Keys;
    },
    pause,
  );
  return items;
};
