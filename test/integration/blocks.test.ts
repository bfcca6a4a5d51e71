import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type {
  Chat,
  ChatDetail,
  Message,
  Page,
  Participant,
  PublicProfile,
} from '../../functions/contract/schemas.ts';
import type { ChatSocket } from '../../lib/bench/plain-chat-socket.ts';
import type { OnlineUsers } from '../../functions/presence/contract.ts';
import type { ReadMark } from '../../functions/reading/contract.ts';
import type { SyncAnswer } from '../../functions/sync/contract.ts';
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

const block = (person: Person, userId: number) => person.api.request('PUT', `/users/me/blocks/${userId}`);
const unblock = (person: Person, userId: number) =>
  person.api.request('DELETE', `/users/me/blocks/${userId}`);
const blocked = async (person: Person, other: Person): Promise<void> => {
  assert.equal((await block(person, other.id)).status, 204);
};
const blocksOf = async (person: Person): Promise<number[]> => {
  const { body } = await person.api.request<Page<PublicProfile>>('GET', '/users/me/blocks');
  assert.equal(body.total, body.items.length);
  return body.items.map(({ id }) => id);
};
const openDirect = (person: Person, other: Person) =>
  person.api.request<ChatDetail>('POST', '/chats', { chat_type: 'direct', participant_ids: [other.id] });
const chatOf = async (person: Person, chatId: number): Promise<ChatDetail> =>
  (await person.api.request<ChatDetail>('GET', `/chats/${chatId}`)).body;

/** Ada has blocked Grace; a third user knows both. All three are in a group, and Ada and Grace have a direct chat. */
const newScene = async () => {
  const [ada, grace, third] = await newPeople('ada', 'grace', 'third');
  const { id: groupId } = await newGroup(third, ada, grace);
  const { body } = await openDirect(ada, grace);
  return { ada, grace, third, groupId, directId: body.id };
};

/** The types of the received frames that reveal a user's presence. */
const presenceIn = ({ untaken }: Pick<ChatSocket, 'untaken'>, { id }: Person): string[] =>
  untaken
    .filter((frame) => /^(typing|user)_/.test(frame.type) && frame['user_id'] === id)
    .map(({ type }) => type);

suite('a list of blocks', () => {
  test('is one’s own, latest first, and changed as often as one likes', async () => {
    const [ada, grace, third] = await newPeople('ada', 'grace', 'third');
    for (const other of [grace, third, grace]) await blocked(ada, other);
    assert.deepEqual(await blocksOf(ada), [third.id, grace.id]);
    assert.deepEqual(await blocksOf(grace), []);
    assert.equal((await unblock(ada, grace.id)).status, 204);
    assert.equal((await unblock(ada, grace.id)).status, 204);
    assert.deepEqual(await blocksOf(ada), [third.id]);
  });

  test('has others who exist, and nobody else', async () => {
    const ada = await newPerson('ada');
    assertError(await block(ada, ada.id), 422, 'validation_failed');
    assertError(await block(ada, 999_999_999), 404, 'user_not_found');
    assert.equal((await unblock(ada, 999_999_999)).status, 204);
  });
});

