import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Chat, Message, Page } from '../../functions/contract/schemas.ts';
import type { Info } from '../../functions/system/contract.ts';
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

const read = async (person: Person, id: number): Promise<Message> =>
  (await person.api.request<Message>('GET', `/messages/${id}`)).body;
const edit = (person: Person, id: number, body: object) =>
  person.api.request<Message>('PUT', `/messages/${id}`, body);
const mentionsOf = async (person: Person, query = ''): Promise<Page<Message>> =>
  (await person.api.request<Page<Message>>('GET', `/mentions${query}`)).body;

/** The number of unread mentions of a user in a chat; checks that the chat and the list of chats agree. */
const waiting = async (person: Person, chatId: number): Promise<number> => {
  const { mention_count: count } = (await person.api.request<Chat>('GET', `/chats/${chatId}`)).body;
  const { items } = (await person.api.request<Page<Chat>>('GET', '/chats')).body;
  assert.equal(items.find((chat) => chat.id === chatId)?.mention_count, count);
  return count;
};

const newConversation = async () => {
  const [ada, grace, edsger, stranger] = await newPeople('ada', 'grace', 'edsger', 'stranger');
  const { id: chatId } = await newGroup(ada, grace, edsger);
  return { ada, grace, edsger, stranger, chatId };
};

