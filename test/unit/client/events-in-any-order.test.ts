import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Chat, Message, Participant } from '../../../functions/contract/schemas.ts';
import type { SyncAnswer } from '../../../functions/sync/contract.ts';
import { createApi } from '../../../lib/client/api/create-api.ts';
import type { ServerFrame } from '../../../lib/client/contract.ts';
import { createFakeStorage, settle } from '../../support/fake-platform.ts';
import {
  chatOf,
  createFakeClient,
  createFakeService,
  json,
  messageOf,
  participantOf,
  type RecordedRequest,
} from '../../support/fake-service.ts';

const ADA = 1;
const GRACE = 9;

const memberOf = (id: number, change: Partial<Participant> = {}): Participant =>
  participantOf(id, { username: id === ADA ? 'ada' : 'grace', online: true, ...change });

const nothing: SyncAnswer = { chats: [], joined: [], left: [], more_joined: false };

const syncedOf = (change: Partial<SyncAnswer['chats'][number]>): SyncAnswer['chats'][number] => ({
  chat_id: 7,
  rev: 4,
  last_seq: 3,
  last_read_seq: 1,
  unread_count: 2,
  chat: null,
  participants: null,
  messages: [],
  has_more: false,
  ...change,
});

/** Ada, the user of the client, has read one of its three messages. */
const FIRST = chatOf(7, {
  rev: 4,
  last_seq: 3,
  last_read_seq: 1,
  unread_count: 2,
  last_message: messageOf(7, 3),
  updated_at: messageOf(7, 3).timestamp,
});

/** A client that is restarted with the storage of one that was online with these chats. */
const createRestarted = async (chats: Chat[]) => {
  const { storage } = createFakeStorage();
  const service = createFakeService();
  service.setChats(chats);
  const before = createFakeClient(service, storage);
  await before.client.logIn('ada', 'secret');
  await before.goOnline();
  await before.client.stop();
  await before.pass(1000);
  return createFakeClient(service, storage);
};

/**
 * Like `createRestarted`, connected in one chat: the response with the chat's earlier state is held back until `load`.
 */
const createHeldScene = async () => {
  const { service, client, goOnline, pass } = await createRestarted([FIRST]);
  const shown = new Map<number, Chat>();
  client.on('chat', ({ chat }) => void shown.set(chat.id, chat));
  const answered = Promise.withResolvers<void>();
  service.intercept(({ path }) => {
    if (!path.startsWith('/chats?')) return undefined;
    const old = json(200, { items: [FIRST], total: 1, page: 1, limit: 100, pages: 1 });
    return answered.promise.then(() => old);
  });
  await client.resume();
  const socket = await goOnline();
  const load = async (): Promise<void> => {
    answered.resolve();
    await settle();
    await pass(1000);
  };
  return { service, shown, socket, load };
};

/** An online client with one chat, with the state that it shows and its requests since then. */
const createScene = async ({ chats = [FIRST] } = {}) => {
  const service = createFakeService();
  service.setChats([...chats]);
  const scene = createFakeClient(service);
  const { client } = scene;
  const shown = new Map<number, Chat>();
  const members = new Map<number, readonly Participant[]>();
  const told: string[] = [];
  client.on('chat', ({ chat }) => shown.set(chat.id, chat));
  client.on('chat_left', ({ chat_id }) => shown.delete(chat_id));
  client.on('members', ({ chat_id, participants }) => members.set(chat_id, participants));
  client.on('message', ({ message }) => told.push(`message ${message.rev}`));
  client.on('participant', ({ participant }) => told.push(`admin ${participant.is_admin}`));
  client.on('participants', ({ added, removed }) => told.push(`+${added.join()} -${removed.join()}`));
  await client.logIn('ada', 'secret');
  const socket = await scene.goOnline();
  const answers: SyncAnswer[] = [];
  let detail: object | undefined;
  service.intercept(({ path }: RecordedRequest) => {
    if (path === '/sync') return json(200, answers.shift() ?? nothing);
    return path === '/chats/7' && detail !== undefined ? json(200, detail) : undefined;
  });
  service.asked.splice(0);
  return {
    ...scene,
    shown,
    members,
    told,
    hear: async (...frames: ServerFrame[]): Promise<void> => {
      for (const frame of frames) socket.receive(frame);
      await settle();
    },
    /** What the next `/sync` answer, each once. */
    willSync: (...next: Partial<SyncAnswer>[]): void => {
      answers.push(...next.map((answer) => ({ ...nothing, ...answer })));
    },
    willShow: (chat: object): void => {
      detail = chat;
    },
    paths: () => service.asked.map(({ method, path }) => `${method} ${path}`),
    syncs: () => service.askedFor('/sync').map(({ body }) => body?.['chats']),
  };
};

