import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { suite, test } from 'node:test';
import type { Chat, ChatDetail, Message, Page } from '../../functions/contract/schemas.ts';
import type { SentMessage } from '../../functions/messages/contract.ts';
import {
  isAbout,
  assertError,
  drainFrames,
  newGroup,
  newPeople,
  send,
  type Person,
} from '../support/people.ts';

const read = (person: Person, id: number) => person.api.request<Message>('GET', `/messages/${id}`);
const edit = (person: Person, id: number, content: unknown) =>
  person.api.request<Message>('PUT', `/messages/${id}`, { content });
const remove = (person: Person, id: number) => person.api.request('DELETE', `/messages/${id}`);
const restore = (person: Person, id: number) =>
  person.api.request<Message>('POST', `/messages/${id}/restore`);
const chatOf = async (person: Person, chatId: number): Promise<ChatDetail> =>
  (await person.api.request<ChatDetail>('GET', `/chats/${chatId}`)).body;
const historyOf = async (person: Person, chatId: number): Promise<Page<Message>> =>
  (await person.api.request<Page<Message>>('GET', `/messages/chat/${chatId}?limit=100`)).body;

const newConversation = async () => {
  const [ada, grace, edsger] = await newPeople('ada', 'grace', 'edsger');
  const { id: chatId } = await newGroup(ada, grace, edsger);
  return { ada, grace, edsger, chatId };
};

/** The first event of a type in a chat, as the message in it. */
const eventAt = async (
  socket: Awaited<ReturnType<Person['connect']>>,
  type: string,
  chatId: number,
): Promise<Message> => (await socket.take(isAbout(type, chatId)))['message'] as Message;

suite('a message by its id', () => {
  test('is as it is in the history, for everyone in the chat', async () => {
    const { ada, grace, chatId } = await newConversation();
    const sent = await send(ada, chatId, 'hello');
    for (const person of [ada, grace]) {
      const { status, body } = await read(person, sent.id);
      assert.deepEqual([status, body], [200, sent]);
    }
  });

  test('that there is not, is not there', async () => {
    const { ada } = await newConversation();
    const ways = [
      await read(ada, 999_999_999),
      await edit(ada, 999_999_999, 'x'),
      await remove(ada, 999_999_999),
      await restore(ada, 999_999_999),
    ];
    for (const answer of ways) assertError(answer, 404, 'message_not_found');
  });
});

