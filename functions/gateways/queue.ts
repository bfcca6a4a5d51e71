import { awsLocation, type AwsLocation } from '../platform/environment.ts';
import { slicesOf } from '../platform/slices.ts';
import { StoreUnavailableError } from '../platform/store-unavailable.ts';
import { signedRequestsTo } from './signed-request.ts';

export interface QueueMessage {
  readonly body: object;
  /** Seconds until consumers can receive it, at most 900. */
  readonly delaySeconds?: number;
}

/** An SQS queue. */
export interface Queue {
  /** Sends messages, ten per request. @throws StoreUnavailableError when some may not have been sent */
  send(messages: readonly QueueMessage[]): Promise<void>;
  /** Makes a received message visible again after some seconds. @throws StoreUnavailableError */
  changeVisibility(receiptHandle: string, seconds: number): Promise<void>;
}

/** SQS's maximum of messages per request. */
const BATCH = 10;

const ATTEMPTS = 2;
const TIMEOUT_MS = 2000;

/**
 * A queue through SQS's JSON protocol. The service uses two of its operations.
 *
 * @param url the queue's URL in SQS
 */
const createQueue = (url: string, { region, endpoint }: AwsLocation): Queue => {
  const request = signedRequestsTo({
    name: 'sqs',
    region,
    endpoint: endpoint ?? `https://sqs.${region}.amazonaws.com`,
    answerTimeoutMs: TIMEOUT_MS,
  });

  const attempt = async (operation: string, body: string): Promise<{ Failed?: readonly unknown[] }> => {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AmazonSQS.${operation}`,
    };
    const response = await request({ path: '/', headers, body });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`SQS answered ${operation} with ${response.status}`);
    return JSON.parse(text === '' ? '{}' : text) as { Failed?: readonly unknown[] };
  };

  /** Every request may be retried: consumers handle duplicate messages. */
  const ask = async (operation: string, input: object): Promise<void> => {
    const body = JSON.stringify({ QueueUrl: url, ...input });
    let failure: unknown;
    for (let made = 0; made < ATTEMPTS; made += 1) {
      try {
        const { Failed: failed = [] } = await attempt(operation, body);
        if (failed.length === 0) return;
        failure = new Error(`SQS did not take ${failed.length} messages`);
      } catch (error) {
        failure = error;
      }
    }
    throw new StoreUnavailableError('sqs', failure);
  };

  return {
    send: async (messages) => {
      await Promise.all(
        slicesOf(messages, BATCH).map((slice) =>
          ask('SendMessageBatch', {
            Entries: slice.map(({ body, delaySeconds }, index) => ({
              Id: String(index),
              MessageBody: JSON.stringify(body),
              ...(delaySeconds === undefined ? {} : { DelaySeconds: delaySeconds }),
            })),
          }),
        ),
      );
    },
    changeVisibility: (receiptHandle, seconds) =>
      ask('ChangeMessageVisibility', { ReceiptHandle: receiptHandle, VisibilityTimeout: seconds }),
  };
};

const queues = new Map<string, Queue>();

/** The queue with this URL, in this stage. */
export const queueAt = (url: string): Queue => {
  let queue = queues.get(url);
  if (queue === undefined) {
    queue = createQueue(url, awsLocation('SQS'));
    queues.set(url, queue);
  }
  return queue;
};