const said = (rev: number, change: Partial<Message> = {}): ServerFrame => ({
  type: 'new_message',
  chat_id: 7,
  rev,
  message: messageOf(7, rev - 1, { rev, ...change }),
});
const pinChanged = (
  type: 'message_pinned' | 'message_unpinned',
  rev: number,
  change: Partial<Message> = {},
): ServerFrame => ({
  type,
  chat_id: 7,
  rev,
  message: messageOf(7, 3, {
    rev,
    ...(type === 'message_pinned' && { pinned_at: FIRST.updated_at, pinned_by: GRACE }),
    ...change,
  }),
});
const removed = (rev: number, ...userIds: number[]): ServerFrame => ({
  type: 'participants_removed',
  chat_id: 7,
  rev,
  user_ids: userIds,
});
const shownAs = (
  type: 'chat_created' | 'chat_updated',
  rev: number,
  change: Partial<Chat> = {},
): ServerFrame => ({ type, chat_id: 7, rev, chat: { ...FIRST, rev, ...change } });
const promoted = (rev: number, userId: number, isAdmin: boolean): ServerFrame => ({
  type: 'participant_updated',
  chat_id: 7,
  rev,
  participant: memberOf(userId, { is_admin: isAdmin }),
});

suite('whatever the order of events', () => {
  test('a chat that was left does not come back by what was said of it before', async () => {
    const { hear, shown, pass, paths } = await createScene();
    await hear(removed(7, ADA), shownAs('chat_updated', 5), said(6), shownAs('chat_created', 6));
    await pass(1000);
    assert.deepEqual([[...shown.keys()], paths()], [[], []]);
  });

  test('a chat that was left and joined again stays', async () => {
    const { hear, shown, pass, willSync } = await createScene();
    willSync({ chats: [syncedOf({ rev: 6, chat: { ...FIRST, rev: 6 }, participants: [memberOf(ADA)] })] });
    await hear(shownAs('chat_created', 6), removed(5, ADA));
    await pass(1000);
    assert.deepEqual([...shown.keys()], [7]);
    // And can be left again.
    await hear(removed(7, ADA));
    assert.deepEqual([...shown.keys()], []);
  });

  test('a chat whose beginning was lost is found, and no event is taken for it', async () => {
    const { hear, shown, pass, willSync, syncs } = await createScene({ chats: [] });
    willSync({ joined: [{ ...FIRST, rev: 9, name: 'Found' }] });
    await hear(shownAs('chat_updated', 8, { name: 'Early' }));
    assert.equal(shown.size, 0);
    await pass(1000);
    assert.deepEqual([syncs(), shown.get(7)?.name], [[[]], 'Found']);
  });

  test('roles are told in the order in which they changed', async () => {
    const { hear, told, pass, syncs } = await createScene();
    await hear(promoted(6, GRACE, false), promoted(5, GRACE, true), promoted(5, GRACE, true));
    await pass(1000);
    assert.deepEqual([told, syncs()], [['admin true', 'admin false'], []]);
  });

  test('the later of two changes of the own role stays', async () => {
    const { hear, shown } = await createScene();
    await hear(
      promoted(6, ADA, false),
      shownAs('chat_updated', 6, { is_admin: false }),
      shownAs('chat_updated', 5, { is_admin: true }),
      promoted(5, ADA, true),
    );
    assert.deepEqual([shown.get(7)?.is_admin, shown.get(7)?.rev], [false, 6]);
  });

  test('a pin that is taken away and given again is told in that order, once each', async () => {
    const { hear, shown, told, client, pass, syncs } = await createScene();
    const pinned: (number | null)[] = [];
    client.on('message', ({ message }) => void pinned.push(message.pinned_by));
    const first = pinChanged('message_pinned', 5);
    await hear(pinChanged('message_pinned', 7), first, first, pinChanged('message_unpinned', 6), first);
    await pass(1000);
    assert.deepEqual(told, ['message 5', 'message 6', 'message 7']);
    assert.deepEqual([pinned, syncs()], [[GRACE, null, GRACE], []]);
    // The pinned message is the chat’s last one, and nothing is unread that was not.
    const { last_message: last, unread_count: unread, rev } = shown.get(7) ?? FIRST;
    assert.deepEqual([last?.pinned_by, unread, rev], [GRACE, 2, 7]);
  });

  test('a pin of a message with reactions is fetched, for its event does not say whose they are', async () => {
    const { hear, told, pass, willSync, shown } = await createScene();
    const reactions = [{ emoji: '👍', count: 2, me: true }];
    const message = messageOf(7, 3, { rev: 5, pinned_at: FIRST.updated_at, pinned_by: GRACE, reactions });
    willSync({ chats: [syncedOf({ rev: 5, messages: [message] })] });
    await hear(pinChanged('message_pinned', 5, { reactions: [{ emoji: '👍', count: 2 }] as never }));
    await pass(1000);
    assert.deepEqual([told, shown.get(7)?.last_message], [['message 5'], message]);
  });

  test('a mark that arrives ahead of the message that it is at leaves nothing unread', async () => {
    const { hear, shown } = await createScene();
    await hear({ type: 'read_receipt', chat_id: 7, user_id: ADA, seq: 4 }, said(5));
    const { last_seq, last_read_seq, unread_count } = shown.get(7) ?? FIRST;
    assert.deepEqual([last_seq, last_read_seq, unread_count], [4, 4, 0]);
  });

  test('an answer of `/sync` that is newer than an event that came meanwhile counts', async () => {
    const { hear, shown, pass, service } = await createScene();
    const held = Promise.withResolvers<Response>();
    service.intercept(({ path }) => (path === '/sync' ? held.promise : undefined));
    await hear(said(7));
    await pass(400);
    await hear(shownAs('chat_updated', 5, { name: 'Before' }));
    const chat = { ...FIRST, rev: 8, name: 'After' };
    held.resolve(
      json(200, { ...nothing, chats: [syncedOf({ rev: 8, chat, participants: [memberOf(ADA)] })] }),
    );
    await settle();
    assert.deepEqual([shown.get(7)?.name, shown.get(7)?.rev], ['After', 8]);
  });

  test('an answer that was asked for before somebody was added does not take them away', async () => {
    const { client, hear, members, pass, service, willShow } = await createScene();
    const held = Promise.withResolvers<Response>();
    service.intercept(({ path, method }) =>
      path === '/chats/7' && method === 'PUT' ? held.promise : undefined,
    );
    const renamed = createApi(client).renameChat(7, 'A name');
    await settle();
    await hear(shownAs('chat_updated', 5, { name: 'A name' }), {
      type: 'participants_added',
      chat_id: 7,
      rev: 6,
      user_ids: [GRACE],
    });
    held.resolve(json(200, { ...FIRST, rev: 5, name: 'A name', participants: [memberOf(ADA)] }));
    await renamed;
    assert.equal(members.get(7), undefined);
    const participants = [memberOf(ADA), memberOf(GRACE)];
    service.intercept(({ path }) =>
      path === '/chats/7' ? json(200, { ...FIRST, rev: 6, name: 'A name', participants }) : undefined,
    );
    willShow({});
    await pass(300);
    assert.deepEqual(members.get(7), participants);
  });
});

