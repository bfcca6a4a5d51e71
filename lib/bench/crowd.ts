import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { createHttpClient } from './plain-http-client.ts';
import { newGroup, newPerson, type Person } from './population.ts';

/** Registers users and logs them in, several at a time. */
export const newPeople = async (baseUrl: string, count: number): Promise<Person[]> => {
  const service = createHttpClient(baseUrl);
  const people: Person[] = [];
  const lane = async (): Promise<void> => {
    while (people.length < count) {
      const index = people.push(undefined as never) - 1;
      people[index] = await newPerson(service);
    }
  };
  await Promise.all(Array.from({ length: Math.min(8, count) }, lane));
  return people;
};

/** Opens a connection and waits until the service has accepted it. @throws Error when it is refused */
export const openSocket = async (websocketUrl: string, { accessToken }: Person): Promise<WebSocket> => {
  const socket = new WebSocket(`${websocketUrl}?token=${accessToken}`, { perMessageDeflate: false });
  await once(socket, 'open');
  return socket;
};

/** A group whose members have one connection each. */
export interface ConnectedGroup {
  readonly chatId: number;
  readonly sockets: readonly WebSocket[];
  /** The number of members who send; all by default. */
  readonly senders?: number;
}

export const connectedGroup = async (
  websocketUrl: string,
  members: readonly Person[],
): Promise<ConnectedGroup> => {
  const [creator, ...others] = members;
  if (creator === undefined) throw new Error('A group has members');
  const chatId = await newGroup(creator, others);
  const sockets = await Promise.all(members.map((member) => openSocket(websocketUrl, member)));
  return { chatId, sockets };
};

/** A sent message with its arrivals. */
interface Sent {
  readonly at: number;
  ackedAt: number;
  /** The number of arrivals, by member. */
  readonly arrivals: Uint8Array;
  missing: number;
  readonly done: () => void;
}

/** The result of a load. */
export interface LoadResult {
  readonly sent: number;
  readonly ackMs: readonly number[];
  readonly deliveryMs: readonly number[];
  /** The number of missing deliveries, and that of repeated ones. */
  readonly lost: number;
  readonly twice: number;
  readonly errors: readonly string[];
  readonly seconds: number;
}

/** Sends messages in groups and records which message arrives where and when. */
export interface GroupLoad {
  /** Sends at a fixed rate, by all groups and their members in turn. */
  atRate(perSecond: number, seconds: number): Promise<LoadResult>;
  /** Sends one message after another. */
  messages(count: number): Promise<LoadResult>;
  /** Runs this many loops in parallel; each sends its next message when all members have received the last one. */
  inLoops(loops: number, seconds: number): Promise<LoadResult>;
}

const TEXT = 'The engine weaves algebraic patterns just as the loom weaves flowers and leaves, said she. ';
/** The time in milliseconds that messages have to arrive after a load has ended. */
const GRACE_MS = 5000;

export const createGroupLoad = (groups: readonly ConnectedGroup[]): GroupLoad => {
  let sent = new Map<string, Sent>();
  let ackMs: number[] = [];
  let deliveryMs: number[] = [];
  let errors: string[] = [];

  for (const { sockets } of groups) {
    for (const [member, socket] of sockets.entries()) {
      socket.on('message', (data: Buffer) => {
        const now = performance.now();
        const frame = JSON.parse(data.toString()) as {
          type: string;
          client_message_id?: string;
          message?: { client_message_id: string };
        };
        if (frame.type === 'error') {
          errors.push(data.toString());
          return;
        }
        const entry = sent.get(frame.message?.client_message_id ?? '');
        if (entry === undefined) return;
        if (frame.type === 'ack') {
          ackMs.push(now - entry.at);
          entry.ackedAt = now;
        } else if (frame.type === 'new_message') {
          deliveryMs.push(now - entry.at);
          entry.arrivals[member] = (entry.arrivals[member] ?? 0) + 1;
          entry.missing -= 1;
          if (entry.missing === 0) entry.done();
        }
      });
    }
  }

  let turn = 0;
  const sendOne = (group: ConnectedGroup): Promise<void> => {
    turn += 1;
    const socket = group.sockets[Math.floor(turn / groups.length) % (group.senders ?? group.sockets.length)];
    const { promise, resolve } = Promise.withResolvers<void>();
    const id = randomUUID();
    const size = group.sockets.length;
    sent.set(id, {
      at: performance.now(),
      ackedAt: 0,
      arrivals: new Uint8Array(size),
      missing: size,
      done: resolve,
    });
    socket?.send(
      JSON.stringify({ type: 'message', chat_id: group.chatId, content: TEXT + turn, client_message_id: id }),
    );
    return promise;
  };

  const groupAt = (index: number): ConnectedGroup => {
    const group = groups[index % groups.length];
    if (group === undefined) throw new Error('There is no group');
    return group;
  };

  /** Runs a load with empty counters, and waits for its last messages. */
  const measure = async (load: () => Promise<unknown>): Promise<LoadResult> => {
    sent = new Map();
    [ackMs, deliveryMs, errors] = [[], [], []];
    const startedAt = performance.now();
    await load();
    const seconds = (performance.now() - startedAt) / 1000;
    const deadline = performance.now() + GRACE_MS;
    const isDone = (): boolean =>
      [...sent.values()].every(({ missing, ackedAt }) => missing <= 0 && ackedAt > 0);
    while (!isDone() && performance.now() < deadline) await sleep(20);
    let [lost, twice] = [0, 0];
    for (const { arrivals } of sent.values()) {
      for (const count of arrivals) {
        if (count === 0) lost += 1;
        else twice += count - 1;
      }
    }
    return { sent: sent.size, ackMs, deliveryMs, lost, twice, errors, seconds };
  };

  return {
    messages: (count) =>
      measure(async () => {
        for (let index = 0; index < count; index += 1) {
          await Promise.race([sendOne(groupAt(index)), sleep(GRACE_MS)]);
        }
      }),
    atRate: (perSecond, seconds) =>
      measure(async () => {
        const startedAt = performance.now();
        for (let index = 0; index < perSecond * seconds; index += 1) {
          const wait = startedAt + (index * 1000) / perSecond - performance.now();
          if (wait > 1) await sleep(wait);
          void sendOne(groupAt(index));
        }
      }),
    inLoops: (loops, seconds) =>
      measure(async () => {
        const end = performance.now() + seconds * 1000;
        const loop = async (index: number): Promise<void> => {
          while (performance.now() < end) {
            // A lost message must not block the loop for ever.
            await Promise.race([sendOne(groupAt(index)), sleep(GRACE_MS)]);
          }
        };
        await Promise.all(Array.from({ length: loops }, (_, index) => loop(index)));
      }),
  };
};
