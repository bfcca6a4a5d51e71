import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type * as z from 'zod';
import type { ConsumerRoute } from '../contract/route.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { RetryLaterError } from '../platform/retry-later.ts';
import { runHandler } from './run-handler.ts';

/** A message in the form in which a consumer gets it. */
export interface Received {
  /** How many times SQS has delivered it, including this time. */
  readonly receiveCount: number;
}

type QueueRecord = SQSEvent['Records'][number];

/** Converts `arn:aws:sqs:REGION:ACCOUNT:NAME` to `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`. */
const queueUrlOf = ({ eventSourceARN: arn }: QueueRecord): string => {
  const [, , , region = '', account = '', name = ''] = arn.split(':');
  return `https://sqs.${region}.amazonaws.com/${account}/${name}`;
};

/**
 * The Lambda handler of a queue's consumer. Messages of a batch are processed concurrently. Failed ones are delivered
 * again: after the queue's visibility timeout or, for a RetryLaterError, after the time that it names. The others are
 * done.
 *
 * @param startBatch creates the function that processes the messages of one batch
 * @param redeliverAfter makes a message visible again after some seconds; when that fails, the visibility timeout
 *   applies
 * @throws Error at the function's cold start when its environment lacks what the route needs
 */
export const consumerHandler = <Body extends z.ZodType>(
  route: ConsumerRoute,
  body: Body,
  startBatch: () => (work: z.output<Body>, received: Received) => Promise<void>,
  redeliverAfter: (queueUrl: string, receiptHandle: string, seconds: number) => Promise<void>,
) =>
  runHandler(
    route,
    'batch',
    async (event): Promise<SQSBatchResponse & { readonly messages: number }> => {
      const { Records: records } = event as SQSEvent;
      const work = startBatch();
      const postpone = async (record: QueueRecord, seconds: number): Promise<void> => {
        try {
          await redeliverAfter(queueUrlOf(record), record.receiptHandle, seconds);
        } catch (error) {
          logger.warn('The time of a retry was not set', { route: route.id, error: loggedError(error) });
        }
      };
      const consume = async (record: QueueRecord): Promise<boolean> => {
        try {
          const receiveCount = Number(record.attributes.ApproximateReceiveCount);
          await work(body.parse(JSON.parse(record.body)), { receiveCount });
          return true;
        } catch (error) {
          // Logs neither the message nor the validation issues: they may contain user content.
          logger.warn('A message of the queue comes back', { route: route.id, error: loggedError(error) });
          if (error instanceof RetryLaterError) {
            await postpone(record, error.seconds);
          }
          return false;
        }
      };
      const done = await Promise.all(records.map(consume));
      return {
        batchItemFailures: records
          .filter((_, index) => done[index] !== true)
          .map(({ messageId }) => ({ itemIdentifier: messageId })),
        messages: records.length,
      };
    },
    ({ batchItemFailures, messages }) => ({ messages, failed: batchItemFailures.length }),
  );
