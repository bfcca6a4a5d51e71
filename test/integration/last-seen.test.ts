import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite, test } from 'node:test';
import type { Chat, ChatDetail, PublicProfile } from '../../functions/contract/schemas.ts';
import type { OwnProfile } from '../../functions/users/contract.ts';
import { assertError, newGroup, newPeople, send, service, type Person } from '../support/people.ts';

const seenBy = async (viewer: Person, { id }: Pick<Person, 'id'>): Promise<number> =>
  Date.parse((await viewer.api.request<PublicProfile>('GET', `/users/${id}`)).body.last_seen ?? '');

/** Performs an action, and waits until another user sees that the user was last seen after it began. */
const assertMoves = async (viewer: Person, person: Person, act: () => Promise<unknown>): Promise<void> => {
  const before = await seenBy(viewer, person);
  // On the same clock: what happens from here on is later than what happened until now.
  await sleep(2);
  const since = Date.now();
  await act();
  let last = before;
  while (last < since) {
    await sleep(20);
    const next = await seenBy(viewer, person);
    assert.ok(next >= last, 'it never moves back');
    last = next;
  }
};

suite('last_seen', () => {
  test('moves with requests, with a connection that opens, and with one that goes', async (t) => {
    const [grace, ada] = await newPeople('grace', 'ada');
    const { id: chatId } = await newGroup(grace, ada);
    // Each is another function, which knows nothing of what the others noted.
    const requests: Readonly<Record<string, () => Promise<unknown>>> = {
      reading: () => ada.api.request('GET', '/chats'),
      sending: () => ada.api.request('POST', '/messages', { chat_id: chatId, content: 'hello' }),
      'a ticket': () => ada.api.request('POST', '/ws/tickets'),
      'the numbers': () => ada.api.request('GET', '/ws/stats'),
      'what does not fit': () => ada.api.request('PUT', `/chats/${chatId}`, {}),
    };
    for (const [name, request] of Object.entries(requests)) {
      await t.test(name, () => assertMoves(grace, ada, request));
    }
    const opened = Promise.withResolvers<Awaited<ReturnType<Person['connect']>>>();
    await t.test('a connection that opens', () =>
      assertMoves(grace, ada, async () => opened.resolve(await ada.connect())),
    );
    const socket = await opened.promise;
    await t.test('one that goes', () => assertMoves(grace, ada, () => socket.close()));
    const account = { username: ada.username, password: ada.password };
    await t.test('logging in', () =>
      assertMoves(grace, ada, () => service().request('POST', '/users/login', account)),
    );
  });

  test('is the same wherever it is shown, and gone with the account', async () => {
    const [grace, ada] = await newPeople('grace', 'ada');
    const direct = { chat_type: 'direct', participant_ids: [ada.id] };
    const { body: chat } = await grace.api.request<ChatDetail>('POST', '/chats', direct);
    await send(grace, chat.id, 'hello');
    const socket = await ada.connect();
    const shown = async (): Promise<(string | null | undefined)[]> => {
      const get = async <Body>(person: Person, path: string): Promise<Body> =>
        (await person.api.request<Body>('GET', path)).body;
      const own = await get<OwnProfile>(ada, '/users/me');
      const { body: changed } = await ada.api.request<OwnProfile>('PUT', '/users/me', { full_name: 'Ada' });
      const profile = await get<PublicProfile>(grace, `/users/${ada.id}`);
      const { items: chats } = await get<{ items: Chat[] }>(grace, '/chats');
      const detail = await get<ChatDetail>(grace, `/chats/${chat.id}`);
      const { items: found } = await get<{ items: PublicProfile[] }>(
        grace,
        `/users/search?q=${ada.username}`,
      );
      const { body: synced } = await grace.api.request<{ joined: Chat[] }>('POST', '/sync', { chats: [] });
      return [
        own.last_seen,
        changed.last_seen,
        profile.last_seen,
        chats[0]?.peer?.last_seen,
        detail.peer?.last_seen,
        found[0]?.last_seen,
        synced.joined[0]?.peer?.last_seen,
      ];
    };
    // The first of them notes by itself that she was seen; once every function has done so, it stays.
    let values = await shown();
    while (new Set(values).size > 1) values = await shown();
    assert.match(String(values[0]), /^\d{4}-\d\d-\d\dT/);

    await ada.api.request('DELETE', '/users/me', { password: ada.password });
    await socket.closed;
    assertError(await grace.api.request('GET', `/users/${ada.id}`), 404, 'user_not_found');
    const { body: left } = await grace.api.request<ChatDetail>('GET', `/chats/${chat.id}`);
    assert.equal(left.peer?.last_seen, null);
  });
});
