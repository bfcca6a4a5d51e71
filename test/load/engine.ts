// What Artillery's virtual users do. A virtual user is one person of the world, on one device.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openChatSocket, type ChatSocket } from '../../lib/client/chat-socket.ts';
import { createHttpClient, type HttpClient } from '../../lib/client/http-client.ts';
import type { World } from './world.ts';

/** What Artillery gives a function to count and time with. */
interface Events {
  emit(kind: 'counter' | 'histogram', name: string, value: number): void;
}

interface Context {
  readonly vars: Record<string, unknown>;
}

interface Person {
  readonly id: number;
  readonly chatId: number;
  readonly api: HttpClient;
  readonly token: string;
}

const world = JSON.parse(readFileSync(process.env['LOAD_WORLD'] ?? '', 'utf8')) as World;
const seconds = Number(process.env['LOAD_SECONDS'] ?? 30);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let turn = 0;

/** Logs the next person in. */
const nextPerson = async (events: Events): Promise<Person> => {
  // Group by group, so that who is here has somebody to talk to.
  const index = turn % world.users.length;
  turn += 1;
  const user = world.users[index];
  if (user === undefined) throw new Error('The world has no users');
  const service = createHttpClient(world.baseUrl);
  const askedAt = performance.now();
  const { status, body } = await service.request<{ access_token: string }>('POST', '/users/login', {
    username: user.username,
    password: world.password,
  });
  events.emit('histogram', 'chat.login_ms', performance.now() - askedAt);
  if (status !== 200) {
    events.emit('counter', 'chat.errors', 1);
    throw new Error(`Logging in answered ${status}`);
  }
  const group = world.groups.find(({ members }) => members.includes(user.id));
  return {
    id: user.id,
    chatId: group?.id ?? 0,
    api: service.as(body.access_token),
    token: body.access_token,
  };
};

const connect = async ({ token }: Person, events: Events): Promise<ChatSocket> => {
  const askedAt = performance.now();
  try {
    const socket = await openChatSocket(world.websocketUrl, token);
    events.emit('histogram', 'chat.connect_ms', performance.now() - askedAt);
    return socket;
  } catch (error) {
    events.emit('counter', 'chat.errors', 1);
    throw error;
  }
};

/** The text of a message says when it was sent: all virtual users have this machine's clock. */
const textNow = (): string => `Load ${Date.now()}`;

/** Times what arrives, until the socket closes. */
const listen = async (socket: ChatSocket, events: Events): Promise<void> => {
  try {
    for (;;) {
      const frame = await socket.take(({ type }) => type === 'new_message' || type === 'error', 60_000);
      if (frame.type === 'error') {
        events.emit('counter', 'chat.errors', 1);
        continue;
      }
      const { content } = frame['message'] as { content: string | null };
      const sentAt = Number(/^Load (\d+)$/.exec(content ?? '')?.[1]);
      if (!Number.isNaN(sentAt)) events.emit('histogram', 'chat.delivery_ms', Date.now() - sentAt);
      events.emit('counter', 'chat.delivered', 1);
    }
  } catch {
    // Closed, or nobody has said anything for a minute.
  }
};

const say = async (socket: ChatSocket, { chatId }: Person, events: Events): Promise<void> => {
  const id = randomUUID();
  const sentAt = performance.now();
  socket.send({ type: 'message', chat_id: chatId, content: textNow(), client_message_id: id });
  events.emit('counter', 'chat.sent', 1);
  try {
    await socket.take(({ type, client_message_id: of }) => type === 'ack' && of === id);
    events.emit('histogram', 'chat.ack_ms', performance.now() - sentAt);
  } catch {
    events.emit('counter', 'chat.errors', 1);
  }
};

const talkFor = async (
  person: Person,
  events: Events,
  { pauseMs, isSilent }: { readonly pauseMs: number; readonly isSilent: boolean },
): Promise<void> => {
  const socket = await connect(person, events);
  const listening = listen(socket, events);
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    // People do not speak in step.
    await sleep(pauseMs * (0.5 + Math.random()));
    if (!isSilent) await say(socket, person, events);
  }
  await sleep(500);
  await socket.close();
  await listening;
};

/** Everyone says something every few seconds. */
export const talk = async (_: Context, events: Events): Promise<void> => {
  await talkFor(await nextPerson(events), events, { pauseMs: 4000, isSilent: false });
};

/** All of a large group listen, and every tenth of them writes as fast as one may. */
export const burst = async (_: Context, events: Events): Promise<void> => {
  const person = await nextPerson(events);
  const place = world.users.findIndex(({ id }) => id === person.id);
  await talkFor(person, events, { pauseMs: 1000, isSilent: place % 10 !== 0 });
};

interface SyncAnswer {
  readonly chats: readonly { readonly rev: number; readonly messages: readonly unknown[] }[];
}

/** Half of the connections drop at the same moment, come back, and fetch what they have missed. */
export const storm = async (_: Context, events: Events): Promise<void> => {
  const person = await nextPerson(events);
  const drops = person.id % 2 === 0;
  const end = Date.now() + seconds * 1000;
  let rev = 0;
  while (Date.now() < end) {
    const socket = await connect(person, events);
    const listening = listen(socket, events);
    const askedAt = performance.now();
    const { status, body } = await person.api.request<SyncAnswer>('POST', '/sync', {
      chats: [{ chat_id: person.chatId, rev }],
    });
    if (status === 200) events.emit('histogram', 'chat.sync_ms', performance.now() - askedAt);
    else events.emit('counter', 'chat.errors', 1);
    rev = body.chats[0]?.rev ?? rev;
    // On the clock, so that all drop together.
    const storms = Math.ceil((Date.now() + 1) / 10_000) * 10_000;
    const until = drops ? storms : end;
    while (Date.now() < Math.min(until, end)) {
      await sleep(1000);
      if (!drops) await say(socket, person, events);
    }
    await socket.close();
    await listening;
  }
};

/** Logs in, looks around, and leaves. */
export const arrive = async (_: Context, events: Events): Promise<void> => {
  const { api } = await nextPerson(events);
  const askedAt = performance.now();
  const { status } = await api.request('GET', '/chats?limit=20');
  if (status === 200) events.emit('histogram', 'chat.list_ms', performance.now() - askedAt);
  else events.emit('counter', 'chat.errors', 1);
};

interface HistoryAnswer {
  readonly items: readonly { readonly seq: number }[];
  readonly next_before_seq: number | null;
}

/** Reads a chat from its end to its beginning. */
export const read = async (_: Context, events: Events): Promise<void> => {
  const { api, chatId } = await nextPerson(events);
  const end = Date.now() + seconds * 1000;
  let before: number | null = Number.MAX_SAFE_INTEGER;
  while (Date.now() < end) {
    const askedAt = performance.now();
    const { status, body }: { status: number; body: HistoryAnswer } = await api.request<HistoryAnswer>(
      'GET',
      `/messages/chat/${chatId}?limit=50&before_seq=${before ?? Number.MAX_SAFE_INTEGER}`,
    );
    if (status === 200) events.emit('histogram', 'chat.history_ms', performance.now() - askedAt);
    else events.emit('counter', 'chat.errors', 1);
    before = body.next_before_seq;
    await sleep(200);
  }
};
