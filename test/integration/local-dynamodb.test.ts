import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import {
  BatchGetItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import { startDynamodb, type LocalDynamodb, type TableDefinition } from '../../lib/local/stores/dynamodb.ts';
import { askInProcess, signedRequest } from '../support/requests-in-process.ts';

const TableName = 'connections';
const table: TableDefinition = {
  TableName,
  KeySchema: [{ AttributeName: 'user_id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'user_id', AttributeType: 'N' }],
  TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
};
const region = 'eu-central-1';

const folder = (t: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'local-dynamodb-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

const clientOf = ({ url }: LocalDynamodb): DynamoDBClient =>
  new DynamoDBClient({
    endpoint: url,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });

test('DynamoDB answers the unmodified SDK: returned values, conditions, a full batch', async (t) => {
  const store = await startDynamodb({ dataDirectory: folder(t), tables: [table], region, log: assert.fail });
  const client = clientOf(store);
  try {
    const update = (ReturnValues: 'ALL_OLD' | 'ALL_NEW' | 'UPDATED_NEW', connection: string) =>
      client.send(
        new UpdateItemCommand({
          TableName,
          Key: { user_id: { N: '1' } },
          UpdateExpression: 'SET #c = :v',
          ExpressionAttributeNames: { '#c': connection },
          ExpressionAttributeValues: { ':v': { M: { scope: { S: 'all' } } } },
          ReturnValues,
        }),
      );
    const scope = { M: { scope: { S: 'all' } } };
    const key = { user_id: { N: '1' } };
    assert.equal((await update('ALL_OLD', 'c#a')).Attributes, undefined);
    assert.deepEqual((await update('ALL_OLD', 'c#b')).Attributes, { ...key, 'c#a': scope });
    const all = (await update('ALL_NEW', 'c#c')).Attributes;
    assert.deepEqual(all, { ...key, 'c#a': scope, 'c#b': scope, 'c#c': scope });
    assert.deepEqual((await update('UPDATED_NEW', 'c#d')).Attributes, { 'c#d': scope });

    const put = new PutItemCommand({
      TableName,
      Item: key,
      ConditionExpression: 'attribute_not_exists(user_id)',
    });
    await assert.rejects(client.send(put), { name: 'ConditionalCheckFailedException' });

    const keys = Array.from({ length: 100 }, (_, i) => ({ user_id: { N: String(i + 1) } }));
    for (const Item of keys.slice(1)) await client.send(new PutItemCommand({ TableName, Item }));
    const batch = await client.send(
      new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: keys, ConsistentRead: true } } }),
    );
    assert.equal(batch.Responses?.[TableName]?.length, 100);
    assert.deepEqual(batch.UnprocessedKeys ?? {}, {});

    // The look-ups of broadcasts are answered without a socket and without dynalite, by the same items.
    const lookUp = async (RequestItems: object, target = 'BatchGetItem', more = {}): Promise<unknown> => {
      const request = {
        path: '/',
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': `DynamoDB_20120810.${target}`,
        },
        body: JSON.stringify({ RequestItems, ...more }),
      };
      const text = signedRequest(store.inProcess, 'dynamodb', 'local', request);
      const [response] = await askInProcess(store.inProcess, [text]);
      const [head, body] = response?.split('\r\n\r\n') ?? [];
      if (head === undefined || body === undefined) return undefined;
      assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
      assert.equal(Number(/content-length: (\d+)/.exec(head)?.[1]), Buffer.byteLength(body));
      return JSON.parse(body);
    };
    const byId = (items: readonly Record<string, AttributeValue>[] = []) =>
      items.toSorted((one, other) => Number(one['user_id']?.N) - Number(other['user_id']?.N));
    const asked = {
      [TableName]: { Keys: [...keys.slice(0, 50), { user_id: { N: '4711' } }], ConsistentRead: true },
    };
    const direct = (await lookUp(asked)) as typeof batch;
    const dynalites = await client.send(new BatchGetItemCommand({ RequestItems: asked }));
    assert.equal(direct.Responses?.[TableName]?.length, 50);
    assert.deepEqual(byId(direct.Responses[TableName]), byId(dynalites.Responses?.[TableName]));
    assert.deepEqual(direct.UnprocessedKeys, {});

    assert.equal(await lookUp(asked, 'BatchWriteItem'), undefined);
    assert.equal(await lookUp(asked, 'BatchGetItem', { ReturnConsumedCapacity: 'TOTAL' }), undefined);
    for (const Keys of [[], [key, key], [{ user_id: { S: '1' } }], [{ ...key, more: { N: '1' } }], [{}]]) {
      const refused = { [TableName]: { Keys } };
      assert.equal(await lookUp(refused), undefined, JSON.stringify(Keys));
      await assert.rejects(
        client.send(new BatchGetItemCommand({ RequestItems: refused })),
        { name: 'ValidationException' },
        JSON.stringify(Keys),
      );
    }
    const elsewhere = { nowhere: { Keys: [key] } };
    assert.equal(await lookUp(elsewhere), undefined);
    await assert.rejects(client.send(new BatchGetItemCommand({ RequestItems: elsewhere })), {
      name: 'ResourceNotFoundException',
    });
  } finally {
    client.destroy();
    await store.stop();
  }
});

