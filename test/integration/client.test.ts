import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import type { Message } from '../../functions/contract/schemas.ts';
import { createApi } from '../../lib/client/api/create-api.ts';
import {
  createChatClient,
  type ChatClient,
  type ClientEvents,
  type ClientStorage,
} from '../../lib/client/index.ts';
import { createFakeStorage } from '../support/fake-platform.ts';
import { httpUrl, newAccount, newGroup, newPerson, send } from '../support/people.ts';

/** WebSockets that the test can close. */
const cuttableSockets = () => {
  const open = new Set<WebSocket>();
  class CuttableSocket extends WebSocket {
    constructor(url: string) {
      super(url);
      open.add(this);
    }
  }
  return {
    WebSocket: CuttableSocket as typeof WebSocket,
    cut: () => {
      for (const socket of open) socket.close();
      open.clear();
    },
  };
};

/** The next event of a type that matches. */
const next = <Type extends keyof ClientEvents>(
  client: ChatClient,
  type: Type,
  fits: (event: ClientEvents[Type]) => boolean = () => true,
): Promise<ClientEvents[Type]> =>
  new Promise((resolve) => {
    const off = client.on(type, (event) => {
      if (!fits(event)) return;
      off();
      resolve(event);
    });
  });

const online = async (client: ChatClient): Promise<void> => {
  if (client.state === 'online') return;
  await next(client, 'state', ({ state }) => state === 'online');
};

/** A client with a new account, online, and all of its events. */
const newClient = async (storage?: ClientStorage) => {
  const { WebSocket, cut } = cuttableSockets();
  const options = { baseUrl: `${httpUrl()}/api/v1`, platform: { WebSocket } };
  const client = createChatClient(storage === undefined ? options : { ...options, storage });
  const messages: Message[] = [];
  client.on('message', ({ message }) => messages.push(message));
  const account = newAccount();
  await client.register(account);
  client.start();
  await online(client);
  return { client, account, messages, cut, id: client.user?.id ?? 0 };
};

const contentsOf = (messages: readonly Message[]): (string | null)[] =>
  messages.map(({ content }) => content);

