import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Chat, Message, Page } from '../../functions/contract/schemas.ts';
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

const pin = (person: Person, id: number) => person.api.request<Message>('PUT', `/messages/${id}/pin`);
const unpin = (person: Person, id: number) => person.api.request('DELETE', `/messages/${id}/pin`);
const read = async (person: Person, id: number): Promise<Message> =>
  (await person.api.request<Message>('GET', `/messages/${id}`)).body;
const list = (person: Person, chatId: number, query = '') =>
  person.api.request<Page<Message>>('GET', `/chats/${chatId}/pins${query}`);
const pinnedIds = async (person: Person, chatId: number): Promise<number[]> =>
  (await list(person, chatId)).body.items.map(({ id }) => id);
const changesOf = async (person: Person, chatId: number, rev: number): Promise<Message[]> => {
  const { body } = await person.api.request<SyncAnswer>('POST', '/sync', {
    chats: [{ chat_id: chatId, rev }],
  });
  return body.chats.flatMap(({ messages }) => messages);
};

/** A group with Ada as admin and a message by Grace. */
const newConversation = async () => {
  const [ada, grace, edsger, stranger] = await newPeople('ada', 'grace', 'edsger', 'stranger');
  const { id: chatId } = await newGroup(ada, grace, edsger);
  const { id } = await send(grace, chatId, 'We meet at the kingfisher’s bridge');
  return { ada, grace, edsger, stranger, chatId, id };
};

const isPinEvent = ({ type }: { readonly type: string }): boolean => /^message_(un)?pinned$/.test(type);
const pinsHeard = async (socket: ChatSocket): Promise<object[]> =>
  (await drainFrames(socket)).filter(isPinEvent);

