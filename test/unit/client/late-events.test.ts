import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createApi } from '../../../lib/client/api/create-api.ts';
import type { Chat, Participant } from '../../../functions/contract/schemas.ts';
import { createFakeStorage, settle } from '../../support/fake-platform.ts';
import {
  chatOf,
  createFakeClient,
  createFakeService,
  json,
  messageOf,
  participantOf,
  refusal,
} from '../../support/fake-service.ts';

const graceOf = (change: Partial<Participant> = {}): Participant =>
  participantOf(9, { username: 'grace', online: true, ...change });

const roleEvent = (rev: number, isAdmin: boolean) => ({
  type: 'participant_updated',
  chat_id: 7,
  rev,
  participant: graceOf({ is_admin: isAdmin }),
});

/** Ada's online client, with the chats and roles of its events. */
const online = async (service = createFakeService(), storage = createFakeStorage().storage) => {
  const fake = createFakeClient(service, storage);
  const { client } = fake;
  const chats = new Map<number, Chat>();
  const roles: boolean[] = [];
  client.on('chat', ({ chat }) => void chats.set(chat.id, chat));
  client.on('chat_left', ({ chat_id: chatId }) => void chats.delete(chatId));
  client.on('participant', ({ participant }) => void roles.push(participant.is_admin));
  client.on('members', ({ participants }) =>
    roles.push(...participants.filter(({ id }) => id === 9).map((one) => one.is_admin)),
  );
  if ((await client.resume()) === undefined) await client.logIn('ada', 'correct horse battery');
  const socket = await fake.goOnline();
  return { ...fake, socket, socketNow: fake.socket, chats, roles };
};

suite('an event that comes late', () => {
  test('changes no role that a later event has changed since', async () => {
    const { socket, roles } = await online();
    socket.receive(roleEvent(2, false));
    socket.receive(roleEvent(1, true));
    assert.deepEqual(roles, [true, false]);
    socket.receive(roleEvent(1, true));
    assert.deepEqual(roles, [true, false], 'twice');
  });

  test('is ahead of members that the service told before it', async () => {
    const service = createFakeService();
    const { socket, roles, pass } = await online(service);
    const answered = Promise.withResolvers<void>();
    service.intercept((asked) => {
      if (asked.path !== '/sync') return undefined;
      const answer = json(200, {
        chats: [
          {
            chat_id: 7,
            rev: 1,
            last_seq: 0,
            last_read_seq: 0,
            unread_count: 0,
            chat: chatOf(7, { rev: 1 }),
            participants: [graceOf({ is_admin: true })],
            messages: [],
            has_more: false,
          },
        ],
        joined: [],
        left: [],
        more_joined: false,
      });
      return answered.promise.then(() => answer);
    });
    // A gap: the client asks, and before the answer is there, what was missing comes.
    socket.receive(roleEvent(2, false));
    await pass(300);
    socket.receive(roleEvent(1, true));
    answered.resolve();
    await settle();
    assert.deepEqual(roles, [true, false]);
  });

  test('shows no chat that the user has left since', async () => {
    const { socket, chats } = await online();
    socket.receive({ type: 'participants_removed', chat_id: 7, rev: 2, user_ids: [1] });
    const chat = chatOf(7, { rev: 1, name: 'Renamed' });
    socket.receive({ type: 'chat_updated', chat_id: 7, rev: 1, chat });
    assert.deepEqual([...chats.keys()], []);
  });

  test('does not remove a user who was added again since', async () => {
    const { socket, chats } = await online();
    socket.receive({ type: 'participants_removed', chat_id: 7, rev: 1, user_ids: [1] });
    socket.receive({ type: 'chat_created', chat_id: 7, rev: 2, chat: chatOf(7, { rev: 2 }) });
    socket.receive({ type: 'participants_removed', chat_id: 7, rev: 1, user_ids: [1] });
    assert.deepEqual([...chats.keys()], [7]);
  });
});

