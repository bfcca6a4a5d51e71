import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import {
  BatchGetItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import { startDynamodb, type LocalDynamodb, type TableDefinition } from '../../lib/local/stores/dynamodb.ts';

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

    // Asked for what it has consumed, too, dynalite itself answers: the same items.
    const byId = (items: readonly Record<string, AttributeValue>[] = []) =>
      items.toSorted((one, other) => Number(one['user_id']?.N) - Number(other['user_id']?.N));
    const asked = { Keys: [...keys.slice(0, 50), { user_id: { N: '4711' } }], ConsistentRead: true };
    const answers = await Promise.all(
      [undefined, 'TOTAL' as const].map((ReturnConsumedCapacity) =>
        client.send(
          new BatchGetItemCommand({ RequestItems: { [TableName]: asked }, ReturnConsumedCapacity }),
        ),
      ),
    );
    assert.deepEqual(
      answers.map(({ ConsumedCapacity: consumed }) => consumed?.length),
      [undefined, 1],
    );
    const [direct, dynalites] = answers.map(({ Responses }) => byId(Responses?.[TableName]));
    assert.equal(direct?.length, 50);
    assert.deepEqual(direct, dynalites);
    for (const Keys of [[], [key, key], [{ user_id: { S: '1' } }], [{ ...key, more: { N: '1' } }], [{}]]) {
      const refused = new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys } } });
      await assert.rejects(client.send(refused), { name: 'ValidationException' }, JSON.stringify(Keys));
    }
    const elsewhere = new BatchGetItemCommand({ RequestItems: { nowhere: { Keys: [key] } } });
    await assert.rejects(client.send(elsewhere), { name: 'ResourceNotFoundException' });
  } finally {
    client.destroy();
    await store.stop();
  }
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
