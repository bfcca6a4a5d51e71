import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createApi } from '../../../lib/client/api/create-api.ts';
import type { ClientEvents } from '../../../lib/client/chat-client.ts';
import { chatOf, createFakeClient, messageOf, refusal } from '../../support/fake-service.ts';
import { settle } from '../../support/fake-platform.ts';

/** An online client of Ada's, with its events about blocks. */
const newClient = async (blocked: number[] = []) => {
  const fake = createFakeClient();
  const { client, service } = fake;
  service.setBlocked(blocked);
  const told: ClientEvents['blocks'][] = [];
  client.on('blocks', (event) => told.push(event));
  await client.logIn('ada', 'x');
  const socket = await fake.goOnline();
  return { ...fake, socket, latest: fake.socket, told };
};

suite('whom the user has blocked', () => {
  test('is known with the first connection, and read again with each', async () => {
    const { client, service, told } = await newClient([9]);
    assert.deepEqual([client.isBlocked(9), client.isBlocked(8)], [true, false]);
    assert.deepEqual(told, [{ user_ids: [9] }]);
    service.setBlocked([8]);
    client.reconnect();
    await settle();
    assert.equal(service.askedFor('/users/me/blocks?page=1&limit=100').length > 0, true);
  });

  test('is known at once after one’s own change, and after another device’s', async () => {
    const { client, service, socket, told } = await newClient();
    assert.deepEqual(told, []);
    await createApi(client).block(9);
    assert.ok(client.isBlocked(9));
    await createApi(client).unblock(9);
    assert.ok(!client.isBlocked(9));
    assert.deepEqual(told, [{ user_ids: [9] }, { user_ids: [] }]);
    service.setBlocked([8]);
    const chat = chatOf(7, { chat_type: 'direct', name: null });
    socket.receive({ type: 'chat_updated', chat_id: 7, rev: 0, chat });
    await settle();
    assert.ok(client.isBlocked(8));
  });

  test('is known in full when one’s own change overtakes the answer with the others', async () => {
    const fake = createFakeClient();
    const { client, service } = fake;
    service.setBlocked([9]);
    const late = Promise.withResolvers<void>();
    let isFirst = true;
    service.intercept((asked) => {
      if (!asked.path.startsWith('/users/me/blocks?') || !isFirst) return undefined;
      isFirst = false;
      const answer = service.answer(asked);
      return late.promise.then(() => answer);
    });
    await client.logIn('ada', 'x');
    await fake.goOnline();
    service.setBlocked([9, 8]);
    await createApi(client).block(8);
    late.resolve();
    await settle();
    assert.deepEqual([client.isBlocked(9), client.isBlocked(8)], [true, true]);
  });

  test('stays known when it cannot be read, and is nobody else’s', async () => {
    const { client, service, socket } = await newClient([9]);
    service.intercept(({ path }) =>
      path.startsWith('/users/me/blocks') ? refusal(503, 'store_unavailable') : undefined,
    );
    socket.receive({ type: 'chat_updated', chat_id: 7, rev: 0, chat: chatOf(7, { chat_type: 'direct' }) });
    await settle();
    assert.ok(client.isBlocked(9));
    await client.logOut();
    assert.ok(!client.isBlocked(9));
  });

  test('is not unread: their messages count nothing, and the service is asked once that changes', async () => {
    const { client, service, socket, pass } = await newClient([9]);
    const unread = () => client.chats().find(({ id }) => id === 7)?.unread_count;
    const message = (seq: number, senderId: number) =>
      messageOf(7, seq, { sender_id: senderId, mention_all: true });
    socket.receive({ type: 'new_message', chat_id: 7, rev: 1, message: message(1, 9) });
    assert.deepEqual([unread(), client.chats()[0]?.mention_count], [0, 0]);
    socket.receive({ type: 'new_message', chat_id: 7, rev: 2, message: message(2, 8) });
    assert.deepEqual([unread(), client.chats()[0]?.mention_count], [1, 1]);
    service.setChats([chatOf(7, { rev: 2, last_seq: 2, unread_count: 2, mention_count: 2 })]);
    await createApi(client).unblock(9);
    await pass(400);
    assert.equal(unread(), 2);
  });

  test('that another device took back counts again, although a sync tells of unread messages and not of mentions', async () => {
    const { client, service, socket, latest, pass } = await newClient([9]);
    const message = messageOf(7, 1, { sender_id: 9, mention_all: true });
    socket.receive({ type: 'new_message', chat_id: 7, rev: 1, message });
    const counts = { chat_id: 7, rev: 1, last_seq: 1, last_read_seq: 0, unread_count: 1 };
    const same = { chat: null, participants: null, messages: [], has_more: false };
    const answer = { chats: [{ ...counts, ...same }], joined: [], left: [], more_joined: false };
    service.intercept(({ path }) =>
      path === '/sync' ? new Response(JSON.stringify(answer), { status: 200 }) : undefined,
    );
    service.setChats([chatOf(7, { rev: 1, last_seq: 1, unread_count: 1, mention_count: 1 })]);
    service.setBlocked([]);
    client.reconnect();
    await pass(0);
    latest().open();
    await pass(400);
    assert.deepEqual([client.chats()[0]?.unread_count, client.chats()[0]?.mention_count], [1, 1]);
  });
});

test('a suspended account’s client stops, and keeps its session', async () => {
  const { client, socket } = await newClient();
  const told: string[] = [];
  client.on('suspended', ({ detail }) => told.push(`${client.state}: ${detail}`));
  socket.receive({
    type: 'error',
    detail: 'This account is suspended.',
    status_code: 403,
    code: 'account_suspended',
    ref: null,
  });
  await settle();
  assert.equal(client.state, 'stopped');
  assert.deepEqual(told, ['stopped: This account is suspended.']);
  assert.equal(client.user?.username, 'ada');
});
