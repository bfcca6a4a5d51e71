import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { sql } from 'kysely';
import sharp from 'sharp';
import { httpRoutes } from '../../functions/contract/table.ts';
import { messageCollection, openMongodb } from '../../functions/platform/mongodb.ts';
import { openMysql } from '../../functions/platform/mysql/mysql.ts';
import { createConnectionStore } from '../../functions/presence/stores/connections.ts';
import { createSessionStore, type SessionStore } from '../../functions/sessions/stores/sessions.ts';
import type { RemoveReportsReport } from '../../functions/moderation/remove-reports.ts';
import { createGroupStore } from '../../functions/chats/stores/groups.ts';
import { createContentStore } from '../../functions/messages/stores/contents.ts';
import { createUserStore } from '../../functions/users/stores/users.ts';
import type { Attachment, ChatDetail, Message, Page } from '../../functions/contract/schemas.ts';
import type { Storage } from '../../functions/files/contract.ts';
import type { SyncAnswer } from '../../functions/sync/contract.ts';
import type { Actor } from '../../functions/sessions/actor.ts';
import { liveGroups } from '../../functions/chats/change-group.ts';
import { deleteAccount, type DeleteAccountEffects } from '../../functions/users/delete-account.ts';
import { endSessions } from '../../functions/sessions/end-sessions.ts';
import { openChatSocket } from '../../lib/bench/plain-chat-socket.ts';
import { createHttpClient } from '../../lib/bench/plain-http-client.ts';
import { startLocalCloud, type LocalCloud } from '../../lib/local/cloud.ts';
import { startFlakyProxy, type FlakyProxy } from '../support/flaky-proxy.ts';
import { localObjectKeys } from '../support/local-objects.ts';
import { ownDatabases } from '../support/own-databases.ts';
import { isAbout, newGroup, newPersonAt, send, type Person } from '../support/people.ts';
import { ready, textFile, uploaded } from '../support/uploads.ts';

/** The cloud runs in this process, since the tests access its stores. */
const dataDirectory = mkdtempSync(join(tmpdir(), 'chat-service-jobs-'));
const databases = ownDatabases(dataDirectory);
let cloud: LocalCloud;
let dynamodb: FlakyProxy;

before(async () => {
  // Lambda's time zone, which worker threads take from their process.
  process.env['TZ'] = 'UTC';
  cloud = await startLocalCloud({
    dataDirectory,
    httpPort: 0,
    webSocketPort: 0,
    log: () => undefined,
    environment: { ...process.env, ...databases.environment, RATE_LIMITS: 'off', VALIDATE_OUTPUT: 'on' },
    inFrontOfDynamodb: async (url) => {
      const { hostname, port } = new URL(url);
      dynamodb = await startFlakyProxy({ host: hostname, port: Number(port) });
      return url.replace(`${hostname}:${port}`, `127.0.0.1:${dynamodb.port}`);
    },
  });
});
after(async () => {
  await cloud.stop();
  await dynamodb.stop();
  await databases.drop();
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

/** The keys of the objects that belong to these files. */
const objectsOf = (ids: readonly string[]): string[] =>
  localObjectKeys(dataDirectory).filter((key) => ids.some((id) => key.includes(id)));

/** The name of the bucket for files. */
const bucketOfFiles = (): string => {
  const name = readdirSync(join(dataDirectory, 's3')).find((bucket) => bucket.includes('files'));
  assert.ok(name !== undefined);
  return name;
};

const withContents = async <T>(
  use: (contents: ReturnType<typeof messageCollection>) => Promise<T>,
): Promise<T> => {
  const client = openMongodb(cloud.mongodbUrl);
  try {
    return await use(messageCollection(client, cloud.mongodbDatabase));
  } finally {
    await client.close();
  }
};

/** Runs a function with a client of the cloud's DynamoDB and the table whose name contains a word. */
const withTable = async <T>(
  word: string,
  use: (client: DynamoDBClient, table: string) => Promise<T>,
): Promise<T> => {
  const client = new DynamoDBClient({
    endpoint: cloud.dynamodbUrl,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    const { TableNames = [] } = await client.send(new ListTablesCommand());
    return await use(client, TableNames.find((name) => name.includes(word)) ?? '');
  } finally {
    client.destroy();
  }
};

/** A UUIDv7 with a given time. */
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
        words: ['orphan'],
        timestamp: new Date(),
        edited_at: null,
      })),
    );
    assert.deepEqual(await runJob('reap-orphans'), { edits: 0, examined: 1, removed: 1, complete: true });
    const left = await contents.find({ chat_id: chatId }).toArray();
    assert.deepEqual(
      left.map((content) => content.message_id).toSorted(),
      [kept.message_id, young].toSorted(),
    );
  });
  // What was examined is not examined again.
  assert.deepEqual(await runJob('reap-orphans'), { edits: 0, examined: 0, removed: 0, complete: true });
});