suite('editing', () => {
  test('changes the content for everyone, and the place nowhere', async () => {
    const { ada, grace, chatId } = await newConversation();
    const first = await send(ada, chatId, 'helo');
    const second = await send(grace, chatId, 'hi');
    const sockets = await Promise.all([ada.connect(), grace.connect()]);
    const { status, body } = await edit(ada, first.id, '  hello 🦋\u0301 <b>');
    assert.equal(status, 200);
    const { edited_at: editedAt, ...rest } = body;
    const { edited_at: _, ...before } = first;
    assert.deepEqual(rest, { ...before, content: '  hello 🦋\u0301 <b>', is_edited: true, rev: 3 });
    assert.ok(editedAt !== null && editedAt >= first.timestamp);
    assert.deepEqual((await read(grace, first.id)).body, body);
    assert.deepEqual((await historyOf(grace, chatId)).items, [second, body]);
    const chat = await chatOf(grace, chatId);
    assert.deepEqual([chat.rev, chat.last_seq], [3, 2]);
    for (const socket of sockets) {
      assert.deepEqual(await eventAt(socket, 'message_updated', chatId), body);
      await socket.close();
    }
  });

  test('the last message shows in the list of chats', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id } = await send(ada, chatId, 'helo');
    const edited = (await edit(ada, id, 'hello')).body;
    const { body } = await grace.api.request<Page<Chat>>('GET', '/chats');
    assert.deepEqual(body.items[0]?.last_message, edited);
  });

  test('is for the sender only, and not of what is deleted', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id } = await send(grace, chatId, 'mine');
    assertError(await edit(ada, id, 'yours'), 403, 'not_message_sender');
    await remove(grace, id);
    assertError(await edit(grace, id, 'still mine'), 409, 'message_deleted');
    await restore(grace, id);
    assert.equal((await read(ada, id)).body.content, 'mine');
    assert.equal((await edit(grace, id, 'mine again')).status, 200);
  });

  test('takes what sending takes', async () => {
    const { ada, chatId } = await newConversation();
    const { id } = await send(ada, chatId, 'x');
    for (const content of ['', ' \n', 'x'.repeat(10_001), 'a\u0000', '\ud800', 42, null, undefined]) {
      assertError(await edit(ada, id, content), 422, 'validation_failed');
    }
    assert.equal((await edit(ada, id, '🦋'.repeat(10_000))).body.content, '🦋'.repeat(10_000));
    assert.equal((await read(ada, id)).body.rev, 2);
  });

  test('twenty at once take a rev each, and the last of them is what everyone reads', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id } = await send(ada, chatId, '0');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => edit(ada, id, `edit ${index}`)),
    );
    const byRev = answers.map(({ body }) => body).toSorted((a, b) => a.rev - b.rev);
    assert.deepEqual(
      byRev.map(({ rev }) => rev),
      Array.from({ length: 20 }, (_, index) => index + 2),
    );
    const now = (await read(grace, id)).body;
    assert.equal(now.content, byRev.at(-1)?.content);
    assert.equal(now.rev, 21);
    // Every one of them told of its own text, or of a later one that was in force already.
    assert.ok(byRev.every(({ content }) => content?.startsWith('edit ') === true));
  });

  test('an edit that its sender’s retry repeats shows the first message as it is now', async () => {
    const { ada, chatId } = await newConversation();
    const body = { chat_id: chatId, content: 'helo', client_message_id: randomUUID() };
    const first = await ada.api.request<SentMessage>('POST', '/messages', body);
    const edited = (await edit(ada, first.body.id, 'hello')).body;
    const again = await ada.api.request<SentMessage>('POST', '/messages', body);
    assert.deepEqual([again.status, again.body], [200, { ...edited, duplicate: true }]);
  });
});

suite('deleting', () => {
  test('takes the content from everyone, and the message from the history', async () => {
    const { ada, grace, chatId } = await newConversation();
    const first = await send(ada, chatId, 'one');
    const second = await send(ada, chatId, 'two');
    const sockets = await Promise.all([ada.connect(), grace.connect()]);
    assert.equal((await chatOf(grace, chatId)).unread_count, 2);
    const answer = await remove(ada, second.id);
    assert.deepEqual([answer.status, answer.body], [204, null]);
    const deleted = { ...second, content: null, is_deleted: true, rev: 3 };
    for (const socket of sockets) {
      assert.deepEqual(await eventAt(socket, 'message_deleted', chatId), deleted);
      await socket.close();
    }
    const { status, body } = await read(grace, second.id);
    assert.deepEqual([status, body], [200, deleted]);
    const { items, total } = await historyOf(grace, chatId);
    assert.deepEqual([items, total], [[first], 1]);
    for (const cursor of ['before_seq=10', 'after_seq=0']) {
      const page = await grace.api.request<{ items: Message[] }>('GET', `/messages/chat/${chatId}?${cursor}`);
      assert.deepEqual(page.body.items, [first]);
    }
    const chat = await chatOf(grace, chatId);
    assert.deepEqual(
      [chat.last_message, chat.unread_count, chat.last_seq, chat.rev],
      [first, 1, 2, 3],
      'the number of a deleted message is not given again',
    );
    assert.equal((await send(ada, chatId, 'three')).seq, 3);
  });

  test('is for the sender and for admins, and once more does nothing', async () => {
    const { ada, grace, edsger, chatId } = await newConversation();
    const one = await send(grace, chatId, 'one');
    const two = await send(grace, chatId, 'two');
    const byAdmin = await send(ada, chatId, 'three');
    assertError(await remove(edsger, one.id), 403, 'not_message_sender');
    assertError(await remove(grace, byAdmin.id), 403, 'not_message_sender');
    assert.equal((await remove(grace, one.id)).status, 204);
    assert.equal((await remove(ada, two.id)).status, 204);
    const { rev } = await chatOf(ada, chatId);
    const socket = await edsger.connect();
    assert.equal((await remove(ada, two.id)).status, 204);
    assert.equal((await chatOf(ada, chatId)).rev, rev);
    assert.deepEqual((await drainFrames(socket)).filter(isAbout('message_deleted', chatId)), []);
    await socket.close();
  });

  test('in a direct chat is for the sender alone', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { body: chat } = await ada.api.request<ChatDetail>('POST', '/chats', {
      chat_type: 'direct',
      participant_ids: [grace.id],
    });
    const { id } = await send(grace, chat.id, 'hello');
    assertError(await remove(ada, id), 403, 'not_message_sender');
    assert.equal((await remove(grace, id)).status, 204);
    assertError(await restore(ada, id), 403, 'not_message_sender');
  });

  test('the same message ten times at once takes one rev and tells once', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id } = await send(ada, chatId, 'hello');
    const socket = await grace.connect();
    const answers = await Promise.all(Array.from({ length: 10 }, () => remove(ada, id)));
    assert.ok(answers.every(({ status }) => status === 204));
    assert.equal((await read(grace, id)).body.rev, 2);
    await socket.take(isAbout('message_deleted', chatId));
    assert.deepEqual((await drainFrames(socket)).filter(isAbout('message_deleted', chatId)), []);
    await socket.close();
  });
});

