import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Chat, ChatDetail, Page } from '../../functions/contract/schemas.ts';
import {
  isAbout,
  assertError,
  drainFrames,
  newGroup,
  newPeople,
  newPerson,
  send,
} from '../support/people.ts';

suite('groups', () => {
  test('the creator is admin, the others are not, nobody is in it twice', async () => {
    const [ada, grace, edsger] = await newPeople('ada', 'grace', 'edsger');
    const { status, body } = await ada.api.request<ChatDetail>('POST', '/chats', {
      chat_type: 'group',
      name: 'Analytical engine',
      participant_ids: [grace.id, edsger.id, grace.id, ada.id],
    });
    assert.equal(status, 201);
    assert.deepEqual(
      { ...body, id: 0, created_at: '', updated_at: '', participants: [] },
      {
        id: 0,
        chat_type: 'group',
        name: 'Analytical engine',
        avatar_url: null,
        description: null,
        posting: 'everyone',
        slow_seconds: 0,
        is_active: true,
        created_at: '',
        updated_at: '',
        participant_count: 3,
        last_seq: 0,
        rev: 0,
        last_message: null,
        unread_count: 0,
        mention_count: 0,
        last_read_seq: 0,
        is_admin: true,
        notifications: { level: 'all', muted_until: null },
        participants: [],
      },
    );
    assert.deepEqual(
      body.participants
        .map(({ id, is_admin }) => [id, is_admin])
        .toSorted((a, b) => Number(a[0]) - Number(b[0])),
      [
        [ada.id, true],
        [grace.id, false],
        [edsger.id, false],
      ].toSorted((a, b) => Number(a[0]) - Number(b[0])),
    );
    const seen = await grace.api.request<ChatDetail>('GET', `/chats/${body.id}`);
    assert.deepEqual([seen.status, seen.body.is_admin], [200, false]);
  });

  test('unknown people are named, and nothing is created', async () => {
    const ada = await newPerson('ada');
    const answer = await ada.api.request('POST', '/chats', {
      chat_type: 'group',
      name: 'Ghosts',
      participant_ids: [999_999_999, 888_888_888],
    });
    const body = assertError(answer, 422, 'user_not_found');
    assert.match(body.detail, /999999999/);
    assert.match(body.detail, /888888888/);
    const list = await ada.api.request<Page<Chat>>('GET', '/chats');
    assert.deepEqual([list.body.total, list.body.pages, list.body.items], [0, 0, []]);
  });

  test('no more than 100 members', async () => {
    const ada = await newPerson('ada');
    const participantIds = Array.from({ length: 100 }, (_, index) => 1_000_000 + index);
    const answer = await ada.api.request('POST', '/chats', {
      chat_type: 'group',
      name: 'Crowd',
      participant_ids: participantIds,
    });
    assertError(answer, 422, 'group_full');
  });

  test('what does not fit is refused', async (t) => {
    const ada = await newPerson('ada');
    const cases: Record<string, object> = {
      'a group without a name': { chat_type: 'group', participant_ids: [] },
      'a group with an empty name': { chat_type: 'group', participant_ids: [], name: '' },
      'a group with a blank name': { chat_type: 'group', participant_ids: [], name: '   ' },
      'a name of 101 characters': { chat_type: 'group', participant_ids: [], name: 'x'.repeat(101) },
      'a type that there is not': { chat_type: 'broadcast', participant_ids: [] },
      'no participants': { chat_type: 'group', name: 'x' },
      'a negative id': { chat_type: 'direct', participant_ids: [-1] },
      'a fraction': { chat_type: 'direct', participant_ids: [1.5] },
      'an id as text': { chat_type: 'direct', participant_ids: ['1'] },
      'a huge id': { chat_type: 'direct', participant_ids: [2 ** 60] },
      'nobody to talk to': { chat_type: 'direct', participant_ids: [] },
      'two to talk to': { chat_type: 'direct', participant_ids: [1, 2] },
      oneself: { chat_type: 'direct', participant_ids: [ada.id] },
    };
    for (const [name, body] of Object.entries(cases)) {
      await t.test(name, async () => {
        assertError(await ada.api.request('POST', '/chats', body), 422, 'validation_failed');
      });
    }
  });
});

suite('direct chats', () => {
  test('there is one of each pair, whoever asks and however often', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const open = (from: typeof ada, to: typeof ada) =>
      from.api.request<ChatDetail>('POST', '/chats', { chat_type: 'direct', participant_ids: [to.id] });
    const answers = await Promise.all([
      open(ada, grace),
      open(grace, ada),
      open(ada, grace),
      open(grace, ada),
    ]);
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
    assert.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      [200, 200, 200, 201],
    );
    const again = await open(grace, ada);
    assert.equal(again.status, 200);
    assert.deepEqual([again.body.chat_type, again.body.name, again.body.is_admin], ['direct', null, false]);
    assert.equal(again.body.peer?.id, ada.id);
    assert.equal(again.body.peer?.username, ada.username);
    assert.ok(!('email' in (again.body.peer ?? {})));
  });
});