test('edits that broke off after their commit are found at once, and put in order after an hour', async () => {
  const { ada, chatId } = await newConversation();
  const edited = await send(ada, chatId, 'first');
  const kept = await send(ada, chatId, 'kept');
  const found = async (word: string) => {
    const { body } = await ada.api.request<Page<Message>>('GET', `/messages/search?q=${word}`);
    return body.items.map(({ content }) => content);
  };
  const [inForce, failed] = ['second', 'never'].map((content) => ({
    edit_id: idMadeAt(Date.now() - 61 * 60_000),
    content,
  }));
  assert.ok(inForce !== undefined && failed !== undefined);
  const at = (message: Message) => ({ ...message, timestamp: new Date(message.timestamp) });
  await withContents(async (messages) => {
    const contents = createContentStore(async () => messages);
    await contents.stageEdit(at(edited), inForce);
    await contents.stageEdit(at(kept), failed);
    await contents.stageEdit(at(kept), { edit_id: idMadeAt(Date.now() - 59 * 60_000), content: 'young' });
    assert.deepEqual(
      [await found('first'), await found('second'), await found('never')],
      [['first'], [], []],
    );
    // As the transaction of an edit leaves it.
    await withMysql((db) =>
      db
        .updateTable('message_metadata')
        .set({ edit_id: inForce.edit_id, edited_at: new Date() })
        .where('id', '=', edited.id)
        .execute(),
    );
    assert.deepEqual([await found('first'), await found('second')], [[], ['second']]);

    const report = await runJob('reap-orphans');
    assert.deepEqual(
      { ...(report as object), examined: 0 },
      { edits: 2, examined: 0, removed: 0, complete: true },
    );
    assert.deepEqual(
      [await found('first'), await found('second'), await found('kept')],
      [[], ['second'], ['kept']],
    );
    const left = await messages.find({ chat_id: chatId }, { sort: { message_id: 1 } }).toArray();
    assert.deepEqual(
      left.map(({ content, words, edits }) => [content, words, edits?.map((edit) => edit.content)]),
      [
        ['second', ['second'], []],
        // The one that is staged keeps the index from being put in order.
        ['kept', ['kept', 'never', 'young'], ['young']],
      ],
    );
  });
});

test('contents of messages deleted more than 30 days ago go, their numbers stay', async () => {
  const { ada, chatId } = await newConversation();
  const longAgo = await send(ada, chatId, 'long ago');
  const lately = await send(ada, chatId, 'lately');
  const kept = await send(ada, chatId, 'kept');
  for (const { id } of [longAgo, lately]) await ada.api.request('DELETE', `/messages/${id}`);
  const db = openMysql(async () => cloud.mysql, { connections: 1 });
  try {
    await sql`
      UPDATE message_metadata SET deleted_at = UTC_TIMESTAMP(3) - INTERVAL 32 DAY
      WHERE id = ${longAgo.id}`.execute(db);
  } finally {
    await db.destroy();
  }
  assert.deepEqual(await runJob('purge-deleted'), { removed: 1, complete: true });
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
  assert.deepEqual(await runJob('purge-deleted'), { removed: 0, complete: true });
});

