import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createClaimStore } from '../../functions/notifications/stores/claims.ts';
import { createTicketStore } from '../../functions/sessions/stores/tickets.ts';
import { createSessionStore, type SessionStore } from '../../functions/sessions/stores/sessions.ts';
import { REFRESH_SUCCESSORS_MAX, limits } from '../../functions/contract/limits.ts';
import { refreshSession } from '../../functions/sessions/refresh-session.ts';
import { endSessions, endSurplusSessions } from '../../functions/sessions/end-sessions.ts';
import { startSession } from '../../functions/sessions/start-session.ts';
import { ServiceError } from '../../functions/contract/service-error.ts';
import { startOwnDynamodb } from '../support/own-dynamodb.ts';

const TableName = 'sessions';
let client: DynamoDBClient;
let sessions: SessionStore;
let stop: () => Promise<void>;

before(async () => {
  ({ client, stop } = await startOwnDynamodb(TableName));
  sessions = createSessionStore(
    () => client,
    () => TableName,
  );
});
after(() => stop());

let lastUserId = 0;
/** A user that no other test uses, whose sessions start one second apart. */
const newUser = () => {
  const userId = (lastUserId += 1);
  let seconds = 1_000_000;
  const effects = { sessions, clock: () => new Date(seconds * 1000) };
  const start = () => {
    seconds += 1;
    return startSession({ userId, username: 'ada' }, 'a hash', 'an agent', effects);
  };
  const refresh = (token: string) =>
    refreshSession(token, {
      ...effects,
      users: { confirmAccess: async () => true, findSuspendedUntil: async () => null },
      assertRateLimit: async () => undefined,
      issueAccessToken: async () => 'an access token',
      endConnections: async () => undefined,
    });
  const list = async () => (await sessions.list(userId)).map(({ sessionId }) => sessionId);
  return { userId, effects, start, refresh, list };
};

test('of 60 sessions begun at once as many are left as may be, the latest', async () => {
  const { userId, effects, start, list } = newUser();
  const started = await Promise.all(
    Array.from({ length: 60 }, async () => {
      const { sessionId } = await start();
      await endSurplusSessions(userId, effects);
      return sessionId;
    }),
  );
  assert.deepEqual((await list()).toSorted(), started.slice(-limits.sessions_per_user).toSorted());
});

test('sessions that ran out are cleared away, and end no other', async () => {
  const { userId, effects, start, list } = newUser();
  await start();
  const later = {
    ...effects,
    clock: () => new Date(effects.clock().getTime() + limits.refresh_token_seconds * 1000),
  };
  const { sessionId } = await startSession({ userId, username: 'ada' }, 'a hash', 'an agent', later);
  assert.equal((await endSurplusSessions(userId, later)).length, 1);
  assert.deepEqual(await list(), [sessionId]);
});

test('3,000 sessions, from before there was a limit, end within a request', async () => {
  const { userId, start, list } = newUser();
  const { sessionId: own } = await start();
  const batches = Array.from({ length: 120 }, (_, batch) =>
    Array.from({ length: 25 }, (__, index) => ({
      PutRequest: {
        Item: {
          pk: { S: `user#${userId}` },
          sk: { S: `session#${batch}-${index}` },
          username: { S: 'ada' },
          // As large as a row of then and a little more: they do not fit into one page of a query.
          token_hash: { S: 'x'.repeat(500) },
          expires_at: { N: '2000000' },
        },
      },
    })),
  );
  await Promise.all(
    batches.map((items) => client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: items } }))),
  );
  let requests = 0;
  client.middlewareStack.add(
    (next) => (args) => {
      requests += 1;
      return next(args);
    },
    { step: 'initialize', name: 'counted' },
  );
  const ended = await endSessions(userId, own, undefined, { sessions });
  client.middlewareStack.remove('counted');
  assert.equal(ended.length, 3000);
  assert.deepEqual(await list(), [own]);
  assert.ok(requests <= 120 + 3, `${requests} requests`);
});

test('of any number of uses of one token at once, none is refused and none ends the session', async () => {
  const { start, refresh, list } = newUser();
  const { sessionId, refreshToken } = await start();
  const answers = await Promise.all(
    Array.from({ length: REFRESH_SUCCESSORS_MAX }, () => refresh(refreshToken)),
  );
  assert.equal(new Set(answers.map(({ refresh_token: token }) => token)).size, answers.length);
  assert.deepEqual(await list(), [sessionId]);
  await refresh(answers[17]?.refresh_token ?? '');
});

test('of more uses than tabs there are, the surplus waits, and none ends the session', async () => {
  const { start, refresh, list } = newUser();
  const { sessionId, refreshToken } = await start();
  const results = await Promise.allSettled(
    Array.from({ length: REFRESH_SUCCESSORS_MAX + 20 }, () => refresh(refreshToken)),
  );
  const refused = results.filter((result) => result.status === 'rejected');
  assert.equal(refused.length, 20);
  for (const { reason } of refused) {
    assert.ok(reason instanceof ServiceError && reason.error === 'rate_limited', String(reason));
  }
  assert.deepEqual(await list(), [sessionId]);
});

test('what ends while it is refreshed stays so', async () => {
  const { userId, start, refresh, list } = newUser();
  for (let round = 0; round < 10; round += 1) {
    const { sessionId, refreshToken } = await start();
    const uses = Array.from({ length: 6 }, () => refresh(refreshToken).catch((error: unknown) => error));
    const [, ...results] = await Promise.all([sessions.remove({ userId, sessionId }), ...uses]);
    for (const result of results) {
      if (result instanceof Error) assert.equal((result as ServiceError).code, 'invalid_refresh_token');
    }
  }
  assert.deepEqual(await list(), []);
});

test('a session that only deletes its account is none that is live', async () => {
  const { userId, start } = newUser();
  const keys = [await start(), await start()].map(({ sessionId }) => ({ userId, sessionId }));
  const [narrowed, other] = keys;
  assert.ok(narrowed !== undefined && (await sessions.restrictToDeletion(narrowed)));
  const live = await sessions.findLive(keys, 1_000_000);
  assert.deepEqual(
    live.map(({ sessionId }) => sessionId),
    [other?.sessionId],
  );
});

test('a ticket is good once, and until it expires', async () => {
  const tickets = createTicketStore(
    () => client,
    () => TableName,
  );
  const holder = { userId: 7, username: 'ada', sessionId: 'session', tokenExpiresAt: 5000 };
  for (const hash of ['early', 'late']) await tickets.insert(hash, holder, 1060);
  assert.deepEqual(await tickets.take('early', 1059), holder);
  assert.equal(await tickets.take('early', 1059), undefined);
  assert.equal(await tickets.take('late', 1060), undefined);
});

test('a push is claimed by one at a time, and by nobody once it is sent', async () => {
  const claims = createClaimStore(
    () => client,
    () => TableName,
  );
  const claim = { deviceId: 1, chatId: 7, seq: 5 };
  const take = (seconds: number, seq = 5) => claims.take({ ...claim, seq }, seconds, seconds + 20);
  const answers = await Promise.all(Array.from({ length: 4 }, () => take(100)));
  assert.deepEqual(answers.toSorted(), ['held', 'held', 'held', 'taken']);
  assert.equal(await take(119), 'held');
  assert.equal(await take(120), 'taken', 'whoever held it has died');
  await claims.release(claim);
  assert.equal(await take(121), 'taken');
  await claims.finish(claim);
  assert.deepEqual([await take(1000), await take(1000, 6)], ['done', 'taken']);
});
