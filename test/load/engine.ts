// The functions of Artillery's virtual users. Artillery waits only for functions that are declared `async`. A virtual
// user is one user of the world on one device, with the client library that applications use.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApi } from '../../lib/client/api/create-api.ts';
import { createChatClient, type ChatClient } from '../../lib/client/index.ts';
import { online, stored } from './client-events.ts';
import type { World } from './world.ts';

/** Artillery's interface for counters and histograms. */
interface Events {
  emit(kind: 'counter' | 'histogram', name: string, value: number): void;
}

interface Context {
  readonly vars: Record<string, unknown>;
}

/** A user who is online, with the received messages. */
interface Person {
  readonly id: number;
  readonly chatId: number;
  readonly client: ChatClient;
  /** Closes the socket, as if the network had failed; the client reconnects by itself. */
  readonly cut: () => void;
  /** The number of events for each message of the group, by `seq`. */
  readonly receivedCounts: ReadonlyMap<number, number>;
}

const world = JSON.parse(readFileSync(process.env['LOAD_WORLD'] ?? '', 'utf8')) as World;
const seconds = Number(process.env['LOAD_SECONDS'] ?? 30);
const SETTLE_MS = 10_000;

/** Group by group, so that the active users share groups; users without a group are not used. */
const people = world.groups.flatMap(({ id: chatId, members }) =>
  world.users.filter(({ id }) => members.includes(id)).map((user) => ({ ...user, chatId })),
);

/** By group: the highest `seq` that was acknowledged to a user of this process. */
const acknowledged = new Map<number, number>();

let turn = 0;

/** Runs a function and records its duration, or its failure. */
const timed = async <T>(name: string, events: Events, run: () => Promise<T>): Promise<T> => {
  const startedAt = performance.now();
  try {
    const result = await run();
    events.emit('histogram', `chat.${name}_ms`, performance.now() - startedAt);
    return result;
  } catch (error) {
    events.emit('counter', 'chat.errors', 1);
    throw error;
  }
};

/** Logs in the next user. */
const logIn = async (events: Events): Promise<Person> => {
  const user = people[turn % people.length];
  turn += 1;
  if (user === undefined) throw new Error('The world has no groups');
  const { id, chatId } = user;
  const sockets = new Set<WebSocket>();
  class CuttableSocket extends WebSocket {
    constructor(url: string | URL) {
      super(url);
      sockets.add(this);
      this.addEventListener('close', () => sockets.delete(this));
    }
  }
  const client = createChatClient({ baseUrl: world.baseUrl, platform: { WebSocket: CuttableSocket } });
  const receivedCounts = new Map<number, number>();
  client.on('message', ({ message }) => {
    if (message.chat_id !== chatId) return;
    const count = (receivedCounts.get(message.seq) ?? 0) + 1;
    receivedCounts.set(message.seq, count);
    events.emit('counter', count === 1 ? 'chat.delivered' : 'chat.twice', 1);
    const sentAt = Number(/^Load (\d+)$/.exec(message.content ?? '')?.[1]);
    if (!Number.isNaN(sentAt)) events.emit('histogram', 'chat.delivery_ms', Date.now() - sentAt);
  });
  client.on('session_ended', () => events.emit('counter', 'chat.errors', 1));
  await timed('login', events, () => client.logIn(user.username, world.password));
  return {
    id,
    chatId,
    client,
    receivedCounts,
    cut: () => {
      for (const socket of sockets) socket.close();
    },
  };
};

/**
 * Sends a message, and waits until it is stored. The text contains the time of sending, since all users share this
 * machine's clock.
 */
const say = async ({ client, chatId }: Person, events: Events): Promise<void> => {
  const { client_message_id: id } = client.send(chatId, `Load ${Date.now()}`);
  events.emit('counter', 'chat.sent', 1);
  const { seq } = await timed('ack', events, () => stored(client, id));
  acknowledged.set(chatId, Math.max(acknowledged.get(chatId) ?? 0, seq));
};

/**
 * Connects a user, runs a function, and disconnects. By then the user must have received once each message of the group
 * that was acknowledged to a user of this process.
 */
const visit = async (events: Events, stay: (person: Person) => Promise<void>): Promise<void> => {
  const person = await logIn(events);
  const { client, chatId, receivedCounts } = person;
  for (const name of ['lost', 'twice', 'errors']) events.emit('counter', `chat.${name}`, 0);
  try {
    await timed('connect', events, async () => {
      client.start();
      await online(client);
    });
    const { last_seq: first } = await createApi(client).getChat(chatId);
    await stay(person);

    const last = acknowledged.get(chatId) ?? 0;
    const missing = (): number =>
      Array.from({ length: Math.max(0, last - first) }, (_, index) => first + 1 + index).filter(
        (seq) => !receivedCounts.has(seq),
      ).length;
    const deadline = Date.now() + SETTLE_MS;
    while (missing() > 0 && Date.now() < deadline) await sleep(50);
    events.emit('counter', 'chat.lost', missing());
  } finally {
    await client.logOut();
  }
};

/** Each user sends a message every few seconds. */
export const talk = async (_: Context, events: Events): Promise<void> => {
  await visit(events, async (person) => {
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      // Random pauses, so that users do not send in step.
      await sleep(4000 * (0.5 + Math.random()));
      await say(person, events);
    }
  });
};

/** All members of a large group are connected, and one in ten sends as fast as allowed. */
export const burst = async (_: Context, events: Events): Promise<void> => {
  await visit(events, async (person) => {
    const writes = people.findIndex(({ id }) => id === person.id) % 10 === 0;
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      await sleep(1000 * (0.5 + Math.random()));
      if (writes) await say(person, events);
    }
  });
};

const STORM_MS = 10_000;

/** Half of the connections drop at the same time, reconnect, and fetch the missed messages. */
export const storm = async (_: Context, events: Events): Promise<void> => {
  await visit(events, async (person) => {
    const drops = person.id % 2 === 0;
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      if (!drops) {
        await sleep(1000);
        await say(person, events);
        continue;
      }
      // Waits for a multiple of `STORM_MS` on the clock, so that all connections drop together.
      await sleep(Math.min(end, Math.ceil((Date.now() + 1) / STORM_MS) * STORM_MS) - Date.now());
      await timed('recover', events, async () => {
        const back = online(person.client);
        person.cut();
        await back;
      });
    }
  });
};

/** Logs in, fetches the list of chats, and logs out. */
export const arrive = async (_: Context, events: Events): Promise<void> => {
  const { client } = await logIn(events);
  await timed('list', events, () => createApi(client).listChats({ limit: 20 }));
  await client.logOut();
};

/** Repeatedly reads a chat from its end to its beginning. */
export const read = async (_: Context, events: Events): Promise<void> => {
  const { client, chatId } = await logIn(events);
  const end = Date.now() + seconds * 1000;
  let before: number | null | undefined;
  while (Date.now() < end) {
    const cursor = typeof before === 'number' ? { before_seq: before } : {};
    const page = await timed('history', events, () =>
      createApi(client).listMessages(chatId, { ...cursor, limit: 50 }),
    );
    before = page.next_before_seq;
    await sleep(200);
  }
  await client.logOut();
};