suite('files that nobody can see any more go, and nothing is left of them', () => {
  const makeOld = (ids: readonly string[]) =>
    withMysql((db) =>
      db
        .updateTable('attachments')
        .set({ created_at: new Date(Date.now() - 25 * 60 * 60 * 1000) })
        .where('attachment_id', 'in', ids)
        .execute(),
    );

  test('those that were never sent, a day after their upload began', async () => {
    const { ada, chatId } = await newConversation();
    const pending = await uploaded(ada, textFile('pending'));
    const unsent = await ready(ada, textFile('unsent'));
    const young = await ready(ada, textFile('young'));
    const sent = await ready(ada, textFile('sent'));
    await send(ada, chatId, '', { attachment_ids: [sent.id] });
    await makeOld([pending, unsent.id, sent.id]);
    assert.deepEqual(await runJob('remove-files'), { removed: 2, complete: true });
    assert.deepEqual(objectsOf([pending, unsent.id]), []);
    assert.deepEqual(objectsOf([young.id, sent.id]), [`f/${sent.id}`, `f/${young.id}`].toSorted());
    for (const id of [pending, unsent.id]) {
      assert.equal((await ada.api.request('GET', `/attachments/${id}`)).status, 404);
    }
    assert.deepEqual(await runJob('remove-files'), { removed: 0, complete: true });
  });

  test('the rows of those that their uploader deleted, with what was put there since', async () => {
    const { ada } = await newConversation();
    const { id } = await ready(ada, textFile('deleted'));
    assert.equal((await ada.api.request('DELETE', `/attachments/${id}`)).status, 204);
    assert.deepEqual(objectsOf([id]), []);
    await makeOld([id]);
    assert.deepEqual(await runJob('remove-files'), { removed: 1, complete: true });
    assert.deepEqual(await runJob('remove-files'), { removed: 0, complete: true });
  });

  test('those whose removal broke off after its first step', async () => {
    const { ada } = await newConversation();
    const { id } = await ready(ada, textFile('broken off'));
    await withMysql((db) =>
      db.updateTable('attachments').set({ status: 'removed' }).where('attachment_id', '=', id).execute(),
    );
    assert.equal((await ada.api.request('GET', `/attachments/${id}`)).status, 404);
    await makeOld([id]);
    assert.deepEqual(await runJob('remove-files'), { removed: 1, complete: true });
    assert.deepEqual(objectsOf([id]), []);
  });

  test('avatars that were replaced, and not those that are shown', async () => {
    const { ada, chatId } = await newConversation();
    const bytes = Uint8Array.from(
      await sharp({ create: { width: 4, height: 4, channels: 3, background: '#c40' } })
        .png()
        .toBuffer(),
    );
    const file = { bytes, file_name: 'me.png', content_type: 'image/png' };
    const newAvatar = async () => (await ready(ada, file, { purpose: 'avatar' })).id;
    const [former, own, ofGroup, unused] = [
      await newAvatar(),
      await newAvatar(),
      await newAvatar(),
      await newAvatar(),
    ];
    for (const id of [former, own]) await ada.api.request('PUT', '/users/me/avatar', { attachment_id: id });
    await ada.api.request('PUT', `/chats/${chatId}`, { avatar_id: ofGroup });
    assert.deepEqual(objectsOf([former]), [`f/${former}`, `t/${former}`]);
    await makeOld([former, own, ofGroup, unused]);
    assert.deepEqual(await runJob('remove-files'), { removed: 2, complete: true });
    assert.deepEqual(objectsOf([former, unused]), []);
    assert.deepEqual(
      objectsOf([own, ofGroup]),
      ['a/', 'f/', 't/'].flatMap((prefix) => [own, ofGroup].toSorted().map((id) => `${prefix}${id}`)),
    );
    // A departure that breaks off after the account was deactivated.
    await withMysql((db) => createUserStore(() => db).deactivate(ada.id));
    await runJob('finish-departures');
    assert.deepEqual(objectsOf([own]), [`f/${own}`, `t/${own}`]);
    assert.deepEqual(await runJob('remove-files'), { removed: 1, complete: true });
    assert.deepEqual(objectsOf([own]), []);
  });

  test('those of messages that can be restored no more', async () => {
    const { ada, chatId } = await newConversation();
    const [one, two] = [await ready(ada, textFile('one')), await ready(ada, textFile('two'))];
    const longAgo = await send(ada, chatId, '', { attachment_ids: [one.id] });
    const lately = await send(ada, chatId, '', { attachment_ids: [two.id] });
    for (const { id } of [longAgo, lately]) await ada.api.request('DELETE', `/messages/${id}`);
    // Later than what the test before has purged.
    await withMysql((db) =>
      sql`UPDATE message_metadata SET deleted_at = UTC_TIMESTAMP(3) - INTERVAL 31 DAY - INTERVAL 1 SECOND
        WHERE id = ${longAgo.id}`.execute(db),
    );
    await withMysql((db) => sql`DELETE FROM job_progress WHERE job = 'purge-deleted'`.execute(db));
    await runJob('purge-deleted');
    assert.deepEqual(objectsOf([one.id, two.id]), [`f/${two.id}`]);
    const { body } = await ada.api.request<{ used_bytes: number }>('GET', '/users/me/storage');
    assert.equal(body.used_bytes, two.size);
  });
});

