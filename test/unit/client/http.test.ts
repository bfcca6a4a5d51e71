import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createApi } from '../../../lib/client/api/create-api.ts';
import type { ChatDetail } from '../../../lib/client/types.ts';
import { createFakeStorage, settle } from '../../support/fake-platform.ts';
import { createFakeClient, json, refusal } from '../../support/fake-service.ts';

const html = (status: number, headers: Record<string, string> = {}): Response =>
  new Response('<html><body>Welcome to the hotel</body></html>', {
    status,
    headers: { 'content-type': 'text/html', ...headers },
  });

/** Responses of systems between a client and the service. */
const strangers: readonly (readonly [string, () => Response])[] = [
  ['a page', () => html(200)],
  ['a page that calls itself JSON', () => html(200, { 'content-type': 'application/json' })],
  ['a page to log in to', () => html(401)],
  ['a page that forbids', () => html(403)],
  ['a page that there is no page', () => html(404)],
  ['a page that asks for a proxy’s password', () => html(407)],
  ['a page that asks to log in to the network', () => html(511)],
  ['nothing', () => new Response('', { status: 200 })],
  ['no content', () => new Response(null, { status: 204 })],
  ['half of an answer', () => new Response('{"items":[{"id":7', { status: 200 })],
  ['JSON of its own', () => json(200, { status: 'log in first' })],
  ['a list', () => json(200, [])],
  ['null', () => json(200, null)],
  ['a number', () => json(200, 42)],
  ['a text', () => json(200, 'hello')],
  ['JSON that refuses', () => json(401, { message: 'Unauthorized' })],
  ['JSON that refuses in other words', () => json(401, { code: 401, detail: 'Who are you?' })],
];

suite('what is not the service', () => {
  for (const [name, answer] of strangers) {
    test(`is not taken for it: ${name}`, async () => {
      const { client, service } = createFakeClient();
      const ended: string[] = [];
      client.on('session_ended', ({ code }) => ended.push(code));
      await client.logIn('ada', 'secret');
      service.intercept(answer);
      const api = createApi(client);
      const calls: Readonly<Record<string, () => Promise<unknown>>> = {
        getOwnProfile: () => api.getOwnProfile(),
        updateOwnProfile: () => api.updateOwnProfile({ full_name: 'Ada' }),
        searchUsers: () => api.searchUsers('ada'),
        getProfile: () => api.getProfile(1),
        createChat: () => api.createChat({ chat_type: 'direct', participant_ids: [2] }),
        listChats: () => api.listChats(),
        getChat: () => api.getChat(7),
        renameChat: () => api.renameChat(7, 'x'),
        listParticipants: () => api.listParticipants(7),
        addParticipants: () => api.addParticipants(7, [2]),
        setAdmin: () => api.setAdmin(7, 2, true),
        markRead: () => api.markRead(7, 1),
        listOnline: () => api.listOnline(7),
        listMessages: () => api.listMessages(7),
        getMessage: () => api.getMessage(1),
        editMessage: () => api.editMessage(1, 'x'),
        restoreMessage: () => api.restoreMessage(1),
        searchMessages: () => api.searchMessages({ q: 'xx' }),
        sync: () => api.sync({ chats: [], limit: 1 }),
        logIn: () => client.logIn('bob', 'secret'),
        ...(name === 'no content'
          ? {}
          : {
              changePassword: () => api.changePassword('a', 'b'),
              deleteAccount: () => api.deleteAccount('a'),
              leaveGroup: () => api.leaveGroup(7),
              removeParticipant: () => api.removeParticipant(7, 2),
              deleteMessage: () => api.deleteMessage(1),
            }),
      };
      const isRetried = answer().status === 511;
      for (const [method, call] of Object.entries(calls)) {
        await assert.rejects(call(), isRetried ? { code: 'unexpected_answer' } : TypeError, method);
      }
      assert.deepEqual([ended, client.user?.username], [[], 'ada']);
    });
  }

  test('is not taken for an answer that has no body, which is 202 or 204 and empty', async () => {
    const { client, service } = createFakeClient();
    await client.logIn('ada', 'secret');
    for (const status of [202, 204]) {
      service.intercept(() => new Response(null, { status }));
      await createApi(client).requestVerification();
      await createApi(client).forgotPassword('ada@example.org');
    }
    for (const answer of [() => html(202), () => new Response('', { status: 200 })]) {
      service.intercept(answer);
      await assert.rejects(createApi(client).requestVerification(), TypeError);
      await assert.rejects(createApi(client).forgotPassword('ada@example.org'), TypeError);
    }
  });

  test('ends no session when a token is to be renewed, and loses no message', async () => {
    for (const [name, answer] of strangers) {
      const { storage } = createFakeStorage();
      const { client, service, goOnline, pass, socket } = createFakeClient(undefined, storage);
      await client.logIn('ada', 'secret');
      await pass(1_760_000);
      await goOnline();
      service.intercept(answer);
      socket().lose();
      client.send(7, '🦋'.repeat(9000));
      await pass(60_000);
      assert.deepEqual([client.user?.username, client.pending().length], ['ada', 1], name);
      service.intercept(() => undefined);
      client.reconnect();
      await pass(100);
      socket().open();
      await settle();
      assert.deepEqual([client.state, client.pending().length], ['online', 0], name);
      await client.stop();
    }
  });

  test('hears no password and no message by being redirected to', async () => {
    const { client, service } = createFakeClient();
    const seen: (string | undefined)[] = [];
    const { fetch } = service;
    const inner = createFakeClient({
      ...service,
      fetch: (url, options) => {
        seen.push(options?.redirect);
        return fetch(url, options);
      },
    });
    await inner.client.logIn('ada', 'secret');
    assert.deepEqual(new Set(seen), new Set(['error']));
    await client.stop();
  });
});

