import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Invite } from '../../functions/invites/contract.ts';
import type { ReadMark } from '../../functions/reading/contract.ts';
import type { Chat, ChatDetail, Page, Participant } from '../../functions/contract/schemas.ts';
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

const add = (by: Person, chatId: number, ...people: readonly Person[]) =>
  by.api.request<ChatDetail>('POST', `/chats/${chatId}/participants`, {
    user_ids: people.map(({ id }) => id),
  });
const remove = (by: Person, chatId: number, person: Person) =>
  by.api.request('DELETE', `/chats/${chatId}/participants?user_id=${person.id}`);
const setAdmin = (by: Person, chatId: number, person: Person, isAdmin: boolean) =>
  by.api.request<Participant>('PUT', `/chats/${chatId}/participants/${person.id}`, { is_admin: isAdmin });
const admins = async (by: Person, chatId: number): Promise<number[]> =>
  (await by.api.request<ChatDetail>('GET', `/chats/${chatId}`)).body.participants
    .filter((participant) => participant.is_admin)
    .map(({ id }) => id);

suite('a group', () => {
  test('is renamed by its admins, and everyone sees it as theirs', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    await send(ada, group.id, 'unread');
    const socket = await grace.connect();
    const rename = (by: Person) => by.api.request<Chat>('PUT', `/chats/${group.id}`, { name: 'Another' });
    assertError(await rename(grace), 403, 'not_group_admin');
    assert.equal((await rename(ada)).body.name, 'Another');
    const { chat } = await socket.take(({ type }) => type === 'chat_updated');
    assert.deepEqual(
      [(chat as Chat).name, (chat as Chat).unread_count, (chat as Chat).is_admin],
      ['Another', 1, false],
    );
    await socket.close();
  });

  test('takes in people, all or none, who see it at once and its whole history', async () => {
    const [ada, grace, edsger] = await newPeople('ada', 'grace', 'edsger');
    const group = await newGroup(ada, grace);
    await send(ada, group.id, 'before');
    const socket = await edsger.connect();
    assertError(await add(grace, group.id, edsger), 403, 'not_group_admin');
    const ghost = { ...edsger, id: 999_999_999 };
    assertError(await add(ada, group.id, edsger, ghost), 422, 'user_not_found');
    assertError(await edsger.api.request('GET', `/chats/${group.id}`), 404, 'chat_not_found');

    const added = await add(ada, group.id, edsger, grace);
    assert.deepEqual([added.status, added.body.participant_count], [200, 3]);
    const created = await socket.take(({ type }) => type === 'chat_created');
    assert.deepEqual(
      [(created['chat'] as Chat).unread_count, (created['chat'] as Chat).last_read_seq],
      [0, 1],
    );
    await socket.take(isAbout('participants_added', group.id));
    await send(ada, group.id, 'after');
    await socket.take(isAbout('new_message', group.id));
    const history = await edsger.api.request<{ total: number }>('GET', `/messages/chat/${group.id}`);
    assert.equal(history.body.total, 2);
    await socket.close();
  });

  test('has at most a hundred members, also when several admins add at once', async () => {
    const people = await Promise.all(Array.from({ length: 102 }, () => newPerson('member')));
    const [ada, grace, ...others] = people as [Person, Person, ...Person[]];
    const group = await newGroup(ada, grace, ...others.slice(0, 96));
    await setAdmin(ada, group.id, grace, true);
    const [one, two, three, four] = others.slice(96) as [Person, Person, Person, Person];
    const answers = await Promise.all([
      add(ada, group.id, one, two),
      add(grace, group.id, three, four),
      add(ada, group.id, four, one),
    ]);
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    assert.deepEqual(statuses, [200, 422, 422]);
    for (const answer of answers.filter(({ status }) => status === 422)) {
      assertError(answer, 422, 'group_full');
    }
    const { body } = await ada.api.request<ChatDetail>('GET', `/chats/${group.id}`);
    assert.deepEqual([body.participant_count, body.participants.length], [100, 100]);
    assertError(await add(ada, group.id, one, two, three, four), 422, 'group_full');
    const { body: invite } = await ada.api.request<Invite>('POST', `/chats/${group.id}/invites`, {});
    const members = new Set(body.participants.map((member) => member.id));
    const outside = [one, two, three, four].find(({ id }) => !members.has(id));
    assert.ok(outside !== undefined);
    const full = assertError(
      await outside.api.request('POST', `/invites/${invite.code}/accept`),
      422,
      'group_full',
    );
    // Nothing that was sent could be changed.
    assert.deepEqual(full.errors, [{ path: '', message: full.detail }]);
  });

  test('lets go of people, who hear nothing more of it', async () => {
    const [ada, grace, edsger] = await newPeople('ada', 'grace', 'edsger');
    const group = await newGroup(ada, grace, edsger);
    const socket = await edsger.connect();
    assertError(await remove(grace, group.id, edsger), 403, 'not_group_admin');
    assert.equal((await remove(ada, group.id, edsger)).status, 204);
    assertError(await remove(ada, group.id, edsger), 404, 'participant_not_found');
    await socket.take(isAbout('participants_removed', group.id));
    await send(ada, group.id, 'among ourselves');
    assert.deepEqual((await drainFrames(socket)).filter(isAbout('new_message', group.id)), []);
    assertError(await edsger.api.request('GET', `/messages/chat/${group.id}`), 404, 'chat_not_found');
    assert.equal((await remove(grace, group.id, grace)).status, 204);
    assertError(await remove(ada, group.id, edsger), 404, 'participant_not_found');
    await socket.close();
  });

  test('never ends up without an admin', async () => {
    const [ada, grace, edsger] = await newPeople('ada', 'grace', 'edsger');
    const group = await newGroup(ada, grace, edsger);
    assertError(await setAdmin(ada, group.id, ada, false), 409, 'last_admin');
    assertError(await remove(ada, group.id, ada), 409, 'last_admin');
    const { status, body } = await setAdmin(ada, group.id, grace, true);
    assert.deepEqual([status, body.id, body.is_admin], [200, grace.id, true]);
    const both = await Promise.all([
      setAdmin(ada, group.id, ada, false),
      setAdmin(grace, group.id, grace, false),
    ]);
    assert.deepEqual(
      both.map((answer) => answer.status).toSorted((a, b) => a - b),
      [200, 409],
    );
    assert.equal((await admins(edsger, group.id)).length, 1);
  });

  test('is handed over by who leaves it, and closed by the last', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    const socket = await grace.connect();
    assert.equal((await ada.api.request('DELETE', `/chats/${group.id}`)).status, 204);
    await socket.take(isAbout('participants_removed', group.id));
    assert.deepEqual(await admins(grace, group.id), [grace.id]);
    assertError(await ada.api.request('DELETE', `/chats/${group.id}`), 404, 'chat_not_found');
    assert.equal((await grace.api.request('DELETE', `/chats/${group.id}`)).status, 204);
    assertError(await grace.api.request('GET', `/chats/${group.id}`), 404, 'chat_not_found');
    await socket.close();
  });

  test('is closed by the last who removes themself', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    assert.equal((await remove(ada, group.id, grace)).status, 204);
    assert.equal((await remove(ada, group.id, ada)).status, 204);
    assertError(await ada.api.request('GET', `/chats/${group.id}`), 404, 'chat_not_found');
  });

  test('lists its participants in pages', async () => {
    const [ada, grace, edsger] = await newPeople('ada', 'grace', 'edsger');
    const group = await newGroup(ada, grace, edsger);
    const page = await grace.api.request<Page<Participant>>(
      'GET',
      `/chats/${group.id}/participants/?limit=2&page=2`,
    );
    assert.deepEqual([page.body.items.length, page.body.total, page.body.pages], [1, 3, 2]);
  });
});