suite('a pin', () => {
  test('is told to everyone in the chat, once, with the message', async () => {
    const { ada, grace, edsger, chatId, id } = await newConversation();
    const { body: other } = await pin(ada, (await send(ada, chatId, 'Bring boots')).id);
    const sockets = await Promise.all([ada, grace, edsger].map((person) => person.connect()));
    const first = await pin(ada, id);
    assert.equal(first.status, 200);
    assert.deepEqual([first.body.pinned_by, first.body.rev], [ada.id, 4]);
    assert.ok((first.body.pinned_at ?? '') > (other.pinned_at ?? ''));
    assert.deepEqual(await read(edsger, id), first.body);
    assert.deepEqual((await pin(ada, id)).body, first.body);
    assert.deepEqual(await pinnedIds(edsger, chatId), [id, other.id]);
    assert.equal((await unpin(ada, id)).status, 204);
    assert.equal((await unpin(ada, id)).status, 204);
    const unpinned = await read(grace, id);
    assert.deepEqual([unpinned.pinned_at, unpinned.pinned_by, unpinned.rev], [null, null, 5]);
    const expected = [
      { type: 'message_pinned', chat_id: chatId, rev: 4, message: first.body },
      { type: 'message_unpinned', chat_id: chatId, rev: 5, message: unpinned },
    ];
    for (const socket of sockets) {
      const told = [];
      while (told.length < expected.length) {
        const { timestamp: _, ...frame } = await socket.take(isPinEvent);
        told.push(frame);
      }
      assert.deepEqual(
        told.toSorted((a, b) => Number(a['rev']) - Number(b['rev'])),
        expected,
      );
      assert.deepEqual(await pinsHeard(socket), []);
      await socket.close();
    }
    const { body: chat } = await ada.api.request<Chat>('GET', `/chats/${chatId}`);
    assert.deepEqual([chat.rev, chat.last_seq], [5, 2]);
  });

  test('shows wherever the message does', async () => {
    const { ada, grace, chatId, id } = await newConversation();
    const { body: pinned } = await pin(ada, id);
    for (const query of ['?page=1', '?before_seq=9', '?after_seq=0']) {
      const { body } = await grace.api.request<Page<Message>>('GET', `/messages/chat/${chatId}${query}`);
      assert.deepEqual(body.items, [pinned], query);
    }
    const found = await grace.api.request<Page<Message>>('GET', '/messages/search?q=kingfisher');
    assert.deepEqual(found.body.items, [pinned]);
    const chats = await grace.api.request<Page<Chat>>('GET', '/chats');
    assert.deepEqual(chats.body.items[0]?.last_message, pinned);
    assert.deepEqual(await changesOf(grace, chatId, 1), [pinned]);
    assert.deepEqual((await list(grace, chatId)).body, {
      items: [pinned],
      total: 1,
      page: 1,
      limit: 20,
      pages: 1,
    });
  });

  test('survives an edit, and the event of one says so', async () => {
    const { ada, grace, chatId, id } = await newConversation();
    const { body: pinned } = await pin(ada, id);
    await grace.api.request('PUT', `/messages/${id}/reactions/${encodeURIComponent('👍')}`);
    const socket = await ada.connect();
    await grace.api.request('PUT', `/messages/${id}`, { content: 'We meet at the mill' });
    const { message } = await socket.take(isAbout('message_updated', chatId));
    assert.equal((message as Message).pinned_at, pinned.pinned_at);
    // An event does not say whose the reactions are; answers do.
    await unpin(ada, id);
    const event = (await socket.take(isAbout('message_unpinned', chatId)))['message'] as Message;
    assert.deepEqual(
      [event.content, event.pinned_at, event.reactions],
      ['We meet at the mill', null, [{ emoji: '👍', count: 1 }]],
    );
    assert.deepEqual((await pin(ada, id)).body.reactions, [{ emoji: '👍', count: 1, me: false }]);
    await socket.close();
  });

  test('of a message too large for an event comes without the content', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id } = await send(grace, chatId, '🦋'.repeat(10_000));
    const socket = await grace.connect();
    const { body } = await pin(ada, id);
    const { message } = await socket.take(isAbout('message_pinned', chatId));
    assert.deepEqual(message, { ...body, content: null, truncated: true });
    await socket.close();
  });

  test('goes when the message is deleted, and does not come back with it', async () => {
    const { ada, grace, chatId, id } = await newConversation();
    await pin(ada, id);
    const socket = await ada.connect();
    await grace.api.request('DELETE', `/messages/${id}`);
    const told = (await socket.take(isAbout('message_deleted', chatId)))['message'] as Message;
    assert.deepEqual([told.pinned_at, told.pinned_by], [null, null]);
    const deleted = await read(ada, id);
    assert.deepEqual([deleted.pinned_at, deleted.pinned_by], [null, null]);
    assert.deepEqual((await list(ada, chatId)).body.items, []);
    assertError(await pin(ada, id), 409, 'message_deleted');
    assert.equal((await unpin(ada, id)).status, 204);
    assert.deepEqual(await read(ada, id), deleted);
    const { body: restored } = await grace.api.request<Message>('POST', `/messages/${id}/restore`);
    assert.deepEqual([restored.pinned_at, restored.pinned_by, restored.is_deleted], [null, null, false]);
    assert.deepEqual(await pinnedIds(ada, chatId), []);
    assert.deepEqual(await pinsHeard(socket), []);
    await socket.close();
  });

  test('stays when whoever pinned leaves or deletes their account', async () => {
    const { ada, grace, edsger, chatId, id } = await newConversation();
    const { id: second } = await send(ada, chatId, 'Bring boots');
    await ada.api.request('PUT', `/chats/${chatId}/participants/${edsger.id}`, { is_admin: true });
    await pin(ada, id);
    await pin(edsger, second);
    await ada.api.request('DELETE', `/chats/${chatId}`);
    assertError(await pin(ada, second), 404, 'message_not_found');
    assertError(await unpin(ada, id), 404, 'message_not_found');
    assertError(await list(ada, chatId), 404, 'chat_not_found');
    await edsger.api.request('DELETE', '/users/me', { password: edsger.password });
    const { items } = (await list(grace, chatId)).body;
    assert.deepEqual(
      items.map((message) => [message.id, message.pinned_by, message.sender_username]),
      [
        [second, edsger.id, ada.username],
        [id, ada.id, grace.username],
      ],
    );
    // The only one who is left has become admin.
    assert.equal((await unpin(grace, second)).status, 204);
  });

  test('in a direct chat is for either side to make and to take away', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { body: chat } = await ada.api.request<Chat>('POST', '/chats', {
      chat_type: 'direct',
      participant_ids: [grace.id],
    });
    const chatId = chat.id;
    const { id } = await send(ada, chatId, 'Keys are under the mat');
    assert.equal((await pin(grace, id)).body.pinned_by, grace.id);
    // The first one who pinned it stays that.
    assert.equal((await pin(ada, id)).body.pinned_by, grace.id);
    assert.equal((await unpin(ada, id)).status, 204);
    assert.deepEqual(await pinnedIds(grace, chatId), []);
  });

  test('is one of fifty at most', async () => {
    const { ada, grace, chatId, id } = await newConversation();
    const { features, limits } = (await service().request<Info>('GET', '/info')).body;
    assert.deepEqual([features['pins'], limits['pins_per_chat']], [true, 50]);
    const ids = [];
    for (let index = 0; index < 50; index += 1) {
      const message = await send(index % 2 === 0 ? ada : grace, chatId, `item ${index}`);
      assert.equal((await pin(ada, message.id)).status, 200);
      ids.unshift(message.id);
    }
    assertError(await pin(ada, id), 422, 'too_many_pins');
    const { body } = await list(grace, chatId, '?limit=15&page=2');
    assert.deepEqual([body.total, body.pages], [50, 4]);
    assert.deepEqual(
      body.items.map((message) => message.id),
      ids.slice(15, 30),
    );
    assert.deepEqual((await list(grace, chatId, '?page=9')).body.items, []);
    await unpin(ada, ids[7] ?? 0);
    assert.equal((await pin(ada, id)).status, 200);
    assert.equal((await list(grace, chatId, '/')).status, 200);
  });

  test('by a plain member of a group, of somebody outside, or of a message that is not there, is refused', async () => {
    const { ada, grace, stranger, chatId, id } = await newConversation();
    assertError(await pin(grace, id), 403, 'not_group_admin');
    await pin(ada, id);
    assertError(await unpin(grace, id), 403, 'not_group_admin');
    for (const [person, message] of [
      [stranger, id],
      [ada, 999_999_999],
    ] as const) {
      assertError(await pin(person, message), 404, 'message_not_found');
      assertError(await unpin(person, message), 404, 'message_not_found');
    }
    assertError(await list(stranger, chatId), 404, 'chat_not_found');
    assert.deepEqual(await pinnedIds(grace, chatId), [id]);
  });
});
