import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { presenceOf } from '../../../lib/client/presence/create-presence.ts';
import { settle, type FakeSocket } from '../../support/fake-platform.ts';
import {
  chatOf,
  createFakeClient,
  createFakeService,
  messageOf,
  refusal,
} from '../../support/fake-service.ts';

const framesOf = (socket: FakeSocket, type: string) => socket.sent.filter((frame) => frame['type'] === type);

const createScene = async (chatIds: readonly number[] = [7]) => {
  const service = createFakeService();
  const scene = createFakeClient(service);
  service.setChats(
    chatIds.map((id) => chatOf(id, { rev: 9, last_seq: 9, last_message: messageOf(id, 9), unread_count: 9 })),
  );
  await scene.client.logIn('ada', 'secret');
  await scene.goOnline();
  return scene;
};

suite('a read mark', () => {
  test('whose frame died with its socket is repeated, until the service has it', async () => {
    const { client, service, socket, pass } = await createScene();
    client.markRead(7, 9);
    assert.deepEqual(
      framesOf(socket(), 'read').map(({ seq }) => seq),
      [9],
    );
    socket().lose();
    await pass(400);
    socket().open();
    await settle();
    assert.deepEqual(
      service.askedFor('/chats/7/read').map(({ body }) => body),
      [{ seq: 9 }],
    );
    socket().lose();
    await pass(400);
    socket().open();
    await settle();
    assert.equal(service.askedFor('/chats/7/read').length, 1, 'once is enough');
  });

  test('that was made without a connection is kept for the next one, and the furthest counts', async () => {
    const { client, service, socket, pass } = await createScene();
    socket().lose();
    client.markRead(7, 5);
    client.markRead(7, 8);
    client.markRead(7, 6);
    let isBusy = true;
    service.intercept(({ path }) =>
      path === '/chats/7/read' && isBusy ? refusal(429, 'rate_limited', { retry_after: 5 }) : undefined,
    );
    await pass(400);
    socket().open();
    await settle();
    assert.deepEqual(
      service.askedFor('/chats/7/read').map(({ body }) => body),
      [{ seq: 8 }],
    );
    isBusy = false;
    await pass(4000);
    assert.equal(service.askedFor('/chats/7/read').length, 1);
    await pass(2000);
    assert.equal(service.askedFor('/chats/7/read').length, 2);
  });

  test('that the service has shown to have is not repeated', async () => {
    const { client, service, socket, pass } = await createScene();
    client.markRead(7, 9);
    socket().receive({ type: 'read_receipt', chat_id: 7, user_id: 1, seq: 9 });
    socket().lose();
    await pass(400);
    socket().open();
    await settle();
    assert.equal(service.askedFor('/chats/7/read').length, 0);
  });
});

suite('frames beside messages', () => {
  test('stay below the pace of the service, however many there are', async () => {
    const ids = Array.from({ length: 60 }, (_, index) => index + 1);
    const { client, socket, pass } = await createScene(ids);
    const sent = (): number => socket().sent.length;
    const presence = presenceOf(client);
    for (const id of ids) presence.join(id);
    for (const id of ids) client.markRead(id, 9);
    for (let second = 0; second < 20; second += 1) {
      const before = sent();
      await pass(1000);
      assert.ok(sent() - before <= 10, `${sent() - before} in a second`);
      if (second === 0) assert.ok(before <= 20, `${before} at once`);
    }
    assert.deepEqual([framesOf(socket(), 'join').length, framesOf(socket(), 'read').length], [60, 60]);
    // Of many changes of one mind, the last is said.
    const before = sent();
    for (let count = 0; count < 50; count += 1) {
      presence.leave(1);
      presence.join(1);
      client.markRead(2, 9);
    }
    await pass(1000);
    assert.ok(sent() - before <= 20);
    assert.equal(framesOf(socket(), 'join').at(-1)?.['chat_id'], 1);
  });

  test('are said although the device’s clock was set back', async () => {
    const ids = Array.from({ length: 15 }, (_, index) => index + 1);
    const { client, socket, pass, setBack } = await createScene(ids);
    for (const id of ids) client.markRead(id, 9);
    setBack(3_600_000);
    await pass(1000);
    assert.equal(framesOf(socket(), 'read').length, 15);
    client.markRead(1, 9);
    await pass(1000);
    assert.equal(framesOf(socket(), 'read').length, 16);
  });

  test('that were refused are said again when the service asked for it', async () => {
    const { client, socket, pass } = await createScene();
    client.markRead(7, 9);
    presenceOf(client).join(7);
    const [read] = framesOf(socket(), 'read');
    const [join] = framesOf(socket(), 'join');
    for (const frame of [read, join]) {
      socket().receive({
        type: 'error',
        detail: 'Slowly.',
        status_code: 429,
        code: 'rate_limited',
        retry_after: 3,
        ref: frame?.['ref'],
      });
    }
    await pass(2900);
    assert.equal(framesOf(socket(), 'read').length, 1);
    await pass(500);
    assert.deepEqual([framesOf(socket(), 'read').length, framesOf(socket(), 'join').length], [2, 2]);
  });
});

suite('a read mark of a lost connection', () => {
  test('is kept when its repetition finds no network', async () => {
    const { client, service, socket, pass } = await createScene();
    socket().lose();
    client.markRead(7, 9);
    service.intercept(({ path }) => {
      if (path === '/chats/7/read') throw new TypeError('fetch failed');
      return undefined;
    });
    await pass(400);
    socket().open();
    await settle();
    assert.equal(service.askedFor('/chats/7/read').length, 1);
    service.intercept(() => undefined);
    socket().lose();
    await pass(1000);
    socket().open();
    await settle();
    assert.equal(service.askedFor('/chats/7/read').length, 2);
  });

  test('is not repeated as somebody else', async () => {
    const { client, service, socket, goOnline } = await createScene();
    socket().lose();
    client.markRead(7, 9);
    await client.logIn('bob', 'secret');
    await goOnline();
    assert.deepEqual(service.askedFor('/chats/7/read'), []);
  });
});