test('a connection whose lease is over is ended, and its chats are told', async () => {
  const { ada, grace, chatId } = await newConversation();
  const watching = await grace.connect();
  // Who connects first hears of the other.
  const dying = await ada.connect(chatId);
  await watching.take(isAbout('user_joined', chatId));
  dying.send({ type: 'typing', chat_id: chatId, content: 'start' });
  await watching.take(isAbout('typing_started', chatId));

  await withTable('Connections', async (client, table) => {
    const connections = createConnectionStore(
      () => client,
      () => table,
    );
    const [own] = await connections.findByUsers([ada.id]);
    await connections.renewLease(ada.id, own?.connectionId ?? '', 1);
  });

  const report = (await runJob('reap-connections')) as { ended: number; failed: number };
  assert.deepEqual([report.ended, report.failed], [1, 0]);
  await watching.take(isAbout('typing_stopped', chatId));
  await watching.take(isAbout('user_left', chatId));
  await dying.closed;
  await watching.close();
});

const withMysql = async <T>(use: (db: ReturnType<typeof openMysql>) => Promise<T>): Promise<T> => {
  const { host, port, user, password, database } = cloud.mysql;
  const db = openMysql(async () => ({ host, port, user, password, database, tls: false }), {
    connections: 2,
    queryTimeoutMs: 60_000,
  });
  try {
    return await use(db);
  } finally {
    await db.destroy();
  }
};

interface Session {
  readonly access_token: string;
  readonly refresh_token: string;
}

const logInAs = async ({ username, password }: Person): Promise<Session> => {
  const api = createHttpClient(`${cloud.httpUrl}/api/v1`);
  const { status, body } = await api.request<Session>('POST', '/users/login', { username, password });
  assert.equal(status, 200);
  return body;
};

/** The user of an access token. */
const actorOf = ({ access_token: token }: Session, { id, username }: Person): Actor => {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  const { sid, exp } = JSON.parse(payload) as { sid: string; exp: number };
  return { userId: id, username, sessionId: sid, tokenExpiresAt: exp };
};