suite('a mention', () => {
  test('is of people by id, in the sender’s order, wherever the message shows', async () => {
    const { ada, grace, edsger, chatId } = await newConversation();
    const socket = await grace.connect();
    const sent = await send(ada, chatId, 'You two: heron!', { mentions: [edsger.id, grace.id] });
    assert.deepEqual([sent.mentions, sent.mention_all], [[edsger.id, grace.id], false]);
    assert.deepEqual((await socket.take(isAbout('new_message', chatId)))['message'], sent);
    const history = await grace.api.request<Page<Message>>('GET', `/messages/chat/${chatId}?page=1`);
    const found = await grace.api.request<Page<Message>>('GET', '/messages/search?q=heron');
    const { body: chat } = await grace.api.request<Chat>('GET', `/chats/${chatId}`);
    assert.deepEqual(
      [history.body.items, found.body.items, [chat.last_message], (await mentionsOf(grace)).items],
      [[sent], [sent], [sent], [sent]],
    );
    await socket.close();
  });

  test('of everybody and of one in the same message counts once', async () => {
    const { ada, grace, edsger, chatId } = await newConversation();
    const sent = await send(ada, chatId, 'All, and you', { mentions: [grace.id], mention_all: true });
    assert.deepEqual([sent.mentions, sent.mention_all], [[grace.id], true]);
    assert.deepEqual([await waiting(grace, chatId), await waiting(edsger, chatId)], [1, 1]);
    assert.equal((await mentionsOf(grace)).total, 1);
    assert.deepEqual((await mentionsOf(edsger)).items, [sent]);
  });

  test('of oneself does not count, and neither does what one says to everybody', async () => {
    const { ada, grace, chatId } = await newConversation();
    const sent = await send(ada, chatId, 'Me', { mentions: [ada.id], mention_all: true });
    assert.deepEqual(sent.mentions, [ada.id]);
    assert.equal(await waiting(ada, chatId), 0);
    assert.equal((await mentionsOf(ada)).total, 0);
    assert.equal(await waiting(grace, chatId), 1);
  });

  test('of somebody who is not in the chat is dropped', async () => {
    const { ada, grace, stranger, chatId } = await newConversation();
    const sent = await send(ada, chatId, 'Who?', { mentions: [stranger.id, grace.id, 999_999_999] });
    assert.deepEqual(sent.mentions, [grace.id]);
    const none = await send(ada, chatId, 'Nobody', { mentions: [stranger.id] });
    assert.deepEqual([none.mentions, none.mention_all], [[], false]);
    await ada.api.request('POST', `/chats/${chatId}/participants`, { user_ids: [stranger.id] });
    assert.equal((await mentionsOf(stranger)).total, 0);
  });

  test('is replaced by an edit that names others, and stays with one that names nobody', async () => {
    const { ada, grace, edsger, chatId } = await newConversation();
    const { id } = await send(ada, chatId, 'One', { mentions: [grace.id], mention_all: true });
    const kept = (await edit(ada, id, { content: 'Two' })).body;
    assert.deepEqual([kept.mentions, kept.mention_all, kept.rev], [[grace.id], true, 2]);
    const fewer = (await edit(ada, id, { content: 'Three', mention_all: false })).body;
    assert.deepEqual([fewer.mentions, fewer.mention_all], [[grace.id], false]);
    assert.deepEqual([await waiting(grace, chatId), await waiting(edsger, chatId)], [1, 0]);
    const others = (await edit(ada, id, { content: 'Four', mentions: [edsger.id] })).body;
    assert.deepEqual([others.mentions, others.mention_all], [[edsger.id], false]);
    assert.deepEqual([await waiting(grace, chatId), await waiting(edsger, chatId)], [0, 1]);
    const nobody = (await edit(ada, id, { content: 'Five', mentions: [] })).body;
    assert.deepEqual(nobody.mentions, []);
    assert.deepEqual([await waiting(edsger, chatId), (await mentionsOf(edsger)).total], [0, 0]);
  });

  test('is changed without the text, once; what changes nothing takes no rev', async () => {
    const { ada, grace, edsger, stranger, chatId } = await newConversation();
    const sent = await send(ada, chatId, 'One', { mentions: [grace.id] });
    const socket = await grace.connect();
    for (const mentions of [[grace.id], [grace.id, stranger.id]]) {
      assert.deepEqual(
        (await edit(ada, sent.id, { content: 'One', mentions, mention_all: false })).body,
        sent,
      );
    }
    const { body } = await edit(ada, sent.id, { content: 'One', mentions: [edsger.id], mention_all: true });
    assert.deepEqual(body, { ...sent, rev: 2, mentions: [edsger.id], mention_all: true });
    assert.deepEqual((await socket.take(isAbout('message_updated', chatId)))['message'], body);
    assert.deepEqual((await drainFrames(socket)).filter(isAbout('message_updated', chatId)), []);
    assert.deepEqual(await read(grace, sent.id), body);
    await socket.close();
  });

  test('keeps who has left since, until an edit names somebody', async () => {
    const { ada, grace, edsger, chatId } = await newConversation();
    const { id } = await send(ada, chatId, 'One', { mentions: [grace.id, edsger.id] });
    await grace.api.request('DELETE', `/chats/${chatId}`);
    assert.equal((await mentionsOf(grace)).total, 0, 'of the chats that one is in');
    assert.deepEqual((await edit(ada, id, { content: 'Two' })).body.mentions, [grace.id, edsger.id]);
    const { mentions } = (await edit(ada, id, { content: 'Two', mentions: [edsger.id, grace.id] })).body;
    assert.deepEqual(mentions, [edsger.id]);
  });

  test('goes with a deleted message, and comes back with it', async () => {
    const { ada, grace, chatId } = await newConversation();
    const sent = await send(ada, chatId, 'You', { mentions: [grace.id], mention_all: true });
    await ada.api.request('DELETE', `/messages/${sent.id}`);
    const { mentions, mention_all: all } = await read(grace, sent.id);
    assert.deepEqual([mentions, all], [[], false]);
    assert.deepEqual([await waiting(grace, chatId), (await mentionsOf(grace)).total], [0, 0]);
    const { body } = await ada.api.request<Message>('POST', `/messages/${sent.id}/restore`);
    assert.deepEqual([body.mentions, body.mention_all], [[grace.id], true]);
    assert.deepEqual([await waiting(grace, chatId), (await mentionsOf(grace)).total], [1, 1]);
  });

  test('waits until it is read, and only as far as that', async () => {
    const { ada, grace, chatId } = await newConversation();
    for (const content of ['one', 'two', 'three']) await send(ada, chatId, content, { mentions: [grace.id] });
    await send(ada, chatId, 'four');
    assert.equal(await waiting(grace, chatId), 3);
    await grace.api.request('POST', `/chats/${chatId}/read`, { seq: 2 });
    assert.equal(await waiting(grace, chatId), 1);
    assert.equal((await mentionsOf(grace)).total, 3, 'read or not');
    await send(grace, chatId, 'Here I am.');
    assert.equal(await waiting(grace, chatId), 0);
  });

  test('is not inherited by somebody who comes later, or comes back', async () => {
    const { ada, grace, stranger, chatId } = await newConversation();
    const before = await send(ada, chatId, 'Everybody who is here', {
      mentions: [grace.id],
      mention_all: true,
    });
    await ada.api.request('POST', `/chats/${chatId}/participants`, { user_ids: [stranger.id] });
    assert.deepEqual([await waiting(stranger, chatId), (await mentionsOf(stranger)).total], [0, 0]);
    const after = await send(ada, chatId, 'Everybody', { mention_all: true });
    assert.deepEqual((await mentionsOf(stranger)).items, [after]);
    assert.equal(await waiting(stranger, chatId), 1);
    await grace.api.request('DELETE', `/chats/${chatId}`);
    await ada.api.request('POST', `/chats/${chatId}/participants`, { user_ids: [grace.id] });
    // By name it is still grace who was meant.
    assert.deepEqual((await mentionsOf(grace)).items, [before]);
    assert.equal(await waiting(grace, chatId), 0);
  });

  test('is of fifty people at most, each once', async () => {
    const { ada, grace, chatId } = await newConversation();
    const ids = Array.from({ length: 51 }, (_, index) => 900_000_000 + index);
    for (const mentions of [ids, [grace.id, grace.id], ['1'], [0], 7, null]) {
      const body = { chat_id: chatId, content: 'Hm.', mentions };
      assertError(await ada.api.request('POST', '/messages', body), 422, 'validation_failed');
    }
    const sent = await send(ada, chatId, 'Fifty', { mentions: [...ids.slice(2), grace.id] });
    assert.deepEqual(sent.mentions, [grace.id]);
    assertError(await edit(ada, sent.id, { content: 'Hm.', mentions: ids }), 422, 'validation_failed');
    const { features, limits } = (await service().request<Info>('GET', '/info')).body;
    assert.deepEqual([features['mentions'], limits['mentions_per_message']], [true, 50]);
  });

  test('comes by a frame, too', async () => {
    const { ada, grace, chatId } = await newConversation();
    const socket = await ada.connect();
    const content = 'You';
    socket.send({ type: 'message', chat_id: chatId, content, mentions: [grace.id], mention_all: true });
    const { message } = (await socket.take(({ type }) => type === 'ack')) as unknown as { message: Message };
    assert.deepEqual([message.mentions, message.mention_all], [[grace.id], true]);
    await socket.close();
  });
});

suite('the messages that mention somebody', () => {
  test('are those of all their chats, newest first, by page', async () => {
    const { ada, grace, edsger, chatId } = await newConversation();
    const { id: second } = await newGroup(grace, ada);
    const sent = [
      await send(ada, chatId, 'one', { mentions: [grace.id] }),
      await send(ada, second, 'two', { mention_all: true }),
      await send(edsger, chatId, 'three', { mentions: [grace.id] }),
    ];
    await send(edsger, chatId, 'not you', { mentions: [ada.id] });
    const newestFirst = sent.toReversed();
    const page = await mentionsOf(grace, '?limit=2');
    assert.deepEqual([page.items, page.total, page.pages], [newestFirst.slice(0, 2), 3, 2]);
    assert.deepEqual((await mentionsOf(grace, '?limit=2&page=2')).items, newestFirst.slice(2));
    assert.deepEqual((await mentionsOf(grace, '?page=9')).items, []);
    assert.equal((await mentionsOf(ada)).total, 1);
  });
});