test('a direct chat that one leaves is out of sight until something happens in it', async () => {
  const [ada, grace] = await newPeople('ada', 'grace');
  const open = () =>
    ada.api.request<ChatDetail>('POST', '/chats', { chat_type: 'direct', participant_ids: [grace.id] });
  const listed = async (person: Person): Promise<number> =>
    (await person.api.request<Page<Chat>>('GET', '/chats')).body.total;
  const { body: chat } = await open();
  const hide = () => ada.api.request('DELETE', `/chats/${chat.id}`);
  assert.equal((await hide()).status, 204);
  assert.deepEqual([await listed(ada), await listed(grace)], [0, 1]);
  await send(grace, chat.id, 'still there?');
  assert.equal(await listed(ada), 1);
  // As one leaves a group by removing oneself.
  const seat = `/chats/${chat.id}/participants?user_id=`;
  assert.equal((await ada.api.request('DELETE', seat + ada.id)).status, 204);
  assert.deepEqual([await listed(ada), await listed(grace)], [0, 1]);
  assertError(await ada.api.request('DELETE', seat + grace.id), 403, 'not_group_admin');
  assert.equal((await open()).status, 200);
  assert.equal(await listed(ada), 1);
});

test('a read mark moves forward only, never past the end, and everyone is told', async () => {
  const [ada, grace] = await newPeople('ada', 'grace');
  const group = await newGroup(ada, grace);
  for (const text of ['1', '2', '3']) await send(ada, group.id, text);
  const socket = await ada.connect();
  const read = async (seq: number) =>
    (await grace.api.request<ReadMark>('POST', `/chats/${group.id}/read`, { seq })).body;
  assert.deepEqual(await read(2), { chat_id: group.id, last_read_seq: 2, unread_count: 1 });
  assert.equal((await socket.take(isAbout('read_receipt', group.id)))['seq'], 2);
  assert.deepEqual(await read(1), { chat_id: group.id, last_read_seq: 2, unread_count: 1 });
  assert.deepEqual(await read(1_000_000), { chat_id: group.id, last_read_seq: 3, unread_count: 0 });
  assert.equal((await socket.take(isAbout('read_receipt', group.id)))['seq'], 3);
  assert.deepEqual((await drainFrames(socket)).filter(isAbout('read_receipt', group.id)), []);

  await send(ada, group.id, '4');
  const graceSocket = await grace.connect();
  graceSocket.send({ type: 'read', chat_id: group.id, seq: 4 });
  assert.equal((await socket.take(isAbout('read_receipt', group.id)))['seq'], 4);
  await Promise.all([socket.close(), graceSocket.close()]);
});

test('who is online in a chat, and how many there are', async () => {
  const [ada, grace] = await newPeople('ada', 'grace');
  const [group, other] = [await newGroup(ada, grace), await newGroup(ada, grace)];
  const socket = await grace.connect(group.id);
  const online = async (chatId: number) =>
    (
      await ada.api.request<{ online_users: { id: number }[]; count: number }>(
        'GET',
        `/ws/chat/${chatId}/online`,
      )
    ).body;
  assert.deepEqual(
    (await online(group.id)).online_users.map(({ id }) => id),
    [grace.id],
  );
  assert.equal((await online(other.id)).count, 0);
  const stranger = await newPerson();
  assertError(await stranger.api.request('GET', `/ws/chat/${group.id}/online`), 404, 'chat_not_found');
  const stats = await ada.api.request<{ total_connections: number }>('GET', '/ws/stats');
  assert.ok(stats.body.total_connections >= 0);
  await socket.close();
});