suite('deactivating an account', () => {
  const STEPS = [
    'restrictToDeletion',
    'endSessions',
    'endConnections',
    'deactivate',
    'endSessions',
    'endConnections',
    'setAvatar',
    'withdrawAvatar',
    'leaveGroups',
    'endSessions',
    'closeConnections',
    'setDeparted',
  ] as const;
  /** The step that ends the session that asks. */
  const ENDED = STEPS.lastIndexOf('endSessions');

  /** Real stores, of which one fails at a step: before it does what it shall, or after. */
  const failingAt = (
    db: ReturnType<typeof openMysql>,
    sessions: SessionStore,
    at: number,
    moment: 'before' | 'after',
  ): DeleteAccountEffects => {
    const users = createUserStore(() => db);
    const groups = createGroupStore(() => db, 100, 2000);
    let step = -1;
    const taking = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      step += 1;
      assert.equal(name, STEPS[step]);
      if (step === at && moment === 'before') throw new Error('It broke off');
      const result = await work();
      if (step === at) throw new Error('It broke off');
      return result;
    };
    return {
      clock: () => new Date(),
      withinPasswordLimit: (_, run) => run(),
      sessions: {
        restrictToDeletion: (key) => taking('restrictToDeletion', () => sessions.restrictToDeletion(key)),
      },
      endSessions: (id, except) =>
        taking('endSessions', () => endSessions(id, except, undefined, { sessions })),
      endConnections: () => taking('endConnections', async () => undefined),
      closeConnections: () => taking('closeConnections', async () => undefined),
      users: {
        findPasswordHashOfAny: (id) => users.findPasswordHashOfAny(id),
        deactivate: (id) => taking('deactivate', () => users.deactivate(id)),
        setAvatar: (id, avatarId) => taking('setAvatar', () => users.setAvatar(id, avatarId)),
        setDeparted: (id, time) => taking('setDeparted', () => users.setDeparted(id, time)),
      },
      withdrawAvatar: () => taking('withdrawAvatar', async () => undefined),
      shown: liveGroups,
      chats: {
        leaveGroups: (id, limit) => taking('leaveGroups', () => groups.leaveGroups(id, limit)),
      },
    };
  };

  /** Whether somebody is gone for good. */
  const assertGone = async (
    person: Person,
    other: Person,
    chatId: number,
    sessions: readonly Session[],
  ): Promise<void> => {
    const api = createHttpClient(`${cloud.httpUrl}/api/v1`);
    for (const { refresh_token: token } of sessions) {
      const refreshed = await api.request('POST', '/users/refresh', { refresh_token: token });
      assert.equal(refreshed.status, 401);
    }
    assert.equal((await other.api.request('GET', `/users/${person.id}`)).status, 404);
    const { body } = await other.api.request<ChatDetail>('GET', `/chats/${chatId}`);
    assert.deepEqual(
      body.participants.map(({ id, is_admin: isAdmin }) => [id, isAdmin]),
      [[other.id, true]],
    );
  };

  /** The statuses of what a session may do: to read, to change something, to connect, to be refreshed. */
  const powersOf = async (session: Session): Promise<(number | string)[]> => {
    const api = createHttpClient(`${cloud.httpUrl}/api/v1`);
    const as = api.as(session.access_token);
    const read = await as.request('GET', '/users/me');
    const changed = await as.request('PUT', '/users/me', { full_name: 'Ada' });
    const connected = await openChatSocket(cloud.websocketUrl, session.access_token).then(
      async (socket) => {
        await socket.close();
        return 'open';
      },
      () => 'refused',
    );
    const refreshed = await api.request('POST', '/users/refresh', { refresh_token: session.refresh_token });
    return [read.status, changed.status, connected, refreshed.status];
  };

  for (const moment of ['before', 'after'] as const) {
    for (const [at, step] of STEPS.entries()) {
      test(`that breaks off ${moment} step ${at + 1}, ${step}, is finished by the next try or by the job`, async () => {
        const { ada, grace, chatId } = await newConversation();
        const [own, other] = [await logInAs(ada), await logInAs(ada)];
        const actor = actorOf(own, ada);
        await withMysql((db) =>
          withTable('Sessions', async (client, table) => {
            const sessions = createSessionStore(
              () => client,
              () => table,
            );
            await assert.rejects(
              deleteAccount(actor, ada.password, failingAt(db, sessions, at, moment)),
              /It broke off/,
            );
          }),
        );
        const isRestricted = at > 0 || moment === 'after';
        assert.deepEqual(
          await powersOf(own),
          isRestricted ? [401, 401, 'refused', 401] : [200, 200, 'open', 200],
        );
        const api = createHttpClient(`${cloud.httpUrl}/api/v1`).as(own.access_token);
        const wrong = await api.request('DELETE', '/users/me', { password: 'not the password' });
        const again = await api.request('DELETE', '/users/me', { password: ada.password });
        // The session that asks ends last: only then is there nobody left to ask, and the job has the rest.
        const hasEnded = at > ENDED || (at === ENDED && moment === 'after');
        assert.deepEqual([wrong.status, again.status], hasEnded ? [401, 401] : [403, 204]);
        const report = await runJob('finish-departures');
        const isNoted = at === STEPS.length - 1 && moment === 'after';
        assert.deepEqual(report, { departed: hasEnded && !isNoted ? 1 : 0, groupsLeft: 0, complete: true });
        await assertGone(ada, grace, chatId, [own, other]);
      });
    }
  }

  test('that nobody repeats is finished by the job alone', async () => {
    const { ada, grace, chatId } = await newConversation();
    const session = await logInAs(ada);
    const watching = await grace.connect();
    await withMysql(async (db) => createUserStore(() => db).deactivate(ada.id));
    assert.deepEqual(await runJob('finish-departures'), {
      departed: 1,
      groupsLeft: 1,
      complete: true,
    });
    await watching.take(isAbout('participants_removed', chatId));
    const { chat } = await watching.take(({ type }) => type === 'chat_updated');
    assert.equal((chat as ChatDetail).is_admin, true);
    await watching.close();
    await assertGone(ada, grace, chatId, [session]);
  });

  test('of somebody who was put into 1,300 groups is done in time', async () => {
    const { ada, grace } = await newConversation();
    const groupsOf = (db: ReturnType<typeof openMysql>) =>
      db
        .selectFrom('chat_participants as seat')
        .innerJoin('chats', 'chats.id', 'seat.chat_id')
        .select('chats.id')
        .where('seat.user_id', '=', ada.id)
        .where('chats.chat_type', '=', 'group')
        .execute();
    await withMysql(async (db) => {
      const at = new Date();
      const group = {
        chat_type: 'group' as const,
        name: 'Trap',
        direct_key: null,
        created_at: at,
        updated_at: at,
      };
      const { insertId } = await db
        .insertInto('chats')
        .values(Array.from({ length: 1300 }, () => group))
        .executeTakeFirstOrThrow();
      const ids = Array.from({ length: 1300 }, (_, index) => Number(insertId) + index);
      await db
        .insertInto('chat_participants')
        .values(
          ids.flatMap((chatId) =>
            [grace, ada].map(({ id }) => ({
              chat_id: chatId,
              user_id: id,
              joined_at: at,
              is_admin: id === grace.id,
            })),
          ),
        )
        .execute();
      assert.equal((await groupsOf(db)).length, 1301);
    });
    const left = await ada.api.request('DELETE', '/users/me', { password: ada.password });
    assert.equal(left.status, 204);
    await runJob('finish-departures');
    assert.deepEqual(await withMysql(groupsOf), []);
  });
});

