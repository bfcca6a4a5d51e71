import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { suite, test } from 'node:test';
import type { SyncAnswer } from '../../functions/sync/contract.ts';
import type { Chat, ChatDetail, Message } from '../../functions/contract/schemas.ts';
import type { MessageCursorPage } from '../../functions/messages/contract.ts';
import { countFaults } from '../support/count-faults.ts';
import { assertError, newGroup, newPeople, newPerson, send, type Person } from '../support/people.ts';

type Asked = readonly {
  readonly chat_id: number;
  readonly rev: number;
  readonly last_read_seq?: number;
}[];

const sync = async (person: Person, chats: Asked, limit?: number): Promise<SyncAnswer> => {
  const { status, body } = await person.api.request<SyncAnswer>('POST', '/sync', {
    chats,
    ...(limit === undefined ? {} : { limit }),
  });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};

const newConversation = async () => {
  const [ada, grace] = await newPeople('ada', 'grace');
  const { id: chatId } = await newGroup(ada, grace);
  return { ada, grace, chatId };
};

suite('sync', () => {
  test('tells what changed since, as it is now, oldest change first', async () => {
    const { ada, grace, chatId } = await newConversation();
    const one = await send(ada, chatId, 'one');
    const two = await send(ada, chatId, 'two');
    const three = await send(grace, chatId, 'three');
    const edited = (await ada.api.request<Message>('PUT', `/messages/${one.id}`, { content: 'uno' })).body;
    await ada.api.request('DELETE', `/messages/${two.id}`);
    const deleted = { ...two, content: null, is_deleted: true, rev: 5 };

    const all = await sync(grace, [{ chat_id: chatId, rev: 0 }]);
    const unchanged = { chat: null, participants: null };
    const counted = { last_seq: 3, last_read_seq: 3, unread_count: 0 };
    assert.deepEqual(all.chats, [
      {
        chat_id: chatId,
        rev: 5,
        ...counted,
        ...unchanged,
        messages: [three, edited, deleted],
        has_more: false,
      },
    ]);
    assert.deepEqual([all.joined, all.left, all.more_joined], [[], [], false]);
    const since = await sync(grace, [{ chat_id: chatId, rev: 4 }]);
    assert.deepEqual(since.chats[0]?.messages, [deleted]);
    const nothing = await sync(grace, [{ chat_id: chatId, rev: 5 }]);
    assert.deepEqual(nothing.chats, [], 'a chat that is as the client names it is left out');
    const readNothing = await sync(grace, [{ chat_id: chatId, rev: 5, last_read_seq: 0 }]);
    assert.deepEqual(readNothing.chats, [
      { chat_id: chatId, rev: 5, ...counted, ...unchanged, messages: [], has_more: false },
    ]);
    assert.deepEqual((await sync(grace, [{ chat_id: chatId, rev: 5, last_read_seq: 3 }])).chats, []);
    // A client that claims to be ahead hears where the chat is.
    const ahead = await sync(grace, [{ chat_id: chatId, rev: 99 }]);
    assert.deepEqual(
      ahead.chats.map(({ rev, messages, has_more: hasMore }) => [rev, messages, hasMore]),
      [[5, [], false]],
    );
  });

  test('what is larger than one answer may be comes in several', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id: second } = await newGroup(ada, grace);
    // 40 KB each, of which Lambda's 6 MB hold fewer than there are.
    const content = '🦋'.repeat(10_000);
    const count = 120;
    for (const id of [chatId, second]) {
      for (let sent = 0; sent < count; sent += 10) {
        await Promise.all(Array.from({ length: 10 }, () => send(ada, id, content)));
      }
    }
    const revs = new Map([
      [chatId, 0],
      [second, 0],
    ]);
    const seqs = new Map<number, number[]>();
    let answers = 0;
    let isOver = false;
    while (!isOver) {
      const asked = [...revs].map(([id, rev]) => ({ chat_id: id, rev }));
      const answer = await sync(grace, asked, 500);
      answers += 1;
      for (const chat of answer.chats) {
        revs.set(chat.chat_id, chat.rev);
        const own = seqs.get(chat.chat_id) ?? [];
        seqs.set(chat.chat_id, [...own, ...chat.messages.map(({ seq }) => seq)]);
      }
      isOver = answer.chats.every((chat) => !chat.has_more);
    }
    assert.ok(answers > 1);
    const all = Array.from({ length: count }, (_, index) => index + 1);
    assert.deepEqual([seqs.get(chatId), seqs.get(second)], [all, all]);
  });

  test('its limit counts messages over the whole answer; chats are served in the order asked', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id: second } = await newGroup(ada, grace);
    const { id: third } = await newGroup(ada, grace);
    for (const id of [chatId, second, third]) {
      for (const text of ['1', '2', '3']) await send(ada, id, text);
    }
    const asked = [second, third, chatId].map((id) => ({ chat_id: id, rev: 0 }));
    const answer = await sync(grace, asked, 4);
    assert.deepEqual(
      answer.chats.map(({ chat_id, messages, rev, has_more, last_seq }) => [
        chat_id,
        messages.map(({ content }) => content),
        rev,
        has_more,
        last_seq,
      ]),
      [
        [second, ['1', '2', '3'], 3, false, 3],
        [third, ['1'], 1, true, 3],
        [chatId, [], 0, true, 3],
      ],
    );
    // Repeated with the answered revs, it comes to the end, and each message comes once.
    const seen: Message[] = answer.chats.flatMap(({ messages }) => messages);
    let last = answer;
    while (last.chats.some(({ has_more: hasMore }) => hasMore)) {
      last = await sync(
        grace,
        last.chats.map(({ chat_id, rev }) => ({ chat_id, rev })),
        2,
      );
      const got = last.chats.flatMap(({ messages }) => messages);
      assert.ok(got.length > 0 && got.length <= 2);
      seen.push(...got);
    }
    assert.equal(new Set(seen.map(({ id }) => id)).size, 9);
    assert.equal(seen.length, 9);
  });

  test('names chats that the client did not, and those that it is no longer in', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id: second } = await newGroup(ada, grace);
    const last = await send(ada, second, 'hello');
    const { body: direct } = await ada.api.request<ChatDetail>('POST', '/chats', {
      chat_type: 'direct',
      participant_ids: [grace.id],
    });
    const stranger = await newPerson();
    const { id: foreign } = await newGroup(stranger);
    const answer = await sync(grace, [
      { chat_id: chatId, rev: 0 },
      { chat_id: foreign, rev: 0 },
      { chat_id: 999_999_999, rev: 3 },
    ]);
    assert.deepEqual(answer.left, [foreign, 999_999_999]);
    assert.deepEqual(new Set(answer.joined.map(({ id }) => id)), new Set([second, direct.id]));
    const joined = answer.joined.find(({ id }) => id === second);
    assert.deepEqual([joined?.last_message, joined?.unread_count, joined?.is_admin], [last, 1, false]);
    assert.equal(answer.joined.find(({ id }) => id === direct.id)?.peer?.id, ada.id);

    await grace.api.request('DELETE', `/chats/${chatId}`);
    // A direct chat that is hidden is still the client's: it is neither joined nor left.
    await grace.api.request('DELETE', `/chats/${direct.id}`);
    const after = await sync(
      grace,
      [chatId, second].map((id) => ({ chat_id: id, rev: 0 })),
    );
    assert.deepEqual([after.left, after.joined], [[chatId], []]);
    const hidden = await sync(grace, [{ chat_id: direct.id, rev: 0 }]);
    assert.deepEqual([hidden.left, hidden.chats], [[], []]);
    await send(ada, direct.id, 'still there?');
    assert.deepEqual(
      (await sync(grace, [{ chat_id: second, rev: 1 }])).joined.map(({ id }) => id),
      [direct.id],
    );
  });

  test('tells of names, members, roles and read marks, whole where they changed', async () => {
    const [ada, grace, edsger] = await newPeople('ada', 'grace', 'edsger');
    const { id: chatId } = await newGroup(ada, grace);
    const differs = async (person: Person, rev: number) => {
      const { chats } = await sync(person, [{ chat_id: chatId, rev }]);
      const [chat] = chats;
      assert.ok(chat !== undefined && chats.length === 1);
      const { body: detail } = await person.api.request<ChatDetail>('GET', `/chats/${chatId}`);
      const { participants, ...plain } = detail;
      assert.deepEqual([chat.chat, chat.participants], [plain, participants]);
      assert.deepEqual([chat.rev, chat.has_more, chat.messages], [detail.rev, false, []]);
      return chat;
    };
    await ada.api.request('PUT', `/chats/${chatId}`, { name: 'Another name' });
    assert.equal((await differs(grace, 0)).rev, 1);
    await ada.api.request('POST', `/chats/${chatId}/participants`, { user_ids: [edsger.id] });
    assert.equal((await differs(grace, 1)).participants?.length, 3);
    await ada.api.request('PUT', `/chats/${chatId}/participants/${grace.id}`, { is_admin: true });
    assert.equal((await differs(grace, 2)).chat?.is_admin, true);
    await ada.api.request('DELETE', `/chats/${chatId}/participants?user_id=${edsger.id}`);
    assert.equal((await differs(grace, 3)).participants?.length, 2);
    assert.deepEqual((await sync(edsger, [{ chat_id: chatId, rev: 3 }])).left, [chatId]);

    // What changes nothing takes no rev.
    await ada.api.request('PUT', `/chats/${chatId}`, { name: 'Another name' });
    await ada.api.request('POST', `/chats/${chatId}/participants`, { user_ids: [grace.id] });
    await ada.api.request('PUT', `/chats/${chatId}/participants/${grace.id}`, { is_admin: true });
    assert.deepEqual((await sync(grace, [{ chat_id: chatId, rev: 4 }])).chats, []);

    // The last admin hands over: two changes, the leaving and the role.
    await ada.api.request('PUT', `/chats/${chatId}/participants/${grace.id}`, { is_admin: false });
    await ada.api.request('DELETE', `/chats/${chatId}`);
    const left = await differs(grace, 5);
    assert.deepEqual([left.rev, left.chat?.is_admin, left.chat?.participant_count], [7, true, 1]);

    await send(grace, chatId, 'alone');
    const after = await sync(grace, [{ chat_id: chatId, rev: 7 }]);
    assert.deepEqual(
      after.chats.map(({ chat, participants, messages }) => [chat, participants, messages.length]),
      [[null, null, 1]],
    );
  });

  test('a rename between two messages is not lost, however the answer is cut', async () => {
    const { ada, grace, chatId } = await newConversation();
    for (const n of [1, 2, 3]) {
      await send(ada, chatId, `before ${n}`);
      await ada.api.request('PUT', `/chats/${chatId}`, { name: `Name ${n}` });
    }
    await send(ada, chatId, 'after');
    let rev = 0;
    const revs: number[] = [];
    const names = new Set<string | null | undefined>();
    for (let more = true; more;) {
      const [chat] = (await sync(grace, [{ chat_id: chatId, rev }], 1)).chats;
      assert.ok(chat !== undefined && chat.rev > rev);
      if (chat.chat !== null) names.add(chat.chat.name);
      revs.push(...chat.messages.map((message) => message.rev));
      ({ rev, has_more: more } = chat);
    }
    assert.deepEqual([rev, revs, [...names]], [7, [1, 3, 5, 7], ['Name 3']]);
  });

  test('tells of a hundred chats at most unasked, the latest, and that there are more', async () => {
    const ada = await newPerson('ada');
    const ids: number[] = [];
    for (let n = 0; n < 102; n += 1) ids.unshift((await newGroup(ada)).id);
    const answer = await sync(ada, []);
    assert.deepEqual(
      answer.joined.map(({ id }) => id),
      ids.slice(0, 100),
    );
    assert.equal(answer.more_joined, true);
    const rest = await sync(
      ada,
      ids.slice(2, 102).map((id) => ({ chat_id: id, rev: 0 })),
    );
    assert.deepEqual(
      [rest.joined.map(({ id }) => id), rest.more_joined, rest.chats.length],
      // None of them has changed.
      [ids.slice(0, 2), false, 0],
    );
  });

  test('takes a thousand chats, limits of 1 to 500, and each chat once', async () => {
    const { ada, chatId } = await newConversation();
    const refused: unknown[] = [
      {},
      { chats: Array.from({ length: 1001 }, (_, index) => ({ chat_id: index + 1, rev: 0 })) },
      { chats: [{ chat_id: chatId, rev: -1 }] },
      { chats: [{ chat_id: chatId, rev: 0.5 }] },
      { chats: [{ chat_id: chatId }] },
      { chats: [{ chat_id: chatId, rev: 0, more: 1 }] },
      { chats: [], limit: 0 },
      { chats: [], limit: 501 },
    ];
    for (const body of refused) {
      assertError(await ada.api.request('POST', '/sync', body), 422, 'validation_failed');
    }
    await send(ada, chatId, 'hello');
    // Of a chat that is named twice one is served.
    const twice = await sync(ada, [
      { chat_id: chatId, rev: 0 },
      { chat_id: chatId, rev: 0 },
    ]);
    assert.equal(twice.chats.length, 1);
    assert.equal(twice.chats[0]?.messages.length, 1);
  });
});