suite('the list of chats', () => {
  test('shows the latest activity first, with last message, unread count and peer', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const { body: direct } = await ada.api.request<ChatDetail>('POST', '/chats', {
      chat_type: 'direct',
      participant_ids: [grace.id],
    });
    await send(ada, direct.id, 'one');
    await send(ada, group.id, 'two');
    const last = await send(ada, group.id, 'three');

    const { body } = await grace.api.request<Page<Chat>>('GET', '/chats/');
    assert.deepEqual(
      body.items.map(({ id, unread_count, last_read_seq, last_seq }) => [
        id,
        unread_count,
        last_read_seq,
        last_seq,
      ]),
      [
        [group.id, 2, 0, 2],
        [direct.id, 1, 0, 1],
      ],
    );
    assert.deepEqual(body.items[0]?.last_message, last);
    assert.equal(body.items[1]?.peer?.id, ada.id);
    assert.deepEqual([body.total, body.page, body.limit, body.pages], [2, 1, 20, 1]);

    // One's own messages are read, and not unread.
    const own = await ada.api.request<Page<Chat>>('GET', '/chats');
    assert.deepEqual(
      own.body.items.map(({ unread_count, last_read_seq }) => [unread_count, last_read_seq]),
      [
        [0, 2],
        [0, 1],
      ],
    );
  });

  test('comes in pages, and past the end is empty', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const ids: number[] = [];
    for (let count = 0; count < 5; count += 1) ids.unshift((await newGroup(ada, grace)).id);
    const page = async (query: string) => (await ada.api.request<Page<Chat>>('GET', `/chats?${query}`)).body;
    const first = await page('page=1&limit=2');
    const third = await page('page=3&limit=2');
    const tenth = await page('page=10&limit=2');
    assert.deepEqual(
      first.items.map(({ id }) => id),
      ids.slice(0, 2),
    );
    assert.deepEqual(
      third.items.map(({ id }) => id),
      ids.slice(4),
    );
    assert.deepEqual([tenth.items, tenth.total, tenth.pages, tenth.page], [[], 5, 3, 10]);
    for (const query of ['page=0', 'limit=0', 'limit=101', 'page=x', 'page=-1', 'page=1.5', 'limit=']) {
      assertError(await ada.api.request('GET', `/chats?${query}`), 422, 'validation_failed');
    }
  });
});

test('a chat that one is not in does not exist', async () => {
  const [ada, grace, stranger] = await newPeople('ada', 'grace', 'stranger');
  const group = await newGroup(ada, grace);
  const known = await stranger.api.request('GET', `/chats/${group.id}`);
  const unknown = await stranger.api.request('GET', '/chats/999999999');
  assertError(known, 404, 'chat_not_found');
  assert.deepEqual(known.body, unknown.body);
  for (const id of ['0', '-1', '1.5', 'x', '99999999999999999999']) {
    assertError(await stranger.api.request('GET', `/chats/${id}`), 422, 'validation_failed');
  }
});

test('a new chat appears at once on connections that were open, as its receiver sees it', async () => {
  const [ada, grace] = await newPeople('ada', 'grace');
  const [adaSocket, graceSocket] = await Promise.all([ada.connect(), grace.connect()]);
  try {
    const group = await newGroup(ada, grace);
    const isNew = ({ type, chat }: { type: string; chat?: unknown }): boolean =>
      type === 'chat_created' && (chat as Chat).id === group.id;
    const [mine, theirs] = await Promise.all([adaSocket.take(isNew), graceSocket.take(isNew)]);
    assert.deepEqual([(mine['chat'] as Chat).is_admin, (theirs['chat'] as Chat).is_admin], [true, false]);

    const { body: direct } = await ada.api.request<ChatDetail>('POST', '/chats', {
      chat_type: 'direct',
      participant_ids: [grace.id],
    });
    const seen = await graceSocket.take(
      ({ type, chat }) => type === 'chat_created' && (chat as Chat).id === direct.id,
    );
    assert.equal((seen['chat'] as Chat).peer?.id, ada.id);
    assert.equal((seen['chat'] as Chat).peer?.online, true);

    // Opening it once more is no news to anyone.
    await grace.api.request('POST', '/chats', { chat_type: 'direct', participant_ids: [ada.id] });
    assert.deepEqual((await drainFrames(graceSocket)).filter(isAbout('chat_created', direct.id)), []);
  } finally {
    await Promise.all([adaSocket.close(), graceSocket.close()]);
  }
});
