import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import type { ConsumerRoute } from '../../functions/contract/route.ts';
import { logger } from '../../functions/platform/logger.ts';
import { RetryLaterError } from '../../functions/platform/retry-later.ts';
import { consumerHandler } from '../../functions/transport/consumers.ts';

const route: ConsumerRoute = {
  transport: 'consumer',
  id: 'send-pushes',
  summary: 'Works on numbers',
  queue: 'push',
  mostAtOnce: 1,
  needs: [],
  errors: [],
};

const batchOf = (...numbers: number[]): SQSEvent => ({
  Records: numbers.map((number) => ({
    messageId: `message-${number}`,
    receiptHandle: `receipt-${number}`,
    body: String(number),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: 'sender',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:numbers',
    awsRegion: 'eu-central-1',
  })),
});

test('a message whose retry cannot be set to its time comes back all the same, and that is logged', async (t) => {
  const warnings = t.mock.method(logger, 'warn', () => undefined).mock;
  t.mock.method(logger, 'info', () => undefined);
  Object.assign(process.env, { STAGE: 'test', SERVICE_VERSION: '0.0.0' });
  t.after(() => {
    delete process.env['STAGE'];
    delete process.env['SERVICE_VERSION'];
  });
  const asked: unknown[] = [];
  const handler = consumerHandler(
    route,
    z.int(),
    () => async (number) => {
      if (number > 1) throw new RetryLaterError('Not yet', 60 * number);
    },
    async (...request) => {
      asked.push(request);
      throw new Error('AccessDenied');
    },
  );
  const answer = await handler(batchOf(1, 2), { awsRequestId: 'request' });
  assert.deepEqual(answer.batchItemFailures, [{ itemIdentifier: 'message-2' }]);
  assert.deepEqual(asked, [
    ['https://sqs.eu-central-1.amazonaws.com/000000000000/numbers', 'receipt-2', 120],
  ]);
  const told = warnings.calls.map(({ arguments: [, fields] }) => JSON.stringify(fields));
  assert.equal(told.length, 2);
  assert.match(told[1] ?? '', /send-pushes.*AccessDenied/);
});