test('what an answer shows is taken in, also of a route that is called by hand', async () => {
  const { client } = createFakeClient();
  await client.logIn('ada', 'secret');
  const told: number[] = [];
  client.on('chat', ({ chat }) => told.push(chat.id));
  const { participants: _, ...chat } = (await client.call('GET /chats/7', 'chat_type')) as ChatDetail;
  assert.deepEqual([told, client.chats()], [[7], [chat]]);
  await client.call('PUT /users/me/blocks/9', '');
  assert.equal(client.isBlocked(9), true);
  await client.call('DELETE /users/me/blocks/9', '');
  assert.equal(client.isBlocked(9), false);
});

test('what is for nobody in particular is asked without a token, whether somebody is logged in or not', async () => {
  const { client, service } = createFakeClient();
  const api = createApi(client);
  const asked: unknown[] = [];
  service.intercept(({ path, userId }) => {
    if (!/email|password/.test(path)) return undefined;
    asked.push([path, userId]);
    return new Response(null, { status: 204 });
  });
  assert.ok((await api.getInfo()).websocket_url.startsWith('wss://'));
  await assert.rejects(api.getOwnProfile(), { code: 'not_authenticated' });
  await client.logIn('ada', 'secret');
  await api.verifyEmail('a');
  await api.forgotPassword('ada@example.org');
  await api.resetPassword('a', 'correct horse');
  assert.deepEqual(asked, [
    ['/users/email/verify', undefined],
    ['/users/password/forgot', undefined],
    ['/users/password/reset', undefined],
  ]);
});

test('a service that is busy says so in its own words, or in those of its gateway', async () => {
  const { client, service } = createFakeClient();
  await client.logIn('ada', 'secret');
  for (const [answer, expected] of [
    [refusal(429, 'rate_limited', { retry_after: 7 }), { code: 'rate_limited', retryAfter: 7 }],
    [new Response('{"message":"Too Many Requests"}', { status: 429 }), { code: 'rate_limited' }],
    [
      new Response('{"message":"Service Unavailable"}', { status: 503, headers: { 'retry-after': '5' } }),
      { status: 503, retryAfter: 5 },
    ],
    [
      new Response('{"message":"Request Too Long"}', { status: 413 }),
      { status: 413, code: 'unexpected_answer' },
    ],
  ] as const) {
    service.intercept(() => answer);
    await assert.rejects(createApi(client).getChat(7), expected);
  }
});

test('a large message for which the service takes no token waits, and does not fail', async () => {
  const { client, service, goOnline } = createFakeClient();
  await client.logIn('ada', 'secret');
  await goOnline();
  service.intercept(({ path }) => (path === '/messages' ? refusal(401, 'token_expired') : undefined));
  client.send(7, '🦋'.repeat(9000));
  await settle();
  assert.equal(service.askedFor('/messages').length, 2);
  assert.deepEqual(
    client.pending().map(({ state }) => state),
    ['sending'],
  );
});
