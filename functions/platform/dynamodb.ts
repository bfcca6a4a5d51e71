import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { clientOptions, trimmed } from './aws-client.ts';
import { backOff, directlyBy, type DirectAnswer } from './direct-request.ts';
import { StoreUnavailableError } from './store-unavailable.ts';

/** Operations on items: what goes in and comes out of them is JSON as it stands, where no attribute is binary. */
const DIRECT = /^(BatchGetItem|DeleteItem|GetItem|PutItem|Query|Scan|UpdateItem)Command$/;

/** The output in an answer; undefined when it is not one. @throws ConditionalCheckFailedException */
const outputOf = ({ status, body }: DirectAnswer): Record<string, unknown> | undefined => {
  if (status === 200) return JSON.parse(body) as Record<string, unknown>;
  if (status !== 400 || !body.includes('#ConditionalCheckFailedException')) return undefined;
  throw new ConditionalCheckFailedException({
    message: 'The conditional request failed',
    $metadata: { httpStatusCode: status },
  });
};

/** Has operations on items tried directly first; what is not answered as hoped, the SDK asks once more. */
const withDirectRequests = (client: DynamoDBClient): DynamoDBClient => {
  const sendDirectly = directlyBy(client, BatchGetItemCommand);
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const operation = DIRECT.exec(commandName)?.[1];
        if (operation === undefined) return next(args);
        let answer: DirectAnswer | undefined;
        try {
          answer = await sendDirectly({
            path: '/',
            headers: {
              'content-type': 'application/x-amz-json-1.0',
              'x-amz-target': `DynamoDB_20120810.${operation}`,
            },
            body: JSON.stringify(args.input),
          });
        } catch {
          // What was the matter, the SDK finds out and tells.
        }
        const output = answer && outputOf(answer);
        if (output !== undefined) return { output: { $metadata: {}, ...output }, response: answer };
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