suite('an event that was lost', () => {
  test('of a role is repaired, whichever of its two events it was', async () => {
    const [one, two] = await Promise.all([createScene(), createScene()]);
    await one.hear(promoted(5, ADA, true));
    assert.deepEqual([one.shown.get(7)?.is_admin, one.shown.get(7)?.rev], [true, 5]);

    two.willSync({
      chats: [
        syncedOf({
          rev: 6,
          last_seq: 4,
          unread_count: 3,
          chat: { ...FIRST, rev: 6, last_seq: 4, is_admin: true, last_message: messageOf(7, 4, { rev: 6 }) },
          participants: [memberOf(ADA, { is_admin: true })],
          messages: [messageOf(7, 4, { rev: 6 })],
        }),
      ],
    });
    await two.hear(shownAs('chat_updated', 5, { is_admin: true }), said(6, { seq: 4 }));
    await two.pass(1000);
    assert.deepEqual(two.members.get(7), [memberOf(ADA, { is_admin: true })]);
    assert.deepEqual(two.told, ['message 6']);
  });

  test('that only moved a mark is repaired, also when a message comes meanwhile', async () => {
    const { hear, shown, pass, service } = await createScene();
    const held = Promise.withResolvers<Response>();
    service.intercept(({ path }) => (path === '/sync' ? held.promise : undefined));
    await hear(said(6, { seq: 5 }));
    await pass(400);
    await hear(said(5), said(7, { seq: 6 }));
    held.resolve(
      json(200, {
        ...nothing,
        chats: [syncedOf({ rev: 6, last_seq: 5, last_read_seq: 5, unread_count: 0 })],
      }),
    );
    await settle();
    assert.deepEqual([shown.get(7)?.last_read_seq, shown.get(7)?.unread_count], [5, 1]);
  });

  test('of a chat that only an answer has shown is noticed', async () => {
    const { client, service, pass, socket, shown, syncs, willSync } = await createScene({ chats: [] });
    service.setChats([FIRST]);
    await createApi(client).listChats();
    assert.deepEqual([...shown.keys()], [7]);
    willSync({ left: [7] });
    socket().lose();
    await pass(1000);
    socket().open();
    await settle();
    assert.deepEqual(syncs(), [[{ chat_id: 7, rev: 4, last_read_seq: 1 }]]);
    assert.deepEqual([...shown.keys()], []);
  });
});

