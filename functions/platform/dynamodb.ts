import { text } from 'node:stream/consumers';
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { clientOptions, trimmed } from './aws-client.ts';
import { backOff, directlyBy } from './direct-request.ts';
import { StoreUnavailableError } from './store-unavailable.ts';

/** Operations on items: what goes in and comes out of them is JSON as it stands, where no attribute is binary. */
const DIRECT = /^(BatchGetItem|DeleteItem|GetItem|PutItem|Query|Scan|UpdateItem)Command$/;

/** Has operations on items tried directly first; what is not answered as hoped, the SDK asks once more. */
const withDirectRequests = (client: DynamoDBClient): DynamoDBClient => {
  const sendDirectly = directlyBy(client, BatchGetItemCommand);

  /** @returns the output, or undefined when the answer is none @throws ConditionalCheckFailedException */
  const ask = async (operation: string, input: object): Promise<Record<string, unknown> | undefined> => {
    const { status, body } = await sendDirectly({
      path: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
      },
      body: JSON.stringify(input),
    });
    const answer = JSON.parse(await text(body)) as Record<string, unknown>;
    if (status === 200) return answer;
    if (!String(answer['__type']).endsWith('#ConditionalCheckFailedException')) return undefined;
    throw new ConditionalCheckFailedException({
      message: 'The conditional request failed',
      $metadata: { httpStatusCode: status },
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
          // What else is the matter, the SDK finds out and tells.
        }
        await backOff();
        return next(args);
      },
    { step: 'initialize', name: 'directRequests', priority: 'high' },
  );
  return client;
};

/** A client of the place that the environment names; DynamoDB answers in milliseconds or is asked once more. */
export const openDynamodb = (): DynamoDBClient =>
  withDirectRequests(
    trimmed(
      new DynamoDBClient({
        ...clientOptions,
        // After the direct one.
        maxAttempts: 1,
        requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
      }),
    ),
  );

let instance: DynamoDBClient | undefined;

/** The function's own client. */
export const dynamodb = (): DynamoDBClient => (instance ??= openDynamodb());

/** Runs an operation; when DynamoDB is away rather than refusing, the error says so. */
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