/** A seeded random generator, so that a failed schedule can be repeated (mulberry32). */
const randomFrom = (seed: number) => {
  let state = seed;
  /** A whole number below `bound`. */
  return (bound: number): number => {
    state = (state + 0x6d_2b_79_f5) % 2 ** 32;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
};

/** The state of a client: its chats with their `rev`, and the messages by id. */
type Replica = Map<number, { rev: number; lastSeq: number; readonly messages: Map<number, Message> }>;

/** Sends one request and applies the response. @returns whether more must be requested */
const syncOnce = async (person: Person, replica: Replica, limit: number): Promise<boolean> => {
  const asked = [...replica].map(([chat_id, { rev }]) => ({ chat_id, rev }));
  const answer = await sync(person, asked, limit);
  const answered = [...answer.chats.map(({ chat_id }) => chat_id), ...answer.left];
  assert.ok(
    answered.every((id) => replica.has(id)),
    'an answer is about what was asked',
  );
  let count = 0;
  for (const { chat_id: chatId, rev, last_seq: lastSeq, messages } of answer.chats) {
    const held = replica.get(chatId);
    assert.ok(held !== undefined);
    assert.ok(rev >= held.rev, 'a rev never goes back');
    let before = held.rev;
    for (const message of messages) {
      assert.ok(message.rev > before && message.rev <= rev, 'changes come in order, each once');
      before = message.rev;
      held.messages.set(message.id, message);
    }
    count += messages.length;
    Object.assign(held, { rev, lastSeq });
  }
  assert.ok(count <= limit);
  for (const chatId of answer.left) replica.delete(chatId);
  for (const { id } of answer.joined) replica.set(id, { rev: 0, lastSeq: 0, messages: new Map() });
  return answer.joined.length > 0 || answer.chats.some(({ has_more: hasMore }) => hasMore);
};

const catchUp = async (person: Person, replica: Replica, limit: number): Promise<void> => {
  while (await syncOnce(person, replica, limit)) {
    // Until there is nothing more.
  }
};

/** The state of a chat by the other routes. */
const serverState = async (person: Person, chatId: number) => {
  const { body: chat } = await person.api.request<Chat>('GET', `/chats/${chatId}`);
  const visible: Message[] = [];
  for (let after: number | null | undefined = 0; after !== null && after !== undefined;) {
    const path: string = `/messages/chat/${chatId}?limit=100&after_seq=${after}`;
    const { body }: { body: MessageCursorPage } = await person.api.request<MessageCursorPage>('GET', path);
    visible.push(...body.items);
    after = body.next_after_seq;
  }
  return { rev: chat.rev, lastSeq: chat.last_seq, visible };
};

test('clients that sync while everybody writes come to what the server has', async (t) => {
  const seed = Number(process.env['SYNC_SEED'] ?? randomInt(2 ** 31));
  t.diagnostic(`SYNC_SEED=${seed} runs this schedule again`);
  const random = randomFrom(seed);
  const people = await newPeople('ada', 'grace', 'edsger');
  const [ada, grace, edsger] = people;
  const chatIds = [(await newGroup(...people)).id, (await newGroup(...people)).id];
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;

  /** What one person does in a row; what others do meanwhile goes on beside it. */
  const write = async (person: Person, next: (bound: number) => number, own: Message[]): Promise<void> => {
    for (let step = 0; step < 25; step += 1) {
      const kind = next(10);
      const message = own[next(Math.max(1, own.length))];
      if (kind < 5 || message === undefined) {
        own.push(await send(person, chatIds[next(2)] ?? 0, `${person.username} ${step}`));
      } else if (kind < 7) {
        await person.api.request('PUT', `/messages/${message.id}`, { content: `edited at ${step}` });
      } else if (kind < 9) {
        await person.api.request('DELETE', `/messages/${message.id}`);
      } else {
        await person.api.request('POST', `/messages/${message.id}/restore`);
      }
    }
  };
  const seeds = [random(2 ** 31), random(2 ** 31), random(2 ** 31), random(2 ** 31)];
  const replica: Replica = new Map();
  const late: Replica = new Map();
  const progress = { isWriting: true };
  const writers = Promise.all([
    ...people.map((person, index) => write(person, randomFrom(seeds[index] ?? 0), [])),
    // The same person on a second device.
    write(ada, randomFrom(seeds[3] ?? 0), []),
  ]).finally(() => {
    progress.isWriting = false;
  });
  while (progress.isWriting) await syncOnce(grace, replica, pick([1, 3, 10, 200]));
  await writers;

  await catchUp(grace, replica, pick([1, 2, 7, 500]));
  await catchUp(edsger, late, pick([5, 500]));
  for (const chatId of chatIds) {
    const server = await serverState(grace, chatId);
    for (const [name, held] of Object.entries({ during: replica.get(chatId), late: late.get(chatId) })) {
      assert.ok(held !== undefined);
      assert.deepEqual([held.rev, held.lastSeq], [server.rev, server.lastSeq], name);
      const all = [...held.messages.values()].toSorted((a, b) => a.seq - b.seq);
      assert.deepEqual(
        all.map(({ seq }) => seq),
        Array.from({ length: server.lastSeq }, (_, index) => index + 1),
        name,
      );
      assert.deepEqual(
        all.filter(({ is_deleted: isDeleted }) => !isDeleted),
        server.visible,
        name,
      );
      assert.ok(all.every(({ content, is_deleted: isDeleted }) => (content === null) === isDeleted));
    }
  }
});

test('while others send, each answer with a chat counts what it shows as unread, and no more', async () => {
  const [reader, ada, grace] = await newPeople('reader', 'ada', 'grace');
  const { id: chatId } = await newGroup(ada, reader, grace);
  const progress = { isSending: true };
  /** @param isAdmin changes the chat, too, so that a sync from the first `rev` shows it */
  const write = async (person: Person, isAdmin: boolean): Promise<void> => {
    for (let count = 0; count < 10; count += 1) {
      await send(person, chatId, `message ${count}`, count % 2 === 0 ? { mentions: [reader.id] } : {});
      if (isAdmin) await person.api.request('PUT', `/chats/${chatId}`, { description: `After ${count}` });
    }
  };
  const writers = Promise.all([write(ada, true), write(grace, false), write(grace, false)]).finally(() => {
    progress.isSending = false;
  });
  const questions = [
    ['GET', '/chats?limit=100'],
    ['GET', `/chats/${chatId}`],
    ['POST', '/sync', { chats: [] }],
    ['POST', '/sync', { chats: [{ chat_id: chatId, rev: 1 }], limit: 500 }],
    ['POST', '/sync', { chats: [{ chat_id: chatId, rev: 1 }], limit: 1 }],
  ] as const;
  const faults: string[] = [];
  const askOnAndOn = async ([method, path, body]: (typeof questions)[number]): Promise<void> => {
    while (progress.isSending) {
      const answer = await reader.api.request(method, path, body);
      assert.equal(answer.status, 200);
      faults.push(...countFaults(answer.body, () => true).map((fault) => `${method} ${path}: ${fault}`));
    }
  };
  await Promise.all(questions.map(askOnAndOn));
  await writers;
  assert.deepEqual(faults, []);
});
