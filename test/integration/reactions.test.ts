import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Chat, Message, Page, Reaction } from '../../functions/contract/schemas.ts';
import type { MessageReactions, UserReaction } from '../../functions/reactions/contract.ts';
import type { SyncAnswer } from '../../functions/sync/contract.ts';
import type { Info } from '../../functions/system/contract.ts';
import type { ChatSocket } from '../../lib/bench/plain-chat-socket.ts';
import {
  isAbout,
  assertError,
  drainFrames,
  newGroup,
  newPeople,
  send,
  service,
  type Person,
} from '../support/people.ts';

const pathOf = (id: number, emoji: string): string =>
  `/messages/${id}/reactions/${encodeURIComponent(emoji)}`;
const add = (person: Person, id: number, emoji: string) =>
  person.api.request<MessageReactions>('PUT', pathOf(id, emoji));
const remove = (person: Person, id: number, emoji: string) => person.api.request('DELETE', pathOf(id, emoji));
const read = async (person: Person, id: number): Promise<Message> =>
  (await person.api.request<Message>('GET', `/messages/${id}`)).body;
const list = (person: Person, id: number, query = '') =>
  person.api.request<Page<UserReaction>>('GET', `/messages/${id}/reactions${query}`);
const changesOf = async (person: Person, chatId: number, rev: number): Promise<Message[]> => {
  const { body } = await person.api.request<SyncAnswer>('POST', '/sync', {
    chats: [{ chat_id: chatId, rev }],
  });
  return body.chats.flatMap(({ messages }) => messages);
};

const newConversation = async () => {
  const [ada, grace, edsger, stranger] = await newPeople('ada', 'grace', 'edsger', 'stranger');
  const { id: chatId } = await newGroup(ada, grace, edsger);
  const { id } = await send(ada, chatId, 'A kingfisher!');
  return { ada, grace, edsger, stranger, chatId, id };
};

const byRev = (a: object, b: object): number =>
  ('rev' in a ? Number(a.rev) : 0) - ('rev' in b ? Number(b.rev) : 0);

/** The reaction events that a connection has received and the test has not taken. */
const reactionsHeard = async (socket: ChatSocket): Promise<object[]> =>
  (await drainFrames(socket)).filter(({ type }) => type.startsWith('reaction_'));

const one = (emoji: string, count: number, me: boolean): Reaction => ({ emoji, count, me });

/** Twenty emoji, and an additional one. */
const [EXTRA = '', ...TWENTY] = Array.from({ length: 21 }, (_, index) =>
  String.fromCodePoint(0x1f600 + index),
);