/** The request that each new connection sends in addition to `/sync`. */
const BLOCKS = 'GET /users/me/blocks?page=1&limit=100';

suite('after a connection was opened', () => {
  test('one request tells everything: nothing is loaded again', async () => {
    const { client, socket, pass, shown, members, told, paths, willSync } = await createScene();
    socket().lose();
    await pass(1000);
    const participants = [memberOf(ADA), memberOf(GRACE)];
    const last = messageOf(7, 5, { rev: 9 });
    willSync({
      chats: [
        syncedOf({
          rev: 9,
          last_seq: 5,
          unread_count: 3,
          chat: {
            ...FIRST,
            rev: 9,
            name: 'Renamed',
            last_seq: 5,
            unread_count: 3,
            last_message: last,
            updated_at: last.timestamp,
          },
          participants,
          // The second was deleted, the fourth edited.
          messages: [
            messageOf(7, 2, { rev: 7, content: null, is_deleted: true }),
            messageOf(7, 4, { rev: 8, is_edited: true }),
            last,
          ],
        }),
      ],
    });
    socket().open();
    await settle();
    await pass(5000);
    assert.equal(client.state, 'online');
    assert.deepEqual(told, ['message 7', 'message 8', 'message 9']);
    assert.deepEqual(members.get(7), participants);
    const { name, rev, last_seq, unread_count, last_message } = shown.get(7) ?? FIRST;
    assert.deepEqual([name, rev, last_seq, unread_count, last_message], ['Renamed', 9, 5, 3, last]);
    assert.deepEqual(paths(), ['POST /ws/tickets', BLOCKS, 'POST /sync']);
  });

  test('members are fetched when an event of their last change overtook the answer that shows them', async () => {
    const { service, socket, pass, shown, members, willShow } = await createScene();
    socket().lose();
    await pass(1000);
    const chat = { ...FIRST, rev: 6, is_admin: true };
    const participants = [memberOf(ADA, { is_admin: true })];
    const held = Promise.withResolvers<void>();
    const answer = { ...nothing, chats: [syncedOf({ rev: 6, chat, participants })] };
    service.intercept(({ path }) => {
      if (path === '/sync') return held.promise.then(() => json(200, answer));
      return path === '/chats/7' ? json(200, { ...chat, participants }) : undefined;
    });
    willShow({ ...chat, participants });
    socket().open();
    await settle();
    // Grace, the admin, left: `participants_removed` of rev 5 and `participant_updated` of rev 6 were lost.
    socket().receive(shownAs('chat_updated', 6, { is_admin: true }));
    await settle();
    held.resolve();
    await settle();
    await pass(5000);
    assert.equal(shown.get(7)?.is_admin, true);
    assert.deepEqual(members.get(7), participants);
  });

  test('a chat that takes two answers has the counts and the last message of the second', async () => {
    const { socket, pass, shown, told, paths, willSync } = await createScene();
    socket().lose();
    await pass(1000);
    willSync(
      {
        chats: [
          syncedOf({
            rev: 5,
            last_seq: 5,
            unread_count: 4,
            messages: [messageOf(7, 4, { rev: 5 })],
            has_more: true,
          }),
        ],
      },
      {
        chats: [syncedOf({ rev: 6, last_seq: 5, unread_count: 4, messages: [messageOf(7, 5, { rev: 6 })] })],
      },
    );
    socket().open();
    await settle();
    await pass(5000);
    assert.deepEqual(told, ['message 5', 'message 6']);
    const { last_seq, unread_count, last_message } = shown.get(7) ?? FIRST;
    assert.deepEqual([last_seq, unread_count, last_message?.seq], [5, 4, 5]);
    assert.deepEqual(paths(), ['POST /ws/tickets', BLOCKS, 'POST /sync', 'POST /sync']);
  });

  test('a message that was deleted before it was seen leaves its number behind', async () => {
    const { socket, pass, shown, willSync, willShow } = await createScene();
    willShow({ ...FIRST, rev: 5, last_seq: 4, participants: [] });
    socket().lose();
    await pass(1000);
    const gone = messageOf(7, 4, { rev: 5, content: null, is_deleted: true });
    willSync({ chats: [syncedOf({ rev: 5, last_seq: 4, messages: [gone] })] });
    socket().open();
    await settle();
    const { last_seq, unread_count, last_message } = shown.get(7) ?? FIRST;
    assert.deepEqual([last_seq, unread_count, last_message?.seq], [4, 2, 3]);
  });

  test('of a client that was restarted, its chats are loaded though one has changed', async () => {
    const { service, client, goOnline } = await createRestarted([FIRST, chatOf(8)]);
    const shown: number[] = [];
    client.on('chat', ({ chat }) => shown.push(chat.id));
    service.intercept(({ path }) =>
      path === '/sync'
        ? json(200, {
            ...nothing,
            chats: [syncedOf({ rev: 5, chat: { ...FIRST, rev: 5 }, participants: [] })],
          })
        : undefined,
    );
    await client.resume();
    await goOnline();
    assert.deepEqual(shown, [7, 8]);
  });

  test('of a client that was restarted, what is told before its chats are loaded counts', async () => {
    const { service, shown, socket, load } = await createHeldScene();
    const message = messageOf(7, 4, { rev: 5 });
    service.setChats([{ ...FIRST, rev: 5, last_seq: 4, unread_count: 3, last_message: message }]);
    socket.receive({ type: 'new_message', chat_id: 7, rev: 5, message });
    await load();
    const { rev, unread_count } = shown.get(7) ?? FIRST;
    assert.deepEqual([rev, unread_count], [5, 3]);
  });

  test('of a client that was restarted, a chat that was told of before it was loaded is shown', async () => {
    const { service, shown, socket, load } = await createHeldScene();
    service.setChats([{ ...FIRST, rev: 5, participant_count: 3 }]);
    socket.receive({ type: 'participants_removed', chat_id: 7, rev: 5, user_ids: [GRACE] });
    await load();
    const { rev, participant_count } = shown.get(7) ?? FIRST;
    assert.deepEqual([rev, participant_count], [5, 3]);
  });
});

test('frames of a newer service harm nothing: a message that one shows is taken in, and applications hear them all', async () => {
  const service = createFakeService();
  service.setChats([chatOf(7)]);
  const fake = createFakeClient(service);
  const heard: string[] = [];
  fake.client.on('frame', ({ type }) => heard.push(type));
  await fake.client.logIn('ada', 'x');
  const socket = await fake.goOnline();
  for (const message of ['a text', 7, null, undefined, {}]) socket.receive({ type: 'announced', message });
  socket.receive({ type: 'message_starred', chat_id: 7, rev: 1, message: messageOf(7, 1) });
  assert.equal(fake.client.chats()[0]?.last_seq, 1);
  assert.deepEqual(heard.slice(-6), [...Array<string>(5).fill('announced'), 'message_starred']);
});
