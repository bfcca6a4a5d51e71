import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  type AttributeValue,
  type KeysAndAttributes,
} from '@aws-sdk/client-dynamodb';
import { clientOptions, withoutUnneededMiddleware } from './aws-client.ts';
import { backOff, createDirectRequests } from './direct-requests.ts';
import { StoreUnavailableError } from './store-unavailable.ts';

const CONNECT_TIMEOUT_MS = 1000;
const ANSWER_TIMEOUT_MS = 2000;

/** The item commands: without binary attributes, their input and output are exactly the JSON of DynamoDB's protocol. */
const DIRECT = /^(BatchGetItem|DeleteItem|GetItem|PutItem|Query|Scan|UpdateItem)Command$/;

/**
 * Makes a client try item operations by a direct request first, and fall back to the SDK for any response but
 * success.
 */
const withDirectRequests = (client: DynamoDBClient): DynamoDBClient => {
  const sendDirectly = createDirectRequests(client, BatchGetItemCommand, {
    service: 'dynamodb',
    maxConnections: 50,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
  });

  /**
   * @returns the output, or undefined when DynamoDB returned any other error @throws ConditionalCheckFailedException
   */
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
          // The SDK retries the request, and throws its error.
        }
        await backOff();
        return next(args);
      },
    { step: 'initialize', name: 'directRequests', priority: 'high' },
  );
  return client;
};

/**
 * Opens a client with short timeouts, since DynamoDB responds within milliseconds. The SDK reads the endpoint from
 * the environment.
 */
export const openDynamodb = (): DynamoDBClient =>
  withDirectRequests(
    withoutUnneededMiddleware(
      new DynamoDBClient({
        ...clientOptions,
        // One SDK attempt, in addition to the direct one.
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

/**
 * Runs an operation. @throws StoreUnavailableError when DynamoDB does not respond or throttles, otherwise the
 * operation's error
 */
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

/** DynamoDB's limit of keys in one `BatchGetItem`. */
export const BATCH_KEYS = 100;

const BATCH_ATTEMPTS = 5;

/** Waits this many milliseconds; tests pass one that does not wait. */
type Pause = (ms: number) => Promise<unknown>;

/**
 * Sends a batch, and resends the items that DynamoDB left unprocessed: beyond 16 MB, or when a partition is
 * throttled. Pauses for a random time between the attempts, so that callers that were throttled together do not retry
 * together.
 *
 * @param items must not be empty
 * @param send sends one request and returns the unprocessed items
 * @throws StoreUnavailableError when some are unprocessed after five attempts
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
 * Reads up to `BATCH_KEYS` items of a table, including those that DynamoDB left unprocessed at first.
 *
 * @param how further fields of the request
 * @returns the items that exist, in any order
 * @throws StoreUnavailableError like `sendBatch` and `askDynamodb`
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