test('a role that only the chat shows is asked for, however often the chat is told', async () => {
  const { service, socket, socketNow, pass } = await online();
  const chat = chatOf(7, { rev: 1, is_admin: true });
  // Of the two events of the change `participant_updated` is lost, and the other one comes twice.
  for (let times = 0; times < 2; times += 1) {
    socket.receive({ type: 'chat_updated', chat_id: 7, rev: 1, chat });
  }
  socket.lose();
  await pass(1000);
  socketNow().open();
  await settle();
  assert.deepEqual(service.askedFor('/sync').at(-1)?.body?.['chats'], [
    { chat_id: 7, rev: 0, last_read_seq: 0 },
  ]);
});

test('an unread count that could not be asked for is asked for after the next connection', async () => {
  const { service, socket, socketNow, chats, pass } = await online();
  socket.receive({ type: 'new_message', chat_id: 7, rev: 1, message: messageOf(7, 1) });
  socket.receive({ type: 'new_message', chat_id: 7, rev: 2, message: messageOf(7, 2) });
  service.intercept(({ path }) => (path === '/chats/7' ? refusal(503, 'service_unavailable') : undefined));
  const deleted = messageOf(7, 1, { rev: 3, content: null, is_deleted: true });
  socket.receive({ type: 'message_deleted', chat_id: 7, rev: 3, message: deleted });
  await pass(1000);
  assert.equal(chats.get(7)?.unread_count, 2, 'a guess');
  service.intercept(() => undefined);
  service.setChats([chatOf(7, { rev: 3, last_seq: 2, last_message: messageOf(7, 2), unread_count: 1 })]);
  socket.lose();
  await pass(1000);
  socketNow().open();
  await pass(1000);
  assert.equal(chats.get(7)?.unread_count, 1);
});

test('a chat that only an answer told of is named to the service, which tells when it was left', async () => {
  const service = createFakeService();
  const { client, chats, socket, socketNow, pass } = await online(service);
  service.intercept(({ method, path }) =>
    method === 'POST' && path === '/chats' ? json(201, { ...chatOf(8), participants: [] }) : undefined,
  );
  await createApi(client).createChat({ chat_type: 'group', name: 'A group', participant_ids: [2] });
  assert.deepEqual([...chats.keys()], [7, 8]);
  socket.lose();
  await pass(1000);
  socketNow().open();
  await settle();
  assert.deepEqual(service.askedFor('/sync').at(-1)?.body?.['chats'], [
    { chat_id: 7, rev: 0, last_read_seq: 0 },
    { chat_id: 8, rev: 0, last_read_seq: 0 },
  ]);
});

test('an application that starts again is told of every chat, also when some have changed meanwhile', async () => {
  const service = createFakeService();
  const { storage } = createFakeStorage();
  service.setChats([chatOf(7), chatOf(8)]);
  const before = await online(service, storage);
  await before.client.stop();
  service.intercept(({ path }) => {
    if (path !== '/sync') return undefined;
    const changed = { chat_id: 8, rev: 1, last_seq: 0, last_read_seq: 0, unread_count: 0 };
    const details = { chat: chatOf(8, { rev: 1, name: 'Renamed' }), participants: [graceOf()] };
    const chats = [{ ...changed, ...details, messages: [], has_more: false }];
    return json(200, { chats, joined: [], left: [], more_joined: false });
  });
  service.setChats([chatOf(7), chatOf(8, { rev: 1, name: 'Renamed' })]);
  const { chats } = await online(service, storage);
  assert.deepEqual(
    [7, 8].map((id) => chats.get(id)?.name),
    ['A group', 'Renamed'],
  );
});

test('a role that only the chat shows is asked for, though a later new name was told before it', async () => {
  const { service, socket, pass } = await online();
  const named = chatOf(7, { rev: 2, name: 'Renamed', is_admin: true });
  socket.receive({ type: 'chat_updated', chat_id: 7, rev: 2, chat: named });
  const role = chatOf(7, { rev: 1, is_admin: true });
  socket.receive({ type: 'chat_updated', chat_id: 7, rev: 1, chat: role });
  await pass(1000);
  assert.deepEqual(service.askedFor('/sync').at(-1)?.body?.['chats'], [
    { chat_id: 7, rev: 0, last_read_seq: 0 },
  ]);
});
