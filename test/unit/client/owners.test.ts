import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createApi } from '../../../lib/client/api/create-api.ts';
import { createFakeStorage, settle, type FakeSocket } from '../../support/fake-platform.ts';
import { createFakeClient, createFakeService, json, messageOf, refusal } from '../../support/fake-service.ts';

const contentsOn = (socket: FakeSocket): unknown[] =>
  socket.sent.filter(({ type }) => type === 'message').map(({ content }) => content);

const pendingOf = ({ client }: ReturnType<typeof createFakeClient>): string[] =>
  client.pending().map(({ content }) => content);

suite('what somebody has not sent', () => {
  test('is never sent as somebody else, and waits for them', async () => {
    const service = createFakeService();
    const { storage } = createFakeStorage();
    const adas = createFakeClient(service, storage);
    await adas.client.logIn('ada', 'secret');
    adas.client.send(7, 'by Ada');
    await settle();

    const next = createFakeClient(service, storage);
    await next.client.logIn('bob', 'secret');
    assert.deepEqual(pendingOf(next), []);
    assert.deepEqual(contentsOn(await next.goOnline()), []);
    next.client.send(7, 'by Bob');
    await settle();
    assert.deepEqual(contentsOn(next.socket()), ['by Bob']);

    // Without a word in between: the device changes hands.
    await next.client.logIn('ada', 'secret');
    assert.deepEqual(pendingOf(next), ['by Ada']);
    const socket = await next.goOnline();
    assert.match(socket.url, /ticket-of-1$/);
    assert.deepEqual(contentsOn(socket), ['by Ada']);
    await next.client.logOut();
    await next.client.logIn('bob', 'secret');
    assert.deepEqual(pendingOf(next), ['by Bob']);
  });

  test('is kept apart by two tabs on one storage, of two people as of one', async () => {
    const service = createFakeService();
    const { storage } = createFakeStorage();
    const [one, two, three] = [0, 1, 2].map(() => createFakeClient(service, storage));
    assert.ok(one && two && three);
    await one.client.logIn('ada', 'secret');
    await two.client.logIn('ada', 'secret');
    await three.client.logIn('bob', 'secret');
    for (const [tab, content] of [
      [one, 'one'],
      [two, 'two'],
      [three, 'three'],
    ] as const) {
      tab.client.send(7, content);
      await settle();
    }
    const later = createFakeClient(service, storage);
    await later.client.logIn('ada', 'secret');
    assert.deepEqual(pendingOf(later).toSorted(), ['one', 'two']);
    // What a tab has sent, no other tab's writing brings back.
    one.client.discard(one.client.pending()[0]?.client_message_id ?? '');
    await settle();
    two.client.send(7, 'two, again');
    await settle();
    const last = createFakeClient(service, storage);
    await last.client.logIn('ada', 'secret');
    assert.deepEqual(pendingOf(last), ['two', 'two, again']);
  });

  test('outlives a session that the service ends, and a log-out, unless it is to be discarded', async () => {
    for (const [end, expected] of [
      ['forced', ['unsent']],
      ['log-out', ['unsent']],
      ['discard', []],
    ] as const) {
      const adas = createFakeClient();
      const ended: string[] = [];
      adas.client.on('session_ended', ({ code }) => ended.push(code));
      await adas.client.logIn('ada', 'secret');
      adas.client.send(7, 'unsent');
      if (end === 'forced') {
        adas.service.revoke();
        await assert.rejects(createApi(adas.client).getOwnProfile());
        await settle();
        assert.deepEqual(ended, ['refresh_token_reused']);
      } else await adas.client.logOut({ discard: end === 'discard' });
      assert.deepEqual([adas.client.state, pendingOf(adas)], ['signed-out', []]);
      assert.throws(() => adas.client.send(7, 'by nobody'), { code: 'not_authenticated' });
      await adas.client.logIn('ada', 'secret');
      assert.deepEqual(pendingOf(adas), expected, end);
    }
  });

  test('is not lost by a log-in that fails', async () => {
    const adas = createFakeClient();
    await adas.client.logIn('ada', 'secret');
    adas.client.send(7, 'unsent');
    adas.service.intercept(({ path }) =>
      path === '/users/login'
        ? json(401, { detail: 'No.', status_code: 401, code: 'invalid_credentials' })
        : undefined,
    );
    await assert.rejects(adas.client.logIn('bob', 'wrong'), { code: 'invalid_credentials' });
    assert.deepEqual([adas.client.user?.username, pendingOf(adas)], ['ada', ['unsent']]);
  });
});

suite('a session that is resumed', () => {
  test('while the client is online begins anew, and goes on when it is started', async () => {
    const { client, goOnline, sockets } = createFakeClient();
    await client.logIn('ada', 'secret');
    await goOnline();
    assert.equal((await client.resume())?.username, 'ada');
    assert.deepEqual([client.state, sockets[0]?.readyState], ['stopped', 3]);
    const socket = await goOnline();
    assert.deepEqual([client.state, client.chats().length], ['online', 1]);
    client.send(7, 'one');
    await settle();
    assert.deepEqual(contentsOn(socket), ['one']);
  });

  test('twice at once is resumed once', async () => {
    const { storage } = createFakeStorage();
    const service = createFakeService();
    await createFakeClient(service, storage).client.logIn('ada', 'secret');
    const { client, socket } = createFakeClient(service, storage);
    for (let time = 0; time < 2; time += 1) void client.resume().then(() => client.start());
    await settle();
    socket().open();
    await settle();
    assert.deepEqual([client.state, client.chats().length], ['online', 1]);
  });

  test('after the storage has lost it is over', async () => {
    const { storage, values } = createFakeStorage();
    const { client, goOnline } = createFakeClient(createFakeService(), storage);
    await client.logIn('ada', 'secret');
    await goOnline();
    values.clear();
    assert.equal(await client.resume(), undefined);
    assert.deepEqual([client.state, client.user, client.chats().length], ['signed-out', undefined, 0]);
  });
});

