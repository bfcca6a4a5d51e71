import assert from 'node:assert/strict';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  ListTablesCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { PushWork } from '../../functions/notifications/work.ts';
import type { LambdaService } from '../../lib/local/lambda/lambda-service.ts';

/** Faults of the consumers of the push queues. */
export const pushFaults = [
  /** `dispatch-messages` dies while it runs. */
  'dispatch dies',
  /** `send-pushes` dies right after it has been invoked. */
  'sender dies before',
  /** `send-pushes` dies after the push service has received the push, and before the response. */
  'sender dies after',
  /** A queue delivers a batch twice: alternately in parallel and one after the other. */
  'comes twice',
] as const;
export type PushFault = (typeof pushFaults)[number];

export interface PushFaults {
  readonly inFrontOfLambda: (lambda: LambdaService) => LambdaService;
  /** To be called by the push service with each push before it responds. */
  readonly beforeAnswer: () => Promise<void>;
  /** Plans this many more faults of a kind. */
  readonly plan: (fault: PushFault, count: number) => void;
  /** Cancels all planned faults. */
  readonly heal: () => void;
  /** The number of faults that have occurred, by kind. */
  readonly happened: Readonly<Record<PushFault, number>>;
  /**
   * The number of times that a device may get a message again: once for each function that had it and died, or could
   * not record it; both may have happened after the push service's response (decision 62).
   */
  readonly mayRepeat: (endpoint: string, chatId: number, seq: number) => number;
  readonly stop: () => void;
}

type Batch = SQSEvent['Records'];

/** The maximal number of deaths in a row for one batch, less than the five attempts after which SQS gives up. */
const DEATHS_MAX = 3;
const ATTEMPTS_MAX = 5;

const workOf = ({ body }: Batch[number]): PushWork => JSON.parse(body) as PushWork;
const keyOf = ({ token, chat_id: chatId, seq }: Pick<PushWork, 'token' | 'chat_id' | 'seq'>): string =>
  `${token} ${chatId} ${seq}`;
const failuresOf = (batch: Batch, { batchItemFailures: failures }: SQSBatchResponse): Batch =>
  batch.filter(({ messageId }) => failures.some(({ itemIdentifier }) => itemIdentifier === messageId));

/**
 * Injects faults into the consumers of the push queues. To save the tests time, failed work is delivered again as soon
 * as all stores are reachable, instead of after the visibility timeout, and the claim of a dead function ends at once,
 * instead of after 20 s.
 *
 * @param dynamodbUrl the URL of DynamoDB with the claims, bypassing all proxies
 * @param whenWhole resolves when every store is reachable
 */
