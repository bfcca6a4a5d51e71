import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { sql } from 'kysely';
import { messageCollection, openMongodb } from '../../functions/platform/mongodb.ts';
import { openMysql } from '../../functions/platform/mysql.ts';
import { createConnectionRepository } from '../../functions/repositories/dynamodb/connections.ts';
import { createHttpClient } from '../../lib/client/http-client.ts';
import type { Message } from '../../functions/routes/schemas.ts';
import { startLocalCloud, type LocalCloud } from '../../lib/local/cloud.ts';
import { about, newGroup, newPersonAt, send } from '../support/people.ts';

/** A cloud in this process, for the tests look into its stores. */
const dataDirectory = mkdtempSync(join(tmpdir(), 'chat-service-jobs-'));
let cloud: LocalCloud;

before(async () => {
  // Lambda's time zone, which worker threads take from their process.
  process.env['TZ'] = 'UTC';
  cloud = await startLocalCloud({ dataDirectory, httpPort: 0, webSocketPort: 0, log: () => undefined });
});
after(async () => {
  await cloud.stop();
  rmSync(dataDirectory, { recursive: true, force: true });
});

const runJob = (name: string) => cloud.lambda.invoke(`chat-service-local-${name}`, {});

const newConversation = async () => {
  const api = createHttpClient(`${cloud.httpUrl}/api/v1`);
  const [ada, grace] = await Promise.all([
    newPersonAt(api, cloud.websocketUrl, 'ada'),
    newPersonAt(api, cloud.websocketUrl, 'grace'),
  ]);
  const { id: chatId } = await newGroup(ada, grace);
  return { ada, grace, chatId };
};

const withContents = async <T>(
  use: (contents: ReturnType<typeof messageCollection>) => Promise<T>,
): Promise<T> => {
  const client = openMongodb(cloud.mongodbUrl);
  try {
    return await use(messageCollection(client, 'chat'));
  } finally {
    await client.close();
  }
};

/** A UUIDv7 of a moment. */
const idMadeAt = (time: number): string => {
  const hex = time.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${randomUUID().slice(15)}`;
};

test('contents without metadata go once they are older than an hour, and nothing else does', async () => {
  const { ada, chatId } = await newConversation();
  const kept = await send(ada, chatId, 'kept');
  const old = idMadeAt(Date.now() - 61 * 60_000);
  const young = idMadeAt(Date.now() - 59 * 60_000);
  await withContents(async (contents) => {
    await contents.insertMany(
      [old, young].map((messageId) => ({
        message_id: messageId,
        chat_id: chatId,
        sender_id: 1,
        content: 'orphan',
        words: 'orphan',
        timestamp: new Date(),
        edited_at: null,
      })),
    );
    assert.deepEqual(await runJob('reap-orphans'), { examined: 1, removed: 1 });
    const left = await contents.find({ chat_id: chatId }).toArray();
    assert.deepEqual(
      left.map((content) => content.message_id).toSorted(),
      [kept.message_id, young].toSorted(),
    );
  });
  // What was examined is not examined again.
  assert.deepEqual(await runJob('reap-orphans'), { examined: 0, removed: 0 });
});

test('contents of messages deleted more than 30 days ago go, their numbers stay', async () => {
  const { ada, chatId } = await newConversation();
  const longAgo = await send(ada, chatId, 'long ago');
  const lately = await send(ada, chatId, 'lately');
  const kept = await send(ada, chatId, 'kept');
  for (const { id } of [longAgo, lately]) await ada.api.request('DELETE', `/messages/${id}`);
  const { host, port, user, password, database } = cloud.mysql;
  const db = openMysql(async () => ({ host, port, user, password, database, tls: false }), {
    connections: 1,
  });
  try {
    await sql`
      UPDATE message_metadata SET deleted_at = UTC_TIMESTAMP(3) - INTERVAL 32 DAY
      WHERE id = ${longAgo.id}`.execute(db);
  } finally {
    await db.destroy();
  }
  assert.deepEqual(await runJob('purge-deleted'), { examined: 1, removed: 1 });
  await withContents(async (contents) => {
    const left = await contents.find({ chat_id: chatId }).toArray();
    assert.deepEqual(
      left.map((content) => content.message_id).toSorted(),
      [lately.message_id, kept.message_id].toSorted(),
    );
  });
  const { body } = await ada.api.request<Message>('GET', `/messages/${longAgo.id}`);
  assert.deepEqual([body.content, body.seq], [null, 1]);
  const restored = await ada.api.request<{ code: string }>('POST', `/messages/${longAgo.id}/restore`);
  assert.deepEqual([restored.status, restored.body.code], [409, 'restore_window_over']);
  assert.deepEqual(await runJob('purge-deleted'), { examined: 0, removed: 0 });
});

test('a connection whose lease is over is ended, and its chats are told', async () => {
  const { ada, grace, chatId } = await newConversation();
  const watching = await grace.connect();
  // Who connects first hears of the other.
  const dying = await ada.connect(chatId);
  await watching.take(about('user_joined', chatId));
  dying.send({ type: 'typing', chat_id: chatId, content: 'start' });
  await watching.take(about('typing_started', chatId));

  const client = new DynamoDBClient({
    endpoint: cloud.dynamodbUrl,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    const { TableNames = [] } = await client.send(new ListTablesCommand());
    const table = TableNames.find((name) => name.includes('Connections')) ?? '';
    const connections = createConnectionRepository(
      () => client,
      () => table,
    );
    const [own] = await connections.findByUsers([ada.id]);
    await connections.renewLease(ada.id, own?.connectionId ?? '', 1);
  } finally {
    client.destroy();
  }

  const report = (await runJob('reap-connections')) as { ended: number; failed: number };
  assert.deepEqual([report.ended, report.failed], [1, 0]);
  await watching.take(about('typing_stopped', chatId));
  await watching.take(about('user_left', chatId));
  await dying.closed;
  await watching.close();
});

test('a young key is left alone, and nobody has to log in again', async () => {
  const { ada } = await newConversation();
  // The key of the deployment is young, so this run leaves it; test/unit/rotate-signing-keys.test.ts has the others.
  assert.deepEqual(await runJob('create-signing-key'), { created: false });
  assert.deepEqual(await runJob('rotate-signing-keys'), { rotated: false });
  assert.equal((await ada.api.request('GET', '/users/me')).status, 200);
});

test('a job is run by hand beside the service that is running', async () => {
  const run = (...names: string[]) =>
    promisify(execFile)(process.execPath, ['bin/job.ts', ...names, '--data', dataDirectory]);
  const { stdout } = await run('reap-orphans');
  assert.deepEqual(Object.keys(JSON.parse(stdout) as object), ['examined', 'removed']);
  await assert.rejects(run('nonsense'), /Name a job[^]*purge-deleted/);
});