suite('restoring', () => {
  test('brings the message back as it was, for everyone', async () => {
    const { ada, grace, chatId } = await newConversation();
    const sent = await send(grace, chatId, 'helo');
    const edited = (await edit(grace, sent.id, 'hello')).body;
    await remove(ada, sent.id);
    const socket = await ada.connect();
    const { status, body } = await restore(grace, sent.id);
    assert.deepEqual([status, body], [200, { ...edited, rev: 4 }]);
    assert.deepEqual(await eventAt(socket, 'message_restored', chatId), body);
    assert.deepEqual((await historyOf(ada, chatId)).items, [body]);
    assert.equal((await chatOf(ada, chatId)).unread_count, 1);
    await socket.close();
  });

  test('is for whoever may delete; what is not deleted stays as it is', async () => {
    const { ada, grace, edsger, chatId } = await newConversation();
    const sent = await send(grace, chatId, 'hello');
    const socket = await edsger.connect();
    const nothing = await restore(grace, sent.id);
    assert.deepEqual([nothing.status, nothing.body], [200, sent]);
    assert.deepEqual((await drainFrames(socket)).filter(isAbout('message_restored', chatId)), []);
    await socket.close();
    await remove(grace, sent.id);
    assertError(await restore(edsger, sent.id), 403, 'not_message_sender');
    assert.equal((await restore(ada, sent.id)).status, 200);
  });
});

test('edits and deletions of a message at once take a rev each, and leave one state for all', async () => {
  const { ada, grace, chatId } = await newConversation();
  const { id } = await send(ada, chatId, 'hello');
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, index): Promise<{ status: number; body: unknown }> => {
      if (index % 3 === 0) return edit(ada, id, `edit ${index}`);
      return index % 3 === 1 ? remove(ada, id) : restore(ada, id);
    }),
  );
  for (const answer of answers) {
    if (answer.status >= 300) assertError(answer, 409, 'message_deleted');
  }
  const [mine, theirs] = await Promise.all([read(ada, id), read(grace, id)]);
  assert.deepEqual(mine.body, theirs.body);
  assert.equal(mine.body.rev, (await chatOf(ada, chatId)).rev);
  assert.equal(mine.body.content === null, mine.body.is_deleted);
});