export const createPushFaults = (
  dynamodbUrl: () => string,
  whenWhole: () => Promise<unknown>,
): PushFaults => {
  const none = { 'dispatch dies': 0, 'sender dies before': 0, 'sender dies after': 0, 'comes twice': 0 };
  const planned: Record<PushFault, number> = { ...none };
  const happened: Record<PushFault, number> = { ...none };
  const repeats = new Map<string, number>();
  /** Running invocations of `send-pushes`. */
  const sending = new Set<{ readonly batch: Batch; readonly attempts: number }>();
  /** Claims that are being ended: meanwhile no function may take a claim, which would also be ended. */
  const endings = new Set<Promise<void>>();
  let killSenders = (): Promise<void> => Promise.resolve();
  let table: { readonly name: string; readonly dynamodb: DynamoDBClient } | undefined;

  const openTable = async (): Promise<NonNullable<typeof table>> => {
    if (table !== undefined) return table;
    const dynamodb = new DynamoDBClient({
      endpoint: dynamodbUrl(),
      region: 'eu-central-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    const { TableNames: names = [] } = await dynamodb.send(new ListTablesCommand({}));
    table = { name: names.find((name) => /sessions/i.test(name)) ?? '', dynamodb };
    return table;
  };
  const isSending = (record: Batch[number]): boolean =>
    [...sending].some(({ batch }) => batch.some((other) => keyOf(workOf(other)) === keyOf(workOf(record))));

  const take = (fault: PushFault): boolean => {
    if (planned[fault] === 0) return false;
    const isDeath = fault.startsWith('sender dies');
    if (isDeath && [...sending].some(({ attempts }) => attempts > DEATHS_MAX)) return false;
    planned[fault] -= 1;
    happened[fault] += 1;
    return true;
  };

  /** Ends the claim of a push whose sender has died. */
  const endClaim = async (record: Batch[number]): Promise<void> => {
    const { device_id: deviceId, chat_id: chatId, seq } = workOf(record);
    const { name, dynamodb } = await openTable();
    try {
      await dynamodb.send(
        new UpdateItemCommand({
          TableName: name,
          Key: { pk: { S: `push#${deviceId}` }, sk: { S: `${chatId}#${seq}` } },
          UpdateExpression: 'SET held_until = :zero',
          ConditionExpression: 'attribute_exists(held_until)',
          ExpressionAttributeValues: { ':zero': { N: '0' } },
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  };

  /**
   * Invokes a consumer, and kills it at once if that is planned. @returns the failed records; all of them when the
   * consumer died
   */
  const attempt = async (
    lambda: LambdaService,
    functionName: string,
    batch: Batch,
    attempts: number,
  ): Promise<Batch> => {
    while (endings.size > 0) await Promise.all(endings);
    const isSender = functionName.endsWith('-send-pushes');
    // A push that the consumer enqueues again arrives as a new record, so its earlier attempts are counted, too.
    const attemptsOfPush = (record: Batch[number]): number => workOf(record).attempt + attempts - 1;
    const run = { batch, attempts: isSender ? Math.max(...batch.map(attemptsOfPush)) : attempts };
    if (isSender) sending.add(run);
    try {
      const running = lambda.invoke(functionName, { Records: batch }) as Promise<SQSBatchResponse>;
      const result = running.then(
        (answer) => failuresOf(batch, answer),
        () => batch,
      );
      if (isSender && take('sender dies before')) await lambda.kill(functionName);
      if (!isSender && attempts <= DEATHS_MAX && take('dispatch dies')) await lambda.kill(functionName);
      const left = await result;
      if (isSender)
        for (const key of left.map(workOf).map(keyOf)) repeats.set(key, (repeats.get(key) ?? 0) + 1);
      return left;
    } finally {
      sending.delete(run);
    }
  };

  /**
   * Delivers a batch again until no record fails, as the queue does. @returns the records that are left to the real
   * queue
   */
  const deliver = async (lambda: LambdaService, functionName: string, all: Batch): Promise<Batch> => {
    const isSender = functionName.endsWith('-send-pushes');
    const toQueue: Batch = [];
    let batch = all;
    for (let attempts = 1; batch.length > 0; attempts += 1) {
      assert.ok(attempts <= ATTEMPTS_MAX, `${functionName} leaves dead letters`);
      const left = await attempt(lambda, functionName, batch, attempts);
      await whenWhole();
      const again = left.filter((record) => !isSender || !isSending(record));
      toQueue.push(...left.filter((record) => !again.includes(record)));
      if (isSender) {
        const ending = Promise.all(again.map(endClaim)).then(() => undefined);
        endings.add(ending);
        await ending.finally(() => endings.delete(ending));
      }
      batch = again.map((record) => ({
        ...record,
        attributes: { ...record.attributes, ApproximateReceiveCount: String(attempts + 1) },
      }));
    }
    return toQueue;
  };

  return {
    happened,
    inFrontOfLambda: (lambda) => {
      killSenders = () => lambda.kill('chat-service-local-send-pushes');
      return {
        ...lambda,
        invoke: async (functionName, event) => {
          if (!/-(dispatch-messages|send-pushes)$/.test(functionName))
            return lambda.invoke(functionName, event);
          const { Records: batch } = event as SQSEvent;
          const once = (): Promise<Batch> => deliver(lambda, functionName, batch);
          const isTwice = take('comes twice');
          const isAtOnce = isTwice && happened['comes twice'] % 2 === 0;
          const [left, others] = isAtOnce ? await Promise.all([once(), once()]) : [await once()];
          if (isTwice && !isAtOnce) await once();
          // A record that one of two deliveries has completed does not count as failed.
          const failed = left.filter(
            ({ messageId }) => others?.some((other) => other.messageId === messageId) ?? true,
          );
          return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
        },
      };
    },
    beforeAnswer: async () => {
      if (take('sender dies after')) await killSenders();
    },
    plan: (fault, count) => {
      planned[fault] += count;
    },
    heal: () => Object.assign(planned, none),
    mayRepeat: (endpoint, chatId, seq) => repeats.get(keyOf({ token: endpoint, chat_id: chatId, seq })) ?? 0,
    stop: () => table?.dynamodb.destroy(),
  };
};
