import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { startEventSources } from '../../lib/local/event-sources.ts';
import { openQueue, type QueueDefinition } from '../../lib/local/sqs/local-queue.ts';
import { startSqs } from '../../lib/local/sqs/sqs-server.ts';
import type { Principals } from '../../lib/local/iam/role-policies.ts';

const arnOf = (name: string): string => `arn:aws:sqs:eu-central-1:000000000000:${name}`;
const definition = (name: string, more: Partial<QueueDefinition> = {}): QueueDefinition => ({
  name,
  arn: arnOf(name),
  url: `https://sqs.eu-central-1.amazonaws.com/000000000000/${name}`,
  visibilityTimeout: 30,
  retention: 3600,
  ...more,
});
const work = definition('work', { redrive: { arn: arnOf('dead'), maxReceiveCount: 2 } });

const folderOf = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'local-sqs-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
};

/** A queue with a clock that the test moves. */
const newQueue = (t: TestContext, more: Partial<QueueDefinition> = {}) => {
  const file = join(folderOf(t), 'queue.jsonl');
  let now = 1_000_000;
  const moved: string[] = [];
  const open = () =>
    openQueue(
      { ...work, ...more },
      file,
      (arn, body) => void moved.push(`${arn} ${body}`),
      () => now,
    );
  const pass = (seconds: number): void => {
    now += seconds * 1000;
  };
  return { open, pass, moved, file };
};

test('a message is received by one until its visibility timeout, and then again', (t) => {
  const { open, pass, moved } = newQueue(t);
  const queue = open();
  queue.send('one', 0);
  const [first] = queue.receive(10);
  assert.deepEqual([first?.body, first?.attributes.ApproximateReceiveCount], ['one', '1']);
  assert.deepEqual(queue.receive(10), []);
  pass(30);
  const [second] = queue.receive(10);
  assert.equal(second?.attributes.ApproximateReceiveCount, '2');
  queue.remove(first?.receiptHandle ?? '');
  pass(30);
  assert.deepEqual(queue.receive(10), [], 'received twice: the third time it is given up');
  assert.deepEqual(moved, [`${arnOf('dead')} one`]);
});

test('a message that is removed, or too old, does not come again', (t) => {
  const { open, pass } = newQueue(t);
  const queue = open();
  queue.send('done', 0);
  queue.send('old', 0);
  const received = queue.receive(1);
  queue.remove(received[0]?.receiptHandle ?? '');
  pass(3601);
  assert.deepEqual(queue.receive(10), []);
  assert.deepEqual(queue.counts(), { visible: 0, delayed: 0 });
});

test('a message waits for its delay, and for the visibility that its consumer sets', (t) => {
  const { open, pass } = newQueue(t);
  const queue = open();
  queue.send('later', 10);
  assert.deepEqual(queue.counts(), { visible: 0, delayed: 1 });
  assert.deepEqual(queue.receive(10), []);
  pass(10);
  const [message] = queue.receive(10);
  assert.equal(queue.changeVisibility(message?.receiptHandle ?? '', 5), true);
  pass(5);
  assert.equal(queue.receive(10).length, 1);
  assert.equal(queue.changeVisibility(message?.receiptHandle ?? '', 5), false, 'the receipt is an old one');
});

test('a message does not wait for a clock that stepped back', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const queue = openQueue(work, join(folderOf(t), 'queue.jsonl'), () => undefined);
  queue.send('one', 0);
  t.mock.timers.setTime(0);
  assert.deepEqual(
    queue.receive(10).map(({ body }) => body),
    ['one'],
  );
});

test('what was sent survives, also after a write that broke off', (t) => {
  const { open, pass, file } = newQueue(t);
  const queue = open();
  queue.send('one', 0);
  queue.send('two', 0);
  queue.remove(queue.receive(1)[0]?.receiptHandle ?? '');
  appendFileSync(file, '{"id":"half');
  const again = open();
  assert.deepEqual(
    again.receive(10).map(({ body }) => body),
    ['two'],
  );
  const third = open();
  assert.deepEqual(third.receive(10), [], 'in flight still');
  pass(30);
  assert.equal(third.receive(10)[0]?.attributes.ApproximateReceiveCount, '2');
});

