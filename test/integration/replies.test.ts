import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Chat, ChatDetail, Message, Page, Quote } from '../../functions/contract/schemas.ts';
import type { SyncAnswer } from '../../functions/sync/contract.ts';
import type { Info } from '../../functions/system/contract.ts';
import { isAbout, assertError, newGroup, newPeople, send, service, type Person } from '../support/people.ts';

const read = async (person: Person, id: number): Promise<Message> =>
  (await person.api.request<Message>('GET', `/messages/${id}`)).body;

const newConversation = async () => {
  const [ada, grace, stranger] = await newPeople('ada', 'grace', 'stranger');
  const { id: chatId } = await newGroup(ada, grace);
  const first = await send(ada, chatId, 'A kingfisher!');
  return { ada, grace, stranger, chatId, first };
};

const quoteOf = ({ id, seq, sender_id, sender_username }: Message, excerpt: string | null): Quote => ({
  id,
  seq,
  sender_id,
  sender_username,
  excerpt,
});

/** The same message from every response that contains messages of a chat. */
const everywhere = async (person: Person, chatId: number, id: number, word: string) => {
  const get = async <Body>(path: string) => (await person.api.request<Body>('GET', path)).body;
  const { body } = await person.api.request<SyncAnswer>('POST', '/sync', {
    chats: [{ chat_id: chatId, rev: 0 }],
  });
  const lists = [
    ...(await Promise.all(
      ['?page=1', '?before_seq=99', '?after_seq=0'].map((query) =>
        get<Page<Message>>(`/messages/chat/${chatId}${query}`),
      ),
    )),
    await get<Page<Message>>(`/messages/search?q=${word}`),
    { items: body.chats.flatMap(({ messages }) => messages) },
  ];
  const chats = [
    (await get<Page<Chat>>('/chats')).items.find((chat) => chat.id === chatId)?.last_message,
    (await get<ChatDetail>(`/chats/${chatId}`)).last_message,
  ];
  return [
    ...lists.map(({ items }) => items.find((message) => message.id === id)),
    ...chats,
    await read(person, id),
  ];
};

