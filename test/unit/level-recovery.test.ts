import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { Level } from 'level';
import { recoverLevel } from '../../lib/local/stores/level-recovery.ts';

const NAMES = ['put', 'del', 'batch', 'get', 'getSync', 'close'] as const;

// The local DynamoDB replaces methods of LevelDB, which dynalite uses. If a release of either used other methods, the
// replacements would silently have no effect.
suite('what is put into LevelDB is what dynalite goes through', () => {
  test('dynalite has the LevelDB that is changed', () => {
    const require = createRequire(import.meta.url);
    const ofDynalite = createRequire(require.resolve('dynalite'));
    assert.equal(ofDynalite.resolve('level'), require.resolve('level'));
  });

  test('reads and writes of items pass by the methods that are changed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chat-service-level-'));
    const called = new Set<string>();
    const methods = Level.prototype as unknown as Record<string, (...given: unknown[]) => unknown>;
    for (const name of NAMES) {
      const original = methods[name];
      assert.equal(typeof original, 'function', `Level has no ${name}`);
      methods[name] = function (this: unknown, ...given) {
        called.add(name);
        return original?.apply(this, given);
      };
    }
    recoverLevel(folder, () => undefined);
    const server = dynalite({ path: folder, createTableMs: 0 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = new DynamoDBClient({
      region: 'eu-central-1',
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    try {
      const TableName = 'items';
      await client.send(
        new CreateTableCommand({
          TableName,
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          BillingMode: 'PAY_PER_REQUEST',
        }),
      );
      // It writes to the table of tables once more, and takes no item until then.
      await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.02, maxDelay: 1 }, { TableName });
      called.clear();
      await client.send(new PutItemCommand({ TableName, Item: { id: { S: 'a' } } }));
      assert.ok(called.has('put') || called.has('batch'), `A write called ${[...called].join(', ')}`);
      called.clear();
      const { Item: item } = await client.send(new GetItemCommand({ TableName, Key: { id: { S: 'a' } } }));
      assert.deepEqual(item, { id: { S: 'a' } });
      // Its `get` has been replaced by one that reads in place.
      assert.deepEqual([...called], ['getSync']);
    } finally {
      client.destroy();
      server.closeAllConnections();
      const closed = once(server, 'close');
      server.close();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
