import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { suite, test } from 'node:test';
import type { Message, Page } from '../../functions/contract/schemas.ts';
import type { MessageCursorPage, SentMessage } from '../../functions/messages/contract.ts';
import {
  isAbout,
  assertError,
  drainFrames,
  newGroup,
  newPeople,
  newPerson,
  send,
  type Person,
} from '../support/people.ts';

const byPage = async (person: Person, chatId: number, query = ''): Promise<Page<Message>> =>
  (await person.api.request<Page<Message>>('GET', `/messages/chat/${chatId}${query}`)).body;

const byCursor = async (person: Person, chatId: number, query: string): Promise<MessageCursorPage> =>
  (await person.api.request<MessageCursorPage>('GET', `/messages/chat/${chatId}?${query}`)).body;

suite('sending', () => {
  test('answers with the message as everyone will see it', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const clientMessageId = randomUUID();
    const { status, body } = await ada.api.request<Message>('POST', '/messages/', {
      chat_id: group.id,
      content: 'hello',
      client_message_id: clientMessageId,
    });
    assert.equal(status, 201);
    const { id, message_id: messageId, timestamp, ...rest } = body;
    assert.ok(Number.isSafeInteger(id));
    assert.match(messageId, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(new Date(timestamp).toISOString(), timestamp);
    assert.deepEqual(rest, {
      chat_id: group.id,
      seq: 1,
      rev: 1,
      sender_id: ada.id,
      sender_username: ada.username,
      content: 'hello',
      message_type: 'text',
      edited_at: null,
      is_edited: false,
      is_deleted: false,
      client_message_id: clientMessageId,
      reply_to: null,
      mentions: [],
      mention_all: false,
      pinned_at: null,
      pinned_by: null,
      attachments: [],
      reactions: [],
    });
    assert.deepEqual((await byPage(grace, group.id)).items, [body]);
  });

  test('keeps the content as it is', async (t) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const contents: Record<string, string> = {
      'white space around it': '  \t hello \n\n ',
      markup: '<img src=x onerror=alert(1)> & "quotes" \\ \'',
      'emoji of many code points': '👩‍👩‍👧‍👦🏳️‍🌈🇪🇺',
      'right to left': 'שלום \u202e مرحبا',
      'two ways to write é': 'e\u0301 \u00e9',
      'control characters': 'a\u0001b\u007fc\u2028d',
      'SQL and JSON': '\'; DROP TABLE chats; -- {"$gt": ""}',
      '10,000 emoji': '🦋'.repeat(10_000),
    };
    for (const [name, content] of Object.entries(contents)) {
      await t.test(name, async () => {
        assert.equal((await send(ada, group.id, content)).content, content);
        assert.equal((await byPage(grace, group.id, '?limit=1')).items[0]?.content, content);
      });
    }
  });

  test('what does not fit is refused, and nothing is written', async (t) => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const good = { chat_id: group.id, content: 'hello' };
    const cases: Record<string, unknown> = {
      'no content': { chat_id: group.id },
      'empty content': { ...good, content: '' },
      'only white space': { ...good, content: ' \n\t\u00a0\u3000\u0085' },
      'only what cannot be seen': { ...good, content: '\ufeff\u200b\u00ad\u{e0041}' },
      'one character too many': { ...good, content: 'x'.repeat(10_001) },
      'one emoji too many': { ...good, content: '🦋'.repeat(10_001) },
      NUL: { ...good, content: 'a\u0000b' },
      'a lone surrogate': { ...good, content: 'a\ud800b' },
      'a number': { ...good, content: 42 },
      null: { ...good, content: null },
      'a chat id as text': { ...good, chat_id: String(group.id) },
      'a chat id of 0': { ...good, chat_id: 0 },
      'a client id that is no UUID': { ...good, client_message_id: 'mine' },
      'a field that there is not': { ...good, sender_id: grace.id },
      'a list': [good],
      'a text': 'hello',
      nothing: null,
    };
    for (const [name, body] of Object.entries(cases)) {
      await t.test(name, async () => {
        assertError(await ada.api.request('POST', '/messages', body), 422, 'validation_failed');
      });
    }
    assert.equal((await byPage(ada, group.id)).total, 0);
  });

  test('is for participants', async () => {
    const [ada, grace, stranger] = await newPeople('ada', 'grace', 'stranger');
    const group = await newGroup(ada, grace);
    const toGroup = await stranger.api.request('POST', '/messages', {
      chat_id: group.id,
      content: 'let me in',
    });
    const toNowhere = await stranger.api.request('POST', '/messages', {
      chat_id: 999_999_999,
      content: 'hi',
    });
    assertError(toGroup, 404, 'chat_not_found');
    assert.deepEqual(toGroup.body, toNowhere.body);
    assertError(await stranger.api.request('GET', `/messages/chat/${group.id}`), 404, 'chat_not_found');
    assertError(
      await stranger.api.request('GET', `/messages/chat/${group.id}?after_seq=0`),
      404,
      'chat_not_found',
    );
    assert.equal((await byPage(ada, group.id)).total, 0);
  });
});

