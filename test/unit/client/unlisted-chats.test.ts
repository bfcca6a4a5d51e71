import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createFakeStorage, settle } from '../../support/fake-platform.ts';
import {
  chatOf,
  createFakeClient,
  createFakeService,
  json,
  messageOf,
  refusal,
  type RecordedRequest,
} from '../../support/fake-service.ts';

const NOTHING_NEW = { chats: [], joined: [], left: [], more_joined: false };
const asksForChats = ({ method, path }: RecordedRequest): boolean =>
  method === 'GET' && path.startsWith('/chats');

/**
 * A client that knows chats 7, 8 and 9 by their cursors, and was started again: the list has chat 7 alone, as when the
 * others are hidden or not among the latest.
 */
const restarted = async () => {
  const service = createFakeService();
  const { storage } = createFakeStorage();
  service.setChats([chatOf(7), chatOf(8), chatOf(9)]);
  const earlier = createFakeClient(service, storage);
  await earlier.client.logIn('ada', 'secret');
  await earlier.goOnline();
  await earlier.client.stop();
  await settle();

  service.setChats([chatOf(7)]);
  const answers: ((asked: RecordedRequest) => Response | Promise<Response> | undefined)[] = [];
  service.intercept((asked) =>
    asked.path === '/sync'
      ? json(200, NOTHING_NEW)
      : asksForChats(asked)
        ? answers.shift()?.(asked)
        : undefined,
  );
  const fake = createFakeClient(service, storage);
  await fake.client.resume();
  const socket = await fake.goOnline();
  service.asked.length = 0;
  return {
    ...fake,
    /** What answers the next requests for chats, in the place of the service. */
    answers,
    shown: () => fake.client.chats().map(({ id, unread_count: unread }) => [id, unread]),
    requests: () => service.asked.filter(asksForChats).map(({ path }) => path),
    /** The first message of a chat, which the service lists from then on. */
    say: async (chatId: number, listed = [chatId, 7]) => {
      service.setChats(
        listed.map((id) => chatOf(id, id === 7 ? {} : { rev: 1, last_seq: 1, unread_count: 1 })),
      );
      socket.receive({ type: 'new_message', chat_id: chatId, rev: 1, message: messageOf(chatId, 1) });
      await settle();
    },
  };
};

suite('a message in a chat that the list does not hold', () => {
  test('brings the chat, by one request for several messages', async () => {
    const { shown, requests, say, pass } = await restarted();
    assert.deepEqual(shown(), [[7, 0]]);
    await say(8);
    await say(9, [9, 8, 7]);
    await pass(200);
    assert.deepEqual(new Set(shown().map(String)), new Set(['7,0', '8,1', '9,1']));
    assert.deepEqual(requests(), ['/chats?limit=100']);
  });

  test('brings the chat when the list is asked for again, after it was refused', async () => {
    const { shown, requests, answers, say, pass } = await restarted();
    answers.push(() => refusal(429, 'rate_limited', { retry_after: 2 }));
    await say(8);
    await pass(200);
    assert.deepEqual(shown(), [[7, 0]]);
    await pass(2000);
    assert.deepEqual(shown(), [
      [7, 0],
      [8, 1],
    ]);
    assert.equal(requests().length, 2);
  });

  test('brings the chat when the client connects again, after the request was lost', async () => {
    const { shown, answers, say, pass, client, goOnline } = await restarted();
    answers.push(() => Promise.reject(new TypeError('lost')));
    await say(8);
    await pass(200);
    assert.deepEqual(shown(), [[7, 0]]);
    await client.stop();
    await goOnline();
    await pass(200);
    assert.deepEqual(shown(), [
      [7, 0],
      [8, 1],
    ]);
  });

  test('brings the chat when it comes while the list is on its way', async () => {
    const { shown, answers, service, say, pass } = await restarted();
    const held = Promise.withResolvers<void>();
    answers.push((asked) => {
      const answer = service.answer(asked);
      return held.promise.then(() => answer);
    });
    await say(8);
    await pass(200);
    await say(9, [9, 8, 7]);
    held.resolve();
    await settle();
    assert.deepEqual(
      shown().map(([id]) => id),
      [7, 8],
    );
    await pass(200);
    assert.deepEqual(
      shown().map(([id]) => id),
      [7, 8, 9],
    );
  });

  test('asks for nothing beside the list that a new client loads anyway', async () => {
    const fake = createFakeClient();
    await fake.client.logIn('ada', 'secret');
    await fake.goOnline();
    await fake.pass(1000);
    // `/sync` has told of its only chat.
    assert.deepEqual(fake.service.asked.filter(asksForChats), []);
  });
});

test('an event of a block does not stand for the change under its rev', async () => {
  const service = createFakeService();
  service.setChats([]);
  const fake = createFakeClient(service);
  await fake.client.logIn('ada', 'secret');
  const socket = await fake.goOnline();
  // The service has chat 7 at rev 2, a deletion, whose event is lost. An answer that is under way shows rev 1.
  const chat = chatOf(7, { chat_type: 'direct', rev: 2 });
  service.setChats([{ ...chat, rev: 1 }]);
  socket.receive({ type: 'chat_updated', chat_id: 7, rev: 2, chat });
  await fake.pass(300);
  await settle();
  fake.client.reconnect();
  await fake.pass(0);
  fake.socket().open();
  await settle();
  assert.deepEqual(service.askedFor('/sync').at(-1)?.body?.['chats'], [
    { chat_id: 7, rev: 1, last_read_seq: 0 },
  ]);
});