suite('a file in which there is a threat', () => {
  /** What GuardDuty says of an object, as it documents it. */
  const verdictOn = (
    objectKey: string,
    scanResultStatus = 'THREATS_FOUND',
    bucketName = bucketOfFiles(),
  ) => ({
    version: '0',
    id: randomUUID(),
    'detail-type': 'GuardDuty Malware Protection Object Scan Result',
    source: 'aws.guardduty',
    account: '111122223333',
    time: new Date().toISOString(),
    region: 'eu-central-1',
    resources: ['arn:aws:guardduty:eu-central-1:111122223333:malware-protection-plan/4cc8bf26c4d75EXAMPLE'],
    detail: {
      schemaVersion: '1.0',
      scanStatus: 'COMPLETED',
      resourceType: 'S3_OBJECT',
      s3ObjectDetails: { bucketName, objectKey, eTag: 'ASIAI44QH8DHBEXAMPLE', s3Throttled: false },
      scanResultDetails: {
        scanResultStatus,
        threats: scanResultStatus === 'THREATS_FOUND' ? [{ name: 'EICAR-Test-File (not a virus)' }] : null,
      },
    },
  });
  const fileOf = async (person: Person, id: string) =>
    (await person.api.request<Attachment>('GET', `/attachments/${id}`)).body;

  test('is blocked, its message says so under the next rev, and everybody hears it', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id } = await ready(ada, textFile('harmful'));
    const sent = await send(ada, chatId, 'Look', { attachment_ids: [id] });
    const socket = await grace.connect();
    // Verdicts of other kinds, on other buckets and on objects that are no files, block nothing.
    for (const event of [
      verdictOn(`f/${id}`, 'NO_THREATS_FOUND'),
      verdictOn(`f/${id}`, 'THREATS_FOUND', 'another'),
      verdictOn('f/nothing'),
      verdictOn(`u/${id}`),
    ]) {
      await cloud.putEvent(event);
    }
    assert.equal((await fileOf(grace, id)).status, 'ready');

    await cloud.putEvent(verdictOn(`f/${id}`));
    const { message, rev } = await socket.take(({ type }) => type === 'message_updated');
    const { attachments, rev: now, content, is_edited: isEdited } = message as Message;
    assert.deepEqual(
      [rev, now, content, isEdited, attachments.map(({ status, url }) => [status, url])],
      [sent.rev + 1, sent.rev + 1, 'Look', false, [['blocked', null]]],
    );
    const { status, url, urls_expire_at: expire } = await fileOf(grace, id);
    assert.deepEqual([status, url, expire], ['blocked', null, null]);
    assert.deepEqual(objectsOf([id]), []);
    const { body } = await grace.api.request<SyncAnswer>('POST', '/sync', {
      chats: [{ chat_id: chatId, rev: sent.rev }],
    });
    assert.deepEqual(
      body.chats.map((chat) => [chat.rev, chat.messages.map((one) => one.attachments[0]?.status)]),
      [[sent.rev + 1, ['blocked']]],
    );
    const storage = await ada.api.request<Storage>('GET', '/users/me/storage');
    assert.equal(storage.body.used_bytes, 0);

    // EventBridge hands an event over once at least: repeated, it says the same.
    await cloud.putEvent(verdictOn(`f/${id}`));
    const again = await socket.take(({ type }) => type === 'message_updated');
    assert.deepEqual([again['rev'], again['message']], [rev, message]);
    await socket.close();
  });

  test('is blocked before it is sent, and while its message is deleted, without a rev', async () => {
    const { ada, chatId } = await newConversation();
    const unsent = await ready(ada, textFile('harmful'));
    await cloud.putEvent(verdictOn(`f/${unsent.id}`));
    const refused = await ada.api.request<{ code: string }>('POST', '/messages', {
      chat_id: chatId,
      content: '',
      attachment_ids: [unsent.id],
    });
    assert.deepEqual([refused.status, refused.body.code], [409, 'attachment_not_ready']);
    assert.equal((await ada.api.request('DELETE', `/attachments/${unsent.id}`)).status, 204);

    const { id } = await ready(ada, textFile('harmful'));
    const sent = await send(ada, chatId, '', { attachment_ids: [id] });
    await ada.api.request('DELETE', `/messages/${sent.id}`);
    await cloud.putEvent(verdictOn(`f/${id}`));
    const { body } = await ada.api.request<Message>('POST', `/messages/${sent.id}/restore`);
    assert.deepEqual([body.rev, body.attachments.map((one) => one.status)], [sent.rev + 2, ['blocked']]);
  });
});