suite('a reply', () => {
  test('quotes what it replies to, wherever it shows', async () => {
    const { ada, grace, chatId, first } = await newConversation();
    assert.equal(first.reply_to, null);
    const socket = await ada.connect();
    const reply = await send(grace, chatId, 'Halcyon!', { reply_to_id: first.id });
    const quote = quoteOf(first, 'A kingfisher!');
    assert.deepEqual(reply.reply_to, quote);
    assert.deepEqual((await socket.take(isAbout('new_message', chatId)))['message'], reply);
    for (const shown of await everywhere(ada, chatId, reply.id, 'halcyon')) {
      assert.deepEqual(shown, reply);
    }
    const edited = (await grace.api.request<Message>('PUT', `/messages/${reply.id}`, { content: 'Halcyon?' }))
      .body;
    assert.deepEqual(edited.reply_to, quote);
    assert.deepEqual((await socket.take(isAbout('message_updated', chatId)))['message'], edited);
    await socket.close();
  });

  test('is sent by a frame, too', async () => {
    const { ada, chatId, first } = await newConversation();
    const socket = await ada.connect();
    socket.send({ type: 'message', chat_id: chatId, content: 'Halcyon!', reply_to_id: first.id, ref: 1 });
    const { message } = (await socket.take(({ type }) => type === 'ack')) as unknown as { message: Message };
    assert.deepEqual(message.reply_to, quoteOf(first, 'A kingfisher!'));
    socket.send({ type: 'message', chat_id: chatId, content: 'Who?', reply_to_id: 999_999_999, ref: 2 });
    const refused = await socket.take(({ type }) => type === 'error');
    assert.deepEqual([refused['code'], refused['ref']], ['reply_target_not_found', 2]);
    await socket.close();
  });

  test('shows the other message as it is now, and takes no rev for its changes', async () => {
    const { ada, grace, chatId, first } = await newConversation();
    const reply = await send(grace, chatId, 'Halcyon!', { reply_to_id: first.id });
    await ada.api.request('PUT', `/messages/${first.id}`, { content: 'Two kingfishers!' });
    assert.deepEqual(await read(grace, reply.id), { ...reply, reply_to: quoteOf(first, 'Two kingfishers!') });
    await ada.api.request('DELETE', `/messages/${first.id}`);
    for (const shown of await everywhere(ada, chatId, reply.id, 'halcyon')) {
      assert.deepEqual(shown, { ...reply, reply_to: quoteOf(first, null) });
    }
    await ada.api.request('POST', `/messages/${first.id}/restore`);
    assert.deepEqual((await read(ada, reply.id)).reply_to?.excerpt, 'Two kingfishers!');
  });

  test('that is deleted quotes nothing; restored it does again', async () => {
    const { ada, grace, chatId, first } = await newConversation();
    const reply = await send(grace, chatId, 'Halcyon!', { reply_to_id: first.id });
    const socket = await ada.connect();
    await grace.api.request('DELETE', `/messages/${reply.id}`);
    const told = (await socket.take(isAbout('message_deleted', chatId)))['message'] as Message;
    assert.deepEqual([told.reply_to, (await read(ada, reply.id)).reply_to], [null, null]);
    const { body } = await grace.api.request<Message>('POST', `/messages/${reply.id}/restore`);
    assert.deepEqual(body.reply_to, quoteOf(first, 'A kingfisher!'));
    assert.deepEqual((await socket.take(isAbout('message_restored', chatId)))['message'], body);
    await socket.close();
  });

  test('quotes 200 code points at most', async () => {
    const { ada, chatId } = await newConversation();
    for (const [content, excerpt] of [
      ['🦋'.repeat(201), '🦋'.repeat(200)],
      [`${'a'.repeat(199)}🦋b`, `${'a'.repeat(199)}🦋`],
      ['é'.repeat(200), 'é'.repeat(200)],
    ] as const) {
      const target = await send(ada, chatId, content);
      const reply = await send(ada, chatId, 'So long?', { reply_to_id: target.id });
      assert.equal(reply.reply_to?.excerpt, excerpt);
      assert.equal((await read(ada, reply.id)).reply_to?.excerpt, excerpt);
    }
  });

  test('to a reply, and to the sender’s own message, quotes that one only', async () => {
    const { ada, chatId, first } = await newConversation();
    const second = await send(ada, chatId, 'Two!', { reply_to_id: first.id });
    const third = await send(ada, chatId, 'Three!', { reply_to_id: second.id });
    assert.deepEqual(third.reply_to, quoteOf(second, 'Two!'));
  });

  test('to what is not there, in another chat or deleted is refused, and nothing is left of it', async () => {
    const { ada, grace, stranger, chatId, first } = await newConversation();
    const { id: elsewhere } = await newGroup(ada, grace);
    const foreign = await send(ada, elsewhere, 'Not here.');
    const deleted = await send(ada, chatId, 'Gone.');
    await ada.api.request('DELETE', `/messages/${deleted.id}`);
    const post = (person: Person, target: unknown) =>
      person.api.request('POST', '/messages', { chat_id: chatId, content: 'Hm.', reply_to_id: target });
    for (const target of [foreign.id, deleted.id, 999_999_999]) {
      assertError(await post(ada, target), 422, 'reply_target_not_found');
    }
    for (const target of [0, -1, 1.5, '1', true]) {
      assertError(await post(ada, target), 422, 'validation_failed');
    }
    // Nobody learns from outside what is in a chat.
    assertError(await post(stranger, first.id), 404, 'chat_not_found');
    const { body } = await ada.api.request<ChatDetail>('GET', `/chats/${chatId}`);
    assert.deepEqual([body.last_seq, body.rev], [2, 3]);
    assert.equal((await post(ada, null)).status, 201);
  });

  test('that is repeated is answered with the first one, though what it quotes is gone', async () => {
    const { ada, chatId, first } = await newConversation();
    const body = {
      chat_id: chatId,
      content: 'once',
      client_message_id: crypto.randomUUID(),
      reply_to_id: first.id,
    };
    const sent = (await ada.api.request<Message>('POST', '/messages', body)).body;
    await ada.api.request('DELETE', `/messages/${first.id}`);
    const again = await ada.api.request<Message>('POST', '/messages', body);
    assert.deepEqual(
      [again.status, again.body],
      [200, { ...sent, reply_to: quoteOf(first, null), duplicate: true }],
    );
  });

  test('names a deleted account as one', async () => {
    const { ada, grace, chatId } = await newConversation();
    const target = await send(grace, chatId, 'Bye.');
    const reply = await send(ada, chatId, 'Bye!', { reply_to_id: target.id });
    await grace.api.request('DELETE', '/users/me', { password: grace.password });
    assert.deepEqual((await read(ada, reply.id)).reply_to, {
      ...quoteOf(target, 'Bye.'),
      sender_username: 'deleted user',
    });
  });

  test('is a feature that the service names', async () => {
    assert.equal((await service().request<Info>('GET', '/info')).body.features['replies'], true);
  });
});
