import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientOptions, trimmed } from './aws-client.ts';
import { StoreUnavailableError } from './store-unavailable.ts';

let instance: DynamoDBClient | undefined;

/** The function's own client; DynamoDB answers in milliseconds or is asked once more. */
export const dynamodb = (): DynamoDBClient =>
  (instance ??= trimmed(
    new DynamoDBClient({
      ...clientOptions,
      maxAttempts: 2,
      requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
    }),
  ));

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