test('a change that is stored is answered as such, also when nobody can be told of it', async () => {
  const { ada, grace, chatId } = await newConversation();
  const path = `/chats/${chatId}`;
  const ownSocket = await ada.connect();
  const api = createHttpClient(`${cloud.httpUrl}/api/v1`);
  const { id: lateId } = await newPersonAt(api, cloud.websocketUrl, 'late');
  const changes = async (): Promise<number[]> => {
    const statuses: number[] = [];
    const change = async <T = object>(method: string, to: string, body?: object): Promise<T> => {
      const answer = await ada.api.request<T>(method, to, body);
      statuses.push(answer.status);
      return answer.body;
    };
    const { id, seq } = await change<Message>('POST', '/messages', { chat_id: chatId, content: 'Hello' });
    await change('PUT', `/messages/${id}`, { content: 'Hello, all' });
    await change('DELETE', `/messages/${id}`);
    await change('POST', `/messages/${id}/restore`);
    await change('PUT', path, { name: `Name ${id}` });
    await change('POST', `${path}/participants`, { user_ids: [lateId] });
    await change('PUT', `${path}/participants/${grace.id}`, { is_admin: true });
    await change('PUT', `${path}/participants/${grace.id}`, { is_admin: false });
    await change('DELETE', `${path}/participants?user_id=${lateId}`);
    const other = await change<ChatDetail>('POST', '/chats', {
      chat_type: 'group',
      name: 'Another',
      participant_ids: [lateId],
    });
    await change('DELETE', `/chats/${other.id}`);
    await change('POST', `${path}/read`, { seq });
    return statuses;
  };
  const expected = [201, 200, 204, 200, 200, 200, 200, 200, 204, 201, 204, 200];
  // Each function has one environment, which has seen that the session is on, and remembers it.
  for (const { id } of httpRoutes) await cloud.lambda.kill(`chat-service-local-${id}`);
  assert.deepEqual(await changes(), expected);
  const last = await send(grace, chatId, 'unread');
  dynamodb.setMode('refuse');
  try {
    assert.deepEqual(await changes(), expected);
    ownSocket.send({ type: 'message', chat_id: chatId, content: 'Over the socket' });
    await ownSocket.take(({ type }) => type === 'ack');
    ownSocket.send({ type: 'read', chat_id: chatId, seq: last.seq });
    ownSocket.send({ type: 'ping' });
    await ownSocket.take(({ type }) => type === 'pong');
    assert.deepEqual(
      ownSocket.untaken.filter(({ type }) => type === 'error'),
      [],
    );
  } finally {
    dynamodb.setMode('pass');
  }
  await ownSocket.close();
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
  assert.deepEqual(Object.keys(JSON.parse(stdout) as object), ['edits', 'examined', 'removed', 'complete']);
  await assert.rejects(run('nonsense'), /Name a job[^]*purge-deleted/);
});