suite('a session that changes hands', () => {
  test('repeats no request of one person as another, and hands over no answer', async () => {
    const service = createFakeService();
    const { client, goOnline } = createFakeClient(service);
    await client.logIn('ada', 'secret');
    await goOnline();
    const held = Promise.withResolvers<Response>();
    const late = Promise.withResolvers<Response>();
    service.intercept(({ path, userId }) => {
      if (path === '/messages' && userId === 1) return held.promise;
      return path === '/chats/7' && userId === 1 ? late.promise : undefined;
    });
    client.send(7, '🦋'.repeat(9000));
    await settle();
    const answer = createApi(client).getChat(7);
    const told: string[] = [];
    client.on('message', ({ message }) => told.push(String(message.content)));
    await client.logIn('bob', 'secret');
    client.on('chat', ({ chat }) => told.push(String(chat.name)));
    held.resolve(json(401, { detail: 'No.', status_code: 401, code: 'token_expired' }));
    late.resolve(json(200, { ...messageOf(7, 1), chat_type: 'group', name: 'of Ada' }));
    await assert.rejects(answer, { code: 'not_authenticated' });
    await settle();
    assert.deepEqual(
      service.askedFor('/messages').map(({ userId }) => userId),
      [1],
    );
    assert.deepEqual(told, []);
  });

  test('is not ended by a log-out of somebody else that the service answers late', async () => {
    const service = createFakeService();
    const { client } = createFakeClient(service);
    await client.logIn('ada', 'secret');
    const held = Promise.withResolvers<Response>();
    service.intercept(({ path }) => (path === '/users/logout' ? held.promise : undefined));
    const loggedOut = client.logOut();
    await settle();
    assert.equal(client.state, 'signed-out');
    await client.logIn('bob', 'secret');
    held.resolve(new Response(null, { status: 204 }));
    await loggedOut;
    assert.deepEqual([client.state, client.user?.username], ['stopped', 'bob']);
  });

  test('takes over no tokens that another tab holds for somebody else, and leaves them there', async () => {
    const service = createFakeService();
    const { storage, values } = createFakeStorage();
    const [adas, bobs] = [createFakeClient(service, storage), createFakeClient(service, storage)];
    await adas.client.logIn('ada', 'secret');
    await bobs.client.logIn('bob', 'secret');
    await adas.pass(1_790_000);
    assert.equal((await createApi(adas.client).getOwnProfile()).username, 'ada');
    assert.match(values.get('chat-service/session') ?? '', /"username":"bob"/);
    await adas.client.logOut();
    assert.match(values.get('chat-service/session') ?? '', /"username":"bob"/);
  });
});

suite('a renewal that the service answers late', () => {
  /** A client that is logged in as Ada and renews her token, the answer to which is held back. */
  const createScene = async (storage = createFakeStorage()) => {
    const service = createFakeService();
    const scene = createFakeClient(service, storage.storage);
    const ended: string[] = [];
    scene.client.on('session_ended', ({ code }) => ended.push(code));
    await scene.client.logIn('ada', 'secret');
    await scene.pass(1_790_000);
    const held = Promise.withResolvers<Response | undefined>();
    let isFirst = true;
    service.intercept((asked) => {
      if (asked.path !== '/users/refresh' || !isFirst) return undefined;
      isFirst = false;
      return held.promise.then((answer) => answer ?? service.answer(asked));
    });
    const profile = createApi(scene.client).getOwnProfile();
    await settle();
    return { ...scene, ended, profile, answer: held.resolve };
  };

  test('brings no session back that was logged out', async () => {
    const storage = createFakeStorage();
    const { client, profile, answer } = await createScene(storage);
    await client.logOut();
    answer(undefined);
    await assert.rejects(profile, { code: 'not_authenticated' });
    assert.deepEqual([client.user, storage.values.has('chat-service/session')], [undefined, false]);
  });

  test('and by a refusal ends no session of somebody else', async () => {
    const { client, ended, profile, answer } = await createScene();
    await client.logIn('bob', 'secret');
    answer(refusal(401, 'session_revoked'));
    await assert.rejects(profile, { code: 'session_revoked' });
    assert.deepEqual([client.user?.username, ended], ['bob', []]);
  });

  test('and by a refusal ends no session whose token another tab has renewed', async () => {
    const storage = createFakeStorage();
    const { client, service, ended, profile, answer } = await createScene(storage);
    // The other tab, in a browser without locks: it used the same token a moment earlier.
    const stored = JSON.parse(storage.values.get('chat-service/session') ?? '') as Record<string, unknown>;
    const renewed = await service
      .answer({ method: 'POST', path: '/users/refresh', userId: undefined, body: stored })
      .json();
    storage.values.set('chat-service/session', JSON.stringify({ ...stored, ...(renewed as object) }));
    answer(refusal(401, 'refresh_token_reused'));
    assert.equal((await profile).username, 'ada');
    assert.deepEqual([client.user?.username, ended], ['ada', []]);
  });
});