test('DynamoDB answers no look-up without a socket that its caller may not make', async (t) => {
  const allowed = { Effect: 'Allow', Action: 'dynamodb:BatchGetItem', Resource: TableName };
  const store = await startDynamodb({
    dataDirectory: folder(t),
    tables: [table],
    region,
    log: assert.fail,
    principals: new Map([
      ['reader', { functionName: 'reader', statements: [allowed] }],
      ['stranger', { functionName: 'stranger', statements: [] }],
    ]),
  });
  const client = clientOf(store);
  try {
    const request = {
      path: '/',
      headers: { 'x-amz-target': 'DynamoDB_20120810.BatchGetItem' },
      body: JSON.stringify({ RequestItems: { [TableName]: { Keys: [{ user_id: { N: '1' } }] } } }),
    };
    // dynalite has read its table by then, and with it opened its store.
    await client.send(new GetItemCommand({ TableName, Key: { user_id: { N: '1' } } }));
    const text = (key: string, body = request.body): string =>
      signedRequest(store.inProcess, 'dynamodb', key, { ...request, body });
    const [stranger, broken, reader] = await askInProcess(store.inProcess, [
      text('stranger'),
      text('reader', '{"RequestItems":'),
      text('reader'),
    ]);
    assert.match(String(reader), /^HTTP\/1\.1 200 OK\r\n/);
    assert.deepEqual([stranger, broken], [undefined, undefined]);
  } finally {
    client.destroy();
    await store.stop();
  }
  // Who connects when its thread has ended learns it at once.
  const { port1, port2 } = new MessageChannel();
  const closed = new Promise((resolve) => port2.once('close', () => resolve('closed')));
  store.inProcess.connect(port1);
  assert.equal(await closed, 'closed');
});

test('DynamoDB keeps its items when it is started again', async (t) => {
  const options = { dataDirectory: folder(t), tables: [table], region, log: assert.fail };
  const first = await startDynamodb(options);
  const writer = clientOf(first);
  try {
    await writer.send(new PutItemCommand({ TableName, Item: { user_id: { N: '7' }, name: { S: 'seven' } } }));
  } finally {
    writer.destroy();
    await first.stop();
  }

  const second = await startDynamodb(options);
  const reader = clientOf(second);
  try {
    const { Item } = await reader.send(new GetItemCommand({ TableName, Key: { user_id: { N: '7' } } }));
    assert.equal(Item?.['name']?.S, 'seven');
  } finally {
    reader.destroy();
    await second.stop();
  }
});

test('DynamoDB says that its folder is damaged, and not that the disk is full', async (t) => {
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const options = { dataDirectory: folder(t), tables: [table], region, log };
  await (await startDynamodb(options)).stop();
  writeFileSync(join(options.dataDirectory, 'CURRENT'), '');
  await assert.rejects(startDynamodb(options));
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^DynamoDB: the database in .*local-dynamodb-.* cannot be opened: .*CURRENT/);
});

test('DynamoDB removes what ran out, and only that', async (t) => {
  const store = await startDynamodb({
    dataDirectory: folder(t),
    tables: [table],
    region,
    log: assert.fail,
    sweepMs: 20,
  });
  const client = clientOf(store);
  try {
    const now = Math.floor(Date.now() / 1000);
    const get = async (id: string) =>
      (await client.send(new GetItemCommand({ TableName, Key: { user_id: { N: id } } }))).Item;
    for (const [id, expires] of [
      ['2', now + 600],
      ['1', now - 600],
    ] as const) {
      const Item = { user_id: { N: id }, expires_at: { N: String(expires) } };
      await client.send(new PutItemCommand({ TableName, Item }));
    }
    // Each look is a request of its own, so this waits for the sweep and for no length of time.
    while ((await get('1')) !== undefined);
    assert.notEqual(await get('2'), undefined);
  } finally {
    client.destroy();
    await store.stop();
  }
});
