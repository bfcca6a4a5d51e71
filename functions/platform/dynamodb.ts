import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
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