suite('sending the same message again', () => {
  test('answers with the first one, once and for all', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const id = randomUUID();
    const attempt = (content: string, clientMessageId: string) =>
      ada.api.request<SentMessage>('POST', '/messages', {
        chat_id: group.id,
        content,
        client_message_id: clientMessageId,
      });
    const first = await attempt('hello', id);
    const second = await attempt('hello, again', id.toUpperCase());
    assert.deepEqual([first.status, first.body.duplicate], [201, undefined]);
    assert.deepEqual([second.status, second.body], [200, { ...first.body, duplicate: true }]);
    const { items, total } = await byPage(grace, group.id);
    assert.deepEqual([items.length, total], [1, 1]);
  });

  test('twenty at once store one, over both transports, and tell of it once', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const [adaSocket, graceSocket] = await Promise.all([ada.connect(), grace.connect()]);
    try {
      const body = { chat_id: group.id, content: 'hello', client_message_id: randomUUID() };
      const overHttp = Array.from({ length: 10 }, () =>
        ada.api.request<SentMessage>('POST', '/messages', body),
      );
      for (let count = 0; count < 10; count += 1) adaSocket.send({ type: 'message', ...body });
      const acks = await Promise.all(
        Array.from({ length: 10 }, () => adaSocket.take((frame) => frame.type === 'ack')),
      );
      const answers = await Promise.all(overHttp);
      const ids = [
        ...answers.map(({ body: message }) => message.id),
        ...acks.map(({ message }) => (message as Message).id),
      ];
      assert.equal(new Set(ids).size, 1);
      const stored =
        answers.filter(({ status }) => status === 201).length +
        acks.filter(({ duplicate }) => duplicate === false).length;
      assert.equal(stored, 1);
      await graceSocket.take(isAbout('new_message', group.id));
      assert.deepEqual((await drainFrames(graceSocket)).filter(isAbout('new_message', group.id)), []);
      assert.equal((await byPage(ada, group.id)).total, 1);
    } finally {
      await Promise.all([adaSocket.close(), graceSocket.close()]);
    }
  });

  test('the same id of another sender, or in another chat, is another message', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const [group, other] = [await newGroup(ada, grace), await newGroup(ada, grace)];
    const id = randomUUID();
    const attempt = async (person: Person, chatId: number): Promise<number> =>
      (
        await person.api.request('POST', '/messages', {
          chat_id: chatId,
          content: 'hello',
          client_message_id: id,
        })
      ).status;
    assert.deepEqual(
      [await attempt(ada, group.id), await attempt(grace, group.id), await attempt(ada, other.id)],
      [201, 201, 201],
    );
  });
});

test('a chat’s messages are numbered without gaps or repeats, whatever the concurrency', async () => {
  const people = await newPeople('ada', 'grace', 'edsger');
  const [ada] = people;
  const group = await newGroup(...people);
  const sent = await Promise.all(
    people.flatMap((person) =>
      Array.from({ length: 20 }, (_, index) => send(person, group.id, `${person.username} ${index}`)),
    ),
  );
  const expected = Array.from({ length: 60 }, (_, index) => index + 1);
  const inOrder = sent.toSorted((a, b) => a.seq - b.seq);
  assert.deepEqual(
    inOrder.map(({ seq }) => seq),
    expected,
  );
  assert.deepEqual(
    inOrder.map(({ rev }) => rev),
    expected,
  );
  const { items } = await byCursor(ada, group.id, 'after_seq=0&limit=100');
  assert.deepEqual(items, inOrder);
});

suite('the history', () => {
  const contentsOf = ({ items }: { readonly items: readonly Message[] }) =>
    items.map(({ content }) => content);

  test('comes by page, newest first', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    for (const content of ['1', '2', '3', '4', '5']) await send(ada, group.id, content);
    const first = await byPage(grace, group.id, '?limit=2');
    assert.deepEqual([contentsOf(first), first.total, first.pages], [['5', '4'], 5, 3]);
    assert.deepEqual(contentsOf(await byPage(grace, group.id, '?page=3&limit=2')), ['1']);
    const past = await byPage(grace, group.id, '?page=4&limit=2');
    assert.deepEqual([past.items, past.total, past.page], [[], 5, 4]);
  });

  test('comes by cursor, in both directions', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    for (const content of ['1', '2', '3', '4', '5']) await send(ada, group.id, content);

    const back = await byCursor(grace, group.id, 'before_seq=6&limit=2');
    assert.deepEqual([contentsOf(back), back.has_more, back.next_before_seq], [['5', '4'], true, 4]);
    assert.ok(!('next_after_seq' in back));
    const further = await byCursor(grace, group.id, `before_seq=${back.next_before_seq}&limit=3`);
    assert.deepEqual(
      [contentsOf(further), further.has_more, further.next_before_seq],
      [['3', '2', '1'], false, null],
    );

    const on = await byCursor(grace, group.id, 'after_seq=1&limit=3');
    assert.deepEqual([contentsOf(on), on.has_more, on.next_after_seq], [['2', '3', '4'], true, 4]);
    const end = await byCursor(grace, group.id, 'after_seq=5');
    assert.deepEqual([end.items, end.has_more, end.limit], [[], false, 20]);
    assert.deepEqual((await byCursor(grace, group.id, 'before_seq=1')).items, []);
  });

  test('takes one kind of place at a time, and only what is one', async () => {
    const ada = await newPerson('ada');
    const group = await newGroup(ada);
    for (const query of [
      'before_seq=1&after_seq=1',
      'page=1&before_seq=1',
      'before_seq=-1',
      'after_seq=x',
      'after_seq=1.5',
      'before_seq=',
      'limit=101&after_seq=0',
    ]) {
      assertError(
        await ada.api.request('GET', `/messages/chat/${group.id}?${query}`),
        422,
        'validation_failed',
      );
    }
  });
});