test('reports that were resolved long ago go, and open ones and acts stay', async () => {
  const { ada, grace } = await newConversation();
  const report = async (person: Person, other: Person): Promise<number> => {
    const body = { user_id: other.id, reason: 'spam' };
    return (await person.api.request<{ id: number }>('POST', '/reports', body)).body.id;
  };
  const ids = [await report(ada, grace), await report(grace, ada)];
  const [resolved, kept] = ids;
  const db = openMysql(async () => cloud.mysql, { connections: 1 });
  try {
    const at = new Date(Date.now() - 181 * 24 * 60 * 60 * 1000);
    await db
      .updateTable('reports')
      .set({ status: 'resolved', resolved_at: at })
      .where('id', '=', resolved ?? 0)
      .execute();
    await db
      .updateTable('reports')
      .set({ created_at: at })
      .where('id', '=', kept ?? 0)
      .execute();
    const run = async () => {
      const { removed, open, oldestOpenSeconds } = (await runJob('remove-reports')) as RemoveReportsReport;
      assert.ok(open > 0);
      return [removed, Math.floor(oldestOpenSeconds / (24 * 60 * 60))];
    };
    assert.deepEqual(await run(), [1, 181]);
    assert.deepEqual(await run(), [0, 181]);
    const left = await db.selectFrom('reports').select('id').where('id', 'in', ids).execute();
    assert.deepEqual(left, [{ id: kept }]);
  } finally {
    await db.destroy();
  }
  // The same may be reported anew.
  assert.equal(
    (await ada.api.request('POST', '/reports', { user_id: grace.id, reason: 'spam' })).status,
    201,
  );
});

test('functions post to the gateway from thread to thread', async () => {
  const { ada, grace, chatId } = await newConversation();
  const posts: string[] = [];
  const note = (message: unknown): void => {
    const { url = '', method } = (message as { request: IncomingMessage }).request;
    if (method === 'POST' && url.includes('/@connections/')) posts.push(url);
  };
  const watching = await grace.connect();
  subscribe('http.server.request.start', note);
  try {
    await send(ada, chatId, 'Hello');
    await watching.take(isAbout('new_message', chatId));
  } finally {
    unsubscribe('http.server.request.start', note);
  }
  assert.deepEqual(posts, []);
});