test('the server answers as SQS does, and refuses who may not', async (t) => {
  const principals: Principals = new Map([
    [
      'SENDER',
      {
        functionName: 'sender',
        statements: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: work.arn }],
      },
    ],
  ]);
  const sqs = await startSqs({
    queues: [work, definition('dead')],
    dataDirectory: folderOf(t),
    host: '127.0.0.1',
    principals,
  });
  t.after(() => sqs.stop());
  const ask = async (operation: string, input: object, key = 'anybody') => {
    const response = await fetch(sqs.url, {
      method: 'POST',
      headers: {
        'x-amz-target': `AmazonSQS.${operation}`,
        authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260101/eu-central-1/sqs/aws4_request, x`,
      },
      body: JSON.stringify({ QueueUrl: work.url, ...input }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, never> };
  };
  const entries = [
    { Id: 'a', MessageBody: 'one' },
    { Id: 'b', MessageBody: 'two', DelaySeconds: 901 },
  ];
  const batch = (await ask('SendMessageBatch', { Entries: entries }, 'SENDER')).body as Record<
    string,
    { Id: string }[]
  >;
  assert.deepEqual(
    batch['Successful']?.map(({ Id }) => Id),
    ['a'],
  );
  assert.deepEqual(
    batch['Failed']?.map(({ Id }) => Id),
    ['b'],
  );
  const refused = await ask('ReceiveMessage', {}, 'SENDER');
  assert.deepEqual([refused.status, refused.body['__type']], [400, 'AccessDenied']);
  const received = (await ask('ReceiveMessage', { MaxNumberOfMessages: 10 })).body as Record<
    string,
    { Body: string; ReceiptHandle: string; MD5OfBody: string }[]
  >;
  const [message] = received['Messages'] ?? [];
  assert.deepEqual([message?.Body, message?.MD5OfBody], ['one', 'f97c5d29941bfb1b2fdab0874906ab82']);
  assert.deepEqual(await ask('ReceiveMessage', {}), { status: 200, body: {} });
  const entry = { Id: 'a', ReceiptHandle: message?.ReceiptHandle };
  assert.equal((await ask('DeleteMessageBatch', { Entries: [entry] })).status, 200);
  const gone = await ask('ChangeMessageVisibility', {
    ReceiptHandle: message?.ReceiptHandle,
    VisibilityTimeout: 1,
  });
  assert.equal(gone.body['__type'], 'MessageNotInflight');
  const wrong = await ask('SendMessage', { QueueUrl: 'https://elsewhere/', MessageBody: 'x' });
  assert.equal(wrong.body['__type'], 'com.amazonaws.sqs#QueueDoesNotExist');
  const unknown = await ask('PurgeQueue', {});
  assert.equal(unknown.body['__type'], 'UnsupportedOperation');
});

test('an event source invokes its function with batches, and what it reports comes back', async (t) => {
  const file = join(folderOf(t), 'queue.jsonl');
  const queue = openQueue({ ...work, visibilityTimeout: 0 }, file, () => undefined);
  for (const body of ['one', 'fails', 'two', 'three']) queue.send(body, 0);
  const batches: string[][] = [];
  const finished = Promise.withResolvers<void>();
  const stop = startEventSources({
    sources: [
      {
        functionName: 'consumer',
        queueArn: work.arn,
        batchSize: 3,
        maximumConcurrency: 1,
        reportsFailures: true,
      },
    ],
    queueOf: () => queue,
    invoke: async (functionName, event) => {
      assert.equal(functionName, 'consumer');
      const { Records: records } = event as {
        Records: { body: string; messageId: string; eventSource: string }[];
      };
      batches.push(records.map(({ body }) => body));
      if (batches.length === 1) throw new Error('The function died');
      if (batches.length === 3) finished.resolve();
      assert.ok(records.every(({ eventSource }) => eventSource === 'aws:sqs'));
      const failed = batches.length === 2 ? records.filter(({ body }) => body === 'fails') : [];
      return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    },
    region: 'eu-central-1',
    log: () => undefined,
  });
  await finished.promise;
  stop();
  assert.deepEqual(batches.slice(0, 2), [
    ['one', 'fails', 'two'],
    ['one', 'fails', 'two'],
  ]);
  assert.ok(batches[2]?.includes('three'));
});