suite('the client', () => {
  test('tells what happens, and sends what it is given, in order', async () => {
    const [ada, grace] = await Promise.all([newClient(), newClient()]);
    const shown = next(grace.client, 'chat');
    const { id } = await createApi(ada.client).createChat({
      chat_type: 'direct',
      participant_ids: [grace.id],
    });
    assert.equal((await shown).chat.id, id);
    const last = next(grace.client, 'message', ({ message }) => message.content === '20');
    const texts = Array.from({ length: 20 }, (_, index) => String(index + 1));
    for (const text of texts) ada.client.send(id, text);
    await last;
    assert.deepEqual(contentsOf(grace.messages), texts);
    assert.deepEqual(
      grace.messages.map(({ seq }) => seq),
      texts.map(Number),
    );
    const { items } = await createApi(grace.client).listChats();
    assert.equal(items[0]?.unread_count, 20);
    const read = next(ada.client, 'read', ({ user_id: userId }) => userId === grace.id);
    grace.client.markRead(id, 20);
    assert.equal((await read).seq, 20);
    await Promise.all([ada.client.stop(), grace.client.stop()]);
  });

  test('loses nothing and doubles nothing while sockets break', async () => {
    const [ada, grace] = await Promise.all([newClient(), newClient()]);
    const { id } = await createApi(ada.client).createChat({
      chat_type: 'direct',
      participant_ids: [grace.id],
    });
    const texts = Array.from({ length: 30 }, (_, index) => String(index + 1));
    const last = Promise.all(
      [ada, grace].map(({ client }) => next(client, 'message', ({ message }) => message.content === '30')),
    );
    for (const [index, text] of texts.entries()) {
      ada.client.send(id, text);
      // In the middle of sending, in the middle of hearing, or of both.
      if (index % 10 === 3) ada.cut();
      if (index % 10 === 6) grace.cut();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await last;
    for (const { messages } of [ada, grace]) assert.deepEqual(contentsOf(messages), texts);
    assert.deepEqual(ada.client.pending(), []);
    await Promise.all([ada.client.stop(), grace.client.stop()]);
  });

  test('catches up with what happened while it was away, deletions and edits included', async () => {
    const [ada, grace] = await Promise.all([newClient(), newClient()]);
    const { id } = await createApi(ada.client).createChat({
      chat_type: 'direct',
      participant_ids: [grace.id],
    });
    const third = next(grace.client, 'message', ({ message }) => message.content === 'three');
    for (const text of ['one', 'two', 'three']) ada.client.send(id, text);
    await third;
    const [one, two] = grace.messages;
    await grace.client.stop();
    grace.client.send(id, 'from the train');
    await createApi(ada.client).editMessage(one?.id ?? 0, 'ONE');
    await createApi(ada.client).deleteMessage(two?.id ?? 0);
    const group = await createApi(ada.client).createChat({
      chat_type: 'group',
      name: 'While you were away',
      participant_ids: [grace.id],
    });
    const sent = next(ada.client, 'message', ({ message }) => message.content === 'from the train');
    const shown = next(grace.client, 'chat', ({ chat }) => chat.id === group.id);
    grace.client.start();
    await Promise.all([online(grace.client), sent, shown]);
    assert.deepEqual(contentsOf(grace.messages), ['one', 'two', 'three', 'ONE', null, 'from the train']);
    await Promise.all([ada.client.stop(), grace.client.stop()]);
  });

  test('goes on after a restart with its session, its cursors and its outbox', async () => {
    const { storage: kept } = createFakeStorage();
    const outboxStored = Promise.withResolvers<void>();
    const storage: ClientStorage = {
      ...kept,
      set: async (key, value) => {
        await kept.set(key, value);
        if (key.startsWith('chat-service/outbox/')) outboxStored.resolve();
      },
    };
    const [ada, grace] = await Promise.all([newClient(storage), newClient()]);
    const { id } = await createApi(ada.client).createChat({
      chat_type: 'direct',
      participant_ids: [grace.id],
    });
    const heard = next(ada.client, 'message');
    grace.client.send(id, 'before');
    await heard;
    await ada.client.stop();
    const { client_message_id: clientMessageId } = ada.client.send(id, 'unsent');
    await outboxStored.promise;

    const again = createChatClient({ baseUrl: `${httpUrl()}/api/v1`, storage });
    const told: Message[] = [];
    again.on('message', ({ message }) => told.push(message));
    const during = next(grace.client, 'message', ({ message }) => message.content === 'unsent');
    assert.equal((await again.resume())?.id, ada.id);
    assert.equal(again.pending(id).length, 1);
    again.start();
    assert.equal((await during).message.client_message_id, clientMessageId);
    if (told.length === 0) await next(again, 'message');
    assert.deepEqual(contentsOf(told), ['unsent'], 'what was told before is not told again');
    await again.logOut();
    assert.equal(await createChatClient({ baseUrl: `${httpUrl()}/api/v1`, storage }).resume(), undefined);
    await grace.client.stop();
  });

  test('gives way to newer devices, and does not come back until it is told to', async () => {
    const ada = await newPerson('ada');
    const client = createChatClient({ baseUrl: `${httpUrl()}/api/v1` });
    await client.logIn(ada.username, ada.password);
    client.start();
    await online(client);
    const displaced = next(client, 'state', ({ state }) => state === 'displaced');
    const devices = await Promise.all(Array.from({ length: 10 }, () => ada.connect()));
    await displaced;
    // The network is back, says the platform: still nobody asked for this device.
    client.reconnect();
    assert.equal(client.state, 'displaced');
    client.start();
    await online(client);
    // Another one has given way, and only one.
    await Promise.race(devices.map((device) => device.closed));
    await Promise.all([client.stop(), ...devices.map((device) => device.close())]);
  });

  test('says that its session was ended by another device', async () => {
    const { client, account } = await newClient();
    const other = createChatClient({ baseUrl: `${httpUrl()}/api/v1` });
    await other.logIn(account.username, account.password);
    const ended = next(client, 'session_ended');
    await createApi(other).changePassword(account.password, 'another password');
    await ended;
    assert.deepEqual([client.state, client.user], ['signed-out', undefined]);
  });

  test('tells that somebody was removed, and nothing of the chat after that', async () => {
    const [ada, grace] = await Promise.all([newClient(), newClient()]);
    const group = await createApi(ada.client).createChat({
      chat_type: 'group',
      name: 'A group',
      participant_ids: [grace.id],
    });
    const heard = next(grace.client, 'message');
    ada.client.send(group.id, 'with you');
    await heard;
    const left = next(grace.client, 'chat_left');
    await createApi(ada.client).removeParticipant(group.id, grace.id);
    assert.equal((await left).chat_id, group.id);
    const sent = next(ada.client, 'message');
    ada.client.send(group.id, 'without you');
    await sent;
    grace.cut();
    await next(grace.client, 'state', ({ state }) => state === 'online');
    assert.deepEqual(contentsOf(grace.messages), ['with you']);
    await assert.rejects(createApi(grace.client).getChat(group.id), { code: 'chat_not_found' });
    await Promise.all([ada.client.stop(), grace.client.stop()]);
  });
});

test('a device changes hands: nobody speaks for somebody else, and what waits is sent on their return', async () => {
  const { storage } = createFakeStorage();
  const { client, account, id } = await newClient(storage);
  const bob = await newPerson('bob');
  const group = await newGroup(bob, { id });
  await client.stop();
  client.send(group.id, 'by the first');

  const second = createChatClient({ baseUrl: `${httpUrl()}/api/v1`, storage });
  await second.logIn(bob.username, bob.password);
  assert.deepEqual(second.pending(), []);
  second.start();
  const sent = next(second, 'message');
  second.send(group.id, 'by the second');
  await sent;
  await second.logIn(account.username, account.password);
  const returned = next(second, 'message', ({ message }) => message.content === 'by the first');
  second.start();
  assert.equal((await returned).message.sender_id, id);
  const { items } = await createApi(second).listMessages(group.id);
  assert.deepEqual(
    items.map(({ sender_id, content }) => [sender_id, content]),
    [
      [id, 'by the first'],
      [bob.id, 'by the second'],
    ],
  );
  await second.stop();
});

test('a read mark whose frame died with its socket reaches the service all the same', async () => {
  let isDying = true;
  class DyingSocket extends WebSocket {
    override send(data: string): void {
      if (!isDying || !data.includes('"read"')) {
        super.send(data);
        return;
      }
      isDying = false;
      this.close();
    }
  }
  const client = createChatClient({ baseUrl: `${httpUrl()}/api/v1`, platform: { WebSocket: DyingSocket } });
  const user = await client.register(newAccount());
  client.start();
  await online(client);
  const author = await newPerson();
  const group = await newGroup(author, user);
  const heard = next(client, 'message');
  await send(author, group.id, 'read me');
  const { message } = await heard;
  const read = next(client, 'read', ({ user_id: userId }) => userId === user.id);
  client.markRead(group.id, message.seq);
  assert.equal((await read).seq, message.seq);
  assert.equal(isDying, false);
  const chat = await createApi(client).getChat(group.id);
  assert.deepEqual([chat.last_read_seq, chat.unread_count], [message.seq, 0]);
  await client.stop();
});

test('a chat whose last message is too large for an event is fetched whole', async () => {
  const client = createChatClient({ baseUrl: `${httpUrl()}/api/v1` });
  const user = await client.register(newAccount());
  client.start();
  await online(client);
  const author = await newPerson();
  const group = await newGroup(author);
  await send(author, group.id, '🦋'.repeat(10_000));
  const joined = next(client, 'chat', ({ chat }) => chat.last_message?.content?.length === 20_000);
  await author.api.request('POST', `/chats/${group.id}/participants`, { user_ids: [user.id] });
  assert.equal((await joined).chat.id, group.id);
  const renamed = next(
    client,
    'chat',
    ({ chat }) => chat.name === 'Butterflies' && chat.last_message?.content?.length === 20_000,
  );
  await author.api.request('PUT', `/chats/${group.id}`, { name: 'Butterflies' });
  await renamed;
  await client.stop();
});

test('an event that was lost and that nothing follows is noticed in the end', async () => {
  let isDeaf = false;
  let skippedMs = 0;
  let syncs = 0;
  let pong = Promise.withResolvers<void>();
  const heartbeats: (() => void)[] = [];
  class DeafSocket extends WebSocket {
    override dispatchEvent(event: Event): boolean {
      const frame = event instanceof MessageEvent ? String(event.data) : '';
      if (isDeaf && frame.includes('"new_message"')) return true;
      const result = super.dispatchEvent(event);
      if (frame.includes('"pong"')) pong.resolve();
      return result;
    }
  }
  const client = createChatClient({
    baseUrl: `${httpUrl()}/api/v1`,
    platform: {
      WebSocket: DeafSocket,
      fetch: (url, options) => {
        if (url.endsWith('/sync')) syncs += 1;
        return fetch(url, options);
      },
      now: () => Date.now() + skippedMs,
      setTimeout: (run, ms) => (ms === 4 * 60_000 ? heartbeats.push(run) : setTimeout(run, ms)),
    },
  });
  const beat = async (): Promise<void> => {
    pong = Promise.withResolvers();
    heartbeats.pop()?.();
    await pong.promise;
  };
  const user = await client.register(newAccount());
  client.start();
  await online(client);
  const author = await newPerson();
  const group = await newGroup(author);
  const joined = next(client, 'chat', ({ chat }) => chat.id === group.id);
  await author.api.request('POST', `/chats/${group.id}/participants`, { user_ids: [user.id] });
  await joined;

  isDeaf = true;
  await send(author, group.id, 'into the void');
  const found = next(client, 'message');
  const before = syncs;
  await beat();
  assert.equal(syncs, before);
  skippedMs = 13 * 60_000;
  await beat();
  assert.equal((await found).message.content, 'into the void');
  assert.equal(syncs, before + 1);
  await client.stop();
});

test('it runs where there is little more than fetch and WebSocket, as in React Native', async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(import.meta.resolve('../../lib/client/index.ts'))],
    bundle: true,
    format: 'iife',
    globalName: 'client',
    target: 'es2020',
    write: false,
  });
  const poor = createContext({ fetch, WebSocket, AbortController, setTimeout, clearTimeout });
  // What older engines do not have.
  runInContext(
    `for (const name of ['at', 'findLast', 'toSorted', 'toReversed', 'toSpliced', 'with']) delete Array.prototype[name];
     for (const [owner, name] of [[Map, 'groupBy'], [Object, 'groupBy'], [Object, 'hasOwn'], [Promise, 'withResolvers'],
       [String.prototype, 'replaceAll'], [Set.prototype, 'union']]) delete owner[name];`,
    poor,
  );
  runInContext(outputFiles[0]?.text ?? '', poor);
  const { create } = runInContext('({ create: client.createChatClient })', poor) as {
    create: typeof createChatClient;
  };
  const client = create({ baseUrl: `${httpUrl()}/api/v1` });
  const account = newAccount();
  const { id } = await client.register(account);
  client.start();
  await online(client);
  const chat = await createApi(client).createChat({ chat_type: 'group', name: 'Poor', participant_ids: [] });
  const told = next(client, 'message');
  const pending = client.send(chat.id, 'from a phone');
  assert.match(
    pending.client_message_id,
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  const { message } = await told;
  assert.equal(message.content, 'from a phone');
  assert.equal(message.sender_id, id);
  const found = await createApi(client).searchMessages({ q: 'a phone & more? no', limit: 5 });
  assert.equal(found.total, 0);
  assert.equal((await createApi(client).searchUsers(account.username)).length, 1);
  await client.stop();
});