suite('between two of whom one has blocked the other', () => {
  test('each gets the same answers, which do not tell who did', async () => {
    const { ada, grace, third, groupId, directId } = await newScene();
    const { id: anotherId } = await newGroup(grace);
    const { id: ownId } = await newGroup(ada);
    await blocked(ada, grace);
    const answersOf = async (one: Person, other: Person, own: number) => {
      const answers = [
        await one.api.request('POST', '/messages', { chat_id: directId, content: 'hello' }),
        await openDirect(one, other),
        await one.api.request('POST', `/chats/${own}/participants`, { user_ids: [third.id, other.id] }),
        await one.api.request('POST', '/chats', {
          chat_type: 'group',
          name: 'Another',
          participant_ids: [third.id, other.id],
        }),
      ];
      return answers.map(({ status, body }) => ({
        status,
        // The one thing that differs is who the other one is, whom the request named.
        body: JSON.stringify(body).replaceAll(new RegExp(`\\b${other.id}\\b`, 'g'), '0'),
      }));
    };
    const [ofBlocker, ofBlocked] = [
      await answersOf(ada, grace, ownId),
      await answersOf(grace, ada, anotherId),
    ];
    assert.deepEqual(ofBlocker, ofBlocked);
    assert.deepEqual(
      ofBlocker.map(({ status, body }) => [status, (JSON.parse(body) as { code: string }).code]),
      [
        [403, 'cannot_message_user'],
        [403, 'cannot_message_user'],
        [403, 'cannot_add_user'],
        [403, 'cannot_add_user'],
      ],
    );
    const refusal = await ada.api.request<{ user_ids: number[] }>('POST', `/chats/${ownId}/participants`, {
      user_ids: [third.id, grace.id],
    });
    assert.deepEqual(refusal.body.user_ids, [grace.id]);
    // The third is held up by nothing, and may add both.
    await send(third, groupId, 'hello');
    const { body: group } = await third.api.request<ChatDetail>('POST', '/chats', {
      chat_type: 'group',
      name: 'Both',
      participant_ids: [ada.id, grace.id],
    });
    assert.equal(group.participants.length, 3);
    // Old messages stay, for both.
    assert.equal((await chatOf(ada, directId)).id, directId);
    assert.equal((await chatOf(grace, directId)).id, directId);
    assert.equal((await unblock(ada, grace.id)).status, 204);
    await send(grace, directId, 'again');
    assert.equal((await openDirect(grace, ada)).status, 200);
  });

  test('it ends nothing with the account of one of them: whoever stays finds the direct chat again', async () => {
    for (const blocker of ['gone', 'staying'] as const) {
      const { ada, grace, directId } = await newScene();
      await send(grace, directId, 'remember');
      await (blocker === 'gone' ? blocked(grace, ada) : blocked(ada, grace));
      await grace.api.request('DELETE', '/users/me', { password: grace.password });
      assertError(await block(ada, grace.id), 404, 'user_not_found');
      assert.equal((await ada.api.request('DELETE', `/chats/${directId}`)).status, 204);
      const found = await openDirect(ada, grace);
      assert.deepEqual([found.status, found.body.id], [200, directId], blocker);
      assertError(
        await ada.api.request('POST', '/messages', { chat_id: directId, content: 'Are you there?' }),
        403,
        'cannot_message_user',
      );
      assert.deepEqual(await blocksOf(ada), []);
    }
  });

  test('a blocked one who blocks too is told nothing by it', async () => {
    const { ada, grace, directId } = await newScene();
    await blocked(ada, grace);
    await blocked(grace, ada);
    assert.deepEqual(await blocksOf(grace), [ada.id]);
    await unblock(ada, grace.id);
    const answer = await ada.api.request('POST', '/messages', { chat_id: directId, content: 'hello' });
    assertError(answer, 403, 'cannot_message_user');
  });

  test('messages in common groups come, and are no unread ones and no mentions of the blocker alone', async () => {
    const { ada, grace, third, groupId } = await newScene();
    await blocked(ada, grace);
    await send(grace, groupId, 'from grace', { mentions: [ada.id, third.id] });
    await send(grace, groupId, 'for everybody', { mention_all: true });
    const { id: deletedId } = await send(grace, groupId, 'deleted');
    await grace.api.request('DELETE', `/messages/${deletedId}`);
    await send(third, groupId, 'from the third', { mentions: [ada.id, grace.id] });
    const countsOf = async (person: Person) => {
      const listed = await person.api.request<Page<Chat>>('GET', '/chats');
      const synced = await person.api.request<SyncAnswer>('POST', '/sync', {
        chats: [{ chat_id: groupId, rev: 0 }],
      });
      const joined = await person.api.request<SyncAnswer>('POST', '/sync', { chats: [] });
      const mentions = await person.api.request<Page<Message>>('GET', '/mentions');
      const one = await chatOf(person, groupId);
      const of = (chats: readonly Chat[]) => {
        const chat = chats.find(({ id }) => id === groupId);
        return [chat?.unread_count, chat?.mention_count];
      };
      const ways = [of(listed.body.items), of([one]), of(joined.body.joined)];
      for (const way of ways) assert.deepEqual(way, ways[0]);
      assert.equal(synced.body.chats[0]?.unread_count, one.unread_count);
      assert.equal(mentions.body.total, mentions.body.items.length);
      const { body: read } = await person.api.request<ReadMark>('POST', `/chats/${groupId}/read`, { seq: 0 });
      assert.equal(read.unread_count, one.unread_count);
      return [one.unread_count, one.mention_count, mentions.body.total];
    };
    const { body: history } = await ada.api.request<Page<Message>>('GET', `/messages/chat/${groupId}`);
    assert.deepEqual(
      history.items.map(({ content }) => content),
      ['from the third', 'for everybody', 'from grace'],
    );
    assert.deepEqual(await countsOf(ada), [1, 1, 1]);
    // Grace has read what she sent last; the third has sent last.
    assert.deepEqual(await countsOf(grace), [1, 1, 1]);
    assert.deepEqual(await countsOf(third), [0, 0, 2]);
    await unblock(ada, grace.id);
    assert.deepEqual(await countsOf(ada), [3, 3, 3]);
  });

  test('the blocked one alone does not see whether the blocker is there', async () => {
    const { ada, grace, third, groupId, directId } = await newScene();
    await send(ada, groupId, 'hello');
    await ada.api.request('PUT', `/messages/${(await send(third, groupId, 'x')).id}/reactions/👍`);
    // A change that sync tells the members with.
    await third.api.request('PUT', `/chats/${groupId}`, { name: 'Another name' });
    const sockets = await Promise.all([ada, grace, third].map((person) => person.connect(groupId)));
    await blocked(ada, grace);
    const seenBy = async (viewer: Person, other: Person) => {
      const profile = (await viewer.api.request<PublicProfile>('GET', `/users/${other.id}`)).body;
      const found = await viewer.api.request<{ items: PublicProfile[] }>(
        'GET',
        `/users/search?q=${other.username}`,
      );
      const members = (await chatOf(viewer, groupId)).participants;
      const page = await viewer.api.request<Page<Participant>>('GET', `/chats/${groupId}/participants`);
      const online = (await viewer.api.request<OnlineUsers>('GET', `/ws/chat/${groupId}/online`)).body;
      const synced = await viewer.api.request<SyncAnswer>('POST', '/sync', {
        chats: [{ chat_id: groupId, rev: 0 }],
      });
      const is = (people: readonly { id: number; online?: boolean }[]) =>
        people.find(({ id }) => id === other.id)?.online;
      return {
        online: new Set([
          profile.online,
          is(found.body.items),
          is(members),
          is(page.body.items),
          is(synced.body.chats[0]?.participants ?? []),
          online.online_users.some(({ id }) => id === other.id),
        ]),
        lastSeen: new Set([profile.last_seen !== null, found.body.items[0]?.last_seen !== null]),
      };
    };
    const hidden = { online: new Set([false]), lastSeen: new Set([false]) };
    const shown = { online: new Set([true]), lastSeen: new Set([true]) };
    assert.deepEqual(await seenBy(grace, ada), hidden);
    assert.deepEqual(await seenBy(third, ada), shown);
    assert.deepEqual(await seenBy(ada, grace), shown);
    const peer = (await chatOf(grace, directId)).peer;
    assert.deepEqual([peer?.online, peer?.last_seen], [false, null]);
    assert.equal((await chatOf(ada, directId)).peer?.online, true);
    const { items } = (await grace.api.request<Page<Chat>>('GET', '/chats')).body;
    assert.equal(items.find(({ id }) => id === directId)?.peer?.online, false);
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  test('goings and comings, typing and roles tell the blocked one nothing; the block itself looks like a going', async () => {
    const { ada, grace, third, groupId, directId } = await newScene();
    const own = await ada.connect(groupId);
    const device = await ada.connect();
    const [ofGrace, ofThird] = await Promise.all([grace.connect(), third.connect()]);
    await blocked(ada, grace);
    const left = await ofGrace.take(isAbout('user_left', groupId));
    assert.equal(left['user_id'], ada.id);
    // Her other device is shown the direct chat, and so reads whom she has blocked.
    await device.take(isAbout('chat_updated', directId));

    for (const [socket, chatId] of [
      [own, groupId],
      [device, directId],
      [ofGrace, directId],
    ] as const) {
      socket.send({ type: 'typing', chat_id: chatId, content: 'start' });
    }
    await ofThird.take(isAbout('typing_started', groupId));
    await third.api.request('PUT', `/chats/${groupId}/participants/${ada.id}`, { is_admin: true });
    const seen = await ofGrace.take(isAbout('participant_updated', groupId));
    assert.equal((seen['participant'] as Participant).online, false);
    const shown = await ofThird.take(isAbout('participant_updated', groupId));
    assert.equal((shown['participant'] as Participant).online, true);
    await own.close();
    await ofThird.take(isAbout('user_left', groupId));
    for (const socket of [ofGrace, device]) await drainFrames(socket);
    assert.deepEqual(presenceIn(ofGrace, ada), []);
    assert.ok(!device.untaken.some(isAbout('typing_started', directId)));

    const again = await ada.connect(groupId);
    await ofThird.take(isAbout('user_joined', groupId));
    await unblock(ada, grace.id);
    assert.equal((await ofGrace.take(isAbout('user_joined', groupId)))['user_id'], ada.id);
    await Promise.all([again, device, ofGrace, ofThird].map((socket) => socket.close()));
  });

  test('being taken out of a common group, leaving it and ending the account tell the blocked one of the membership alone', async () => {
    const { ada, grace, third, groupId } = await newScene();
    await blocked(ada, grace);
    const [ofGrace, ofThird] = await Promise.all([grace.connect(), third.connect()]);
    const goings = [
      () => third.api.request('DELETE', `/chats/${groupId}/participants?user_id=${ada.id}`),
      () => ada.api.request('DELETE', `/chats/${groupId}`),
      () => ada.api.request('DELETE', '/users/me', { password: ada.password }),
    ];
    for (const [index, go] of goings.entries()) {
      if (index > 0)
        await third.api.request('POST', `/chats/${groupId}/participants`, { user_ids: [ada.id] });
      const own = await ada.connect(groupId);
      await ofThird.take(isAbout('user_joined', groupId));
      assert.equal((await go()).status, 204);
      await ofThird.take(isAbout('user_left', groupId));
      await ofGrace.take(isAbout('participants_removed', groupId));
      await drainFrames(ofGrace);
      assert.deepEqual(presenceIn(ofGrace, ada), []);
      await own.close();
    }
    await Promise.all([ofGrace.close(), ofThird.close()]);
  });

  test('the end of typing is told to neither of them, however it ends', async () => {
    const { ada, grace, third, groupId } = await newScene();
    await blocked(ada, grace);
    for (const [typist, other] of [
      [ada, grace],
      [grace, ada],
    ] as const) {
      const [typing, listener, ofThird] = await Promise.all([
        typist.connect(),
        other.connect(),
        third.connect(),
      ]);
      const type = async () => {
        typing.send({ type: 'typing', chat_id: groupId, content: 'start' });
        await ofThird.take(isAbout('typing_started', groupId));
      };
      await type();
      await send(typist, groupId, 'hello');
      await ofThird.take(isAbout('typing_stopped', groupId));
      await listener.take(isAbout('new_message', groupId));
      await type();
      await typing.close();
      await ofThird.take(isAbout('typing_stopped', groupId));
      await drainFrames(listener);
      assert.deepEqual(presenceIn(listener, typist), [], `what ${other.username} hears`);
      await Promise.all([listener.close(), ofThird.close()]);
    }
  });
});

suite('in a race with a block', () => {
  test('no message comes after its answer, and no chat is opened', async () => {
    const { ada, grace, directId } = await newScene();
    const [lone] = await newPeople('lone');
    const blocking = blocked(ada, grace);
    const race = () =>
      grace.api.request<Message>('POST', '/messages', { chat_id: directId, content: 'race' });
    const racing = Array.from({ length: 12 }, race);
    const opening = Promise.all([openDirect(lone, ada), block(ada, lone.id)]);
    await blocking;
    const { last_seq: before } = await chatOf(ada, directId);
    for (const answer of await Promise.all(racing)) assert.ok([201, 403].includes(answer.status));
    for (let n = 0; n < 3; n += 1) assertError(await race(), 403, 'cannot_message_user');
    const opened = await opening;
    assert.equal((await chatOf(ada, directId)).last_seq, before, 'nothing was stored after the answer');
    assert.ok([201, 403].includes(opened[0].status));
    assertError(await openDirect(lone, ada), 403, 'cannot_message_user');
  });
});