suite('a reaction', () => {
  test('is told to everyone in the chat, once, with how many there are now', async () => {
    const { ada, grace, edsger, chatId, id } = await newConversation();
    const sockets = await Promise.all([ada, grace, edsger].map((person) => person.connect()));
    const first = await add(ada, id, '👍');
    assert.deepEqual([first.status, first.body], [200, { reactions: [one('👍', 1, true)], rev: 2 }]);
    assert.deepEqual((await add(grace, id, '👍')).body, { reactions: [one('👍', 2, true)], rev: 3 });
    assert.deepEqual((await add(grace, id, '👍')).body, { reactions: [one('👍', 2, true)], rev: 3 });
    assert.equal((await remove(ada, id, '👍')).status, 204);
    assert.equal((await remove(ada, id, '👍')).status, 204);
    assert.equal((await remove(edsger, id, '🎉')).status, 204);
    const event = (type: string, rev: number, { id: userId }: Person, count: number) => ({
      type: `reaction_${type}`,
      chat_id: chatId,
      rev,
      id,
      emoji: '👍',
      user_id: userId,
      count,
    });
    const expected = [event('added', 2, ada, 1), event('added', 3, grace, 2), event('removed', 4, ada, 1)];
    for (const socket of sockets) {
      const told = [];
      while (told.length < expected.length) {
        const { timestamp: _, ...frame } = await socket.take(({ type }) => type.startsWith('reaction_'));
        told.push(frame);
      }
      assert.deepEqual(told.toSorted(byRev), expected);
      assert.deepEqual(await reactionsHeard(socket), []);
      await socket.close();
    }
    const { body: chat } = await ada.api.request<Chat>('GET', `/chats/${chatId}`);
    assert.equal(chat.rev, 4);
  });

  test('shows wherever the message does, to each with their own', async () => {
    const { ada, grace, chatId, id } = await newConversation();
    const plain = await send(grace, chatId, 'Where?');
    assert.deepEqual(plain.reactions, []);
    await add(grace, plain.id, '🧭');
    await add(ada, id, '❤️');
    await add(grace, id, '👍');
    await add(ada, id, '👍');
    for (const [person, mine] of [
      [ada, true],
      [grace, false],
    ] as const) {
      const reactions = [one('❤️', 1, mine), one('👍', 2, true)];
      const last = [one('🧭', 1, !mine)];
      assert.deepEqual((await read(person, id)).reactions, reactions);
      for (const query of ['?page=1', '?before_seq=9', '?after_seq=0']) {
        const { body } = await person.api.request<Page<Message>>('GET', `/messages/chat/${chatId}${query}`);
        const byId = new Map(body.items.map((message) => [message.id, message.reactions]));
        assert.deepEqual([byId.get(id), byId.get(plain.id)], [reactions, last], query);
      }
      const found = await person.api.request<Page<Message>>('GET', '/messages/search?q=kingfisher');
      assert.deepEqual(
        found.body.items.map((message) => message.reactions),
        [reactions],
      );
      const chats = await person.api.request<Page<Chat>>('GET', '/chats');
      assert.deepEqual(chats.body.items[0]?.last_message?.reactions, last);
      const detail = await person.api.request<Chat>('GET', `/chats/${chatId}`);
      assert.deepEqual(detail.body.last_message?.reactions, last);
      // What was missed comes as the message itself.
      assert.deepEqual(await changesOf(person, chatId, 3), [await read(person, id)]);
    }
  });

  test('of several people is in the order of the emoji’s first use, whoever remains', async () => {
    const { ada, grace, id } = await newConversation();
    await add(ada, id, '👍');
    await add(grace, id, '🎉');
    await add(grace, id, '👍');
    await remove(ada, id, '👍');
    assert.deepEqual((await read(ada, id)).reactions, [one('👍', 1, false), one('🎉', 1, false)]);
    await remove(grace, id, '👍');
    assert.deepEqual((await add(ada, id, '👍')).body.reactions, [one('🎉', 1, false), one('👍', 1, true)]);
  });

  test('is exactly one emoji, as keyboards write it', async () => {
    const { ada, id } = await newConversation();
    const good = ['👍', '👍🏽', '❤️', '1️⃣', '🇩🇪', '👩‍👩‍👧', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👩🏻‍❤️‍💋‍👨🏿', '🧑‍🚀'];
    for (const emoji of good) assert.equal((await add(ada, id, emoji)).status, 200, emoji);
    const { reactions } = await read(ada, id);
    assert.deepEqual(
      reactions.map(({ emoji }) => emoji),
      good,
    );
    for (const emoji of good) assert.equal((await remove(ada, id, emoji)).status, 204, emoji);
    const bad = [
      '❤',
      '1',
      'x',
      ' ',
      '👍👍',
      '👍 ',
      'a👍',
      '👍\u200d',
      '🇩',
      '👨‍👍',
      '\ufe0f',
      ':+1:',
      '\u0000',
      '👍'.repeat(50),
    ];
    for (const emoji of bad) {
      assertError(await add(ada, id, emoji), 422, 'validation_failed');
      assertError(await remove(ada, id, emoji), 422, 'validation_failed');
      assertError(await list(ada, id, `?emoji=${encodeURIComponent(emoji)}`), 422, 'validation_failed');
    }
    assert.deepEqual((await read(ada, id)).reactions, []);
  });

  test('is one of twenty different ones at most', async () => {
    const { ada, grace, id } = await newConversation();
    for (const emoji of TWENTY) assert.equal((await add(ada, id, emoji)).status, 200);
    assertError(await add(grace, id, EXTRA), 422, 'too_many_reactions');
    assert.equal((await add(grace, id, TWENTY[7] ?? '')).status, 200);
    await remove(ada, id, TWENTY[0] ?? '');
    const { body } = await add(grace, id, EXTRA);
    assert.deepEqual([body.reactions.length, body.reactions.at(-1)], [20, one(EXTRA, 1, true)]);
    const { features, limits } = (await service().request<Info>('GET', '/info')).body;
    assert.deepEqual([features['reactions'], limits['reactions_per_message']], [true, 20]);
  });

  test('of somebody outside, or to a message that is not there, is refused', async () => {
    const { ada, grace, stranger, chatId, id } = await newConversation();
    await add(ada, id, '👍');
    await add(grace, id, '👍');
    await grace.api.request('DELETE', `/chats/${chatId}`);
    for (const [person, message] of [
      [stranger, id],
      [grace, id],
      [ada, 999_999_999],
    ] as const) {
      assertError(await add(person, message, '👍'), 404, 'message_not_found');
      assertError(await remove(person, message, '👍'), 404, 'message_not_found');
      assertError(await list(person, message), 404, 'message_not_found');
    }
    // Who left leaves their reactions, as their messages.
    assert.deepEqual((await read(ada, id)).reactions, [one('👍', 2, true)]);
  });
});

suite('a message with reactions', () => {
  test('that is edited keeps them, and its event says of nobody whose they are', async () => {
    const { ada, grace, chatId, id } = await newConversation();
    await add(ada, id, '👍');
    const socket = await grace.connect();
    const { body } = await ada.api.request<Message>('PUT', `/messages/${id}`, { content: 'Two!' });
    assert.deepEqual(body.reactions, [one('👍', 1, true)]);
    const event = (await socket.take(isAbout('message_updated', chatId)))['message'] as Message;
    assert.deepEqual(event, { ...body, reactions: [{ emoji: '👍', count: 1 }] });
    await ada.api.request('PUT', `/chats/${chatId}`, { name: 'Birds' });
    const { last_message: last } = (await socket.take(isAbout('chat_updated', chatId)))['chat'] as Chat;
    assert.deepEqual(last, event);
    await socket.close();
  });

  test('that is deleted has none and takes none; restored it has them back', async () => {
    const { ada, grace, chatId, id } = await newConversation();
    await add(ada, id, '👍');
    await add(grace, id, '👍');
    await add(grace, id, '🎉');
    const socket = await grace.connect();
    await ada.api.request('DELETE', `/messages/${id}`);
    const told = (await socket.take(isAbout('message_deleted', chatId)))['message'] as Message;
    assert.deepEqual(told.reactions, []);
    const deleted = await read(grace, id);
    assert.deepEqual(deleted.reactions, []);
    assert.deepEqual((await changesOf(grace, chatId, 4))[0]?.reactions, []);
    assert.deepEqual((await list(grace, id)).body.items, []);
    assertError(await add(grace, id, '👍'), 409, 'message_deleted');
    // Taken back while nobody sees it: no change of anything that shows, and no trace of it later.
    assert.equal((await remove(grace, id, '🎉')).status, 204);
    assert.deepEqual(await read(grace, id), deleted);
    const { body } = await ada.api.request<Message>('POST', `/messages/${id}/restore`);
    assert.deepEqual([body.reactions, body.rev], [[one('👍', 2, true)], deleted.rev + 1]);
    const restored = (await socket.take(isAbout('message_restored', chatId)))['message'] as Message;
    assert.deepEqual(restored.reactions, [{ emoji: '👍', count: 2 }]);
    assert.deepEqual(await reactionsHeard(socket), []);
    await socket.close();
  });

  test('sent again under its own id is answered with them', async () => {
    const { ada, chatId } = await newConversation();
    const body = { chat_id: chatId, content: 'once', client_message_id: crypto.randomUUID() };
    const { id } = (await ada.api.request<Message>('POST', '/messages', body)).body;
    await add(ada, id, '👍');
    const again = await ada.api.request<Message>('POST', '/messages', body);
    assert.deepEqual([again.status, again.body.reactions], [200, [one('👍', 1, true)]]);
  });
});

suite('who reacted', () => {
  test('is listed by page, the oldest reaction first, and by emoji', async () => {
    const { ada, grace, edsger, id } = await newConversation();
    await add(grace, id, '👍');
    await add(ada, id, '🎉');
    await add(edsger, id, '👍');
    const { body } = await list(ada, id, '?limit=2');
    assert.deepEqual([body.total, body.pages], [3, 2]);
    const names = (page: Page<UserReaction>) =>
      page.items.map(({ emoji, user }) => `${emoji} ${user.username}`);
    assert.deepEqual(names(body), [`👍 ${grace.username}`, `🎉 ${ada.username}`]);
    assert.deepEqual(names((await list(ada, id, '?limit=2&page=2')).body), [`👍 ${edsger.username}`]);
    const thumbs = (await list(ada, id, `?emoji=${encodeURIComponent('👍')}`)).body;
    assert.deepEqual(names(thumbs), [`👍 ${grace.username}`, `👍 ${edsger.username}`]);
    assert.equal(thumbs.total, 2);
    assert.deepEqual((await list(ada, id, '?page=9')).body.items, []);
    const [first] = body.items;
    assert.deepEqual(first?.user, (await ada.api.request('GET', `/users/${grace.id}`)).body);
  });

  test('shows a deleted account as one', async () => {
    const { ada, grace, id } = await newConversation();
    await add(grace, id, '👍');
    await grace.api.request('DELETE', '/users/me', { password: grace.password });
    const { body } = await list(ada, id);
    assert.deepEqual(
      body.items.map(({ user }) => user),
      [
        {
          id: grace.id,
          username: 'deleted user',
          full_name: null,
          avatar_url: null,
          last_seen: null,
          online: false,
        },
      ],
    );
  });
});
