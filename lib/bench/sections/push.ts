import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { createHttpClient } from '../plain-http-client.ts';
import { withCountedCloud, type CountedCloud } from '../counted-cloud.ts';
import { newPeople, openSocket } from '../crowd.ts';
import { spread, type Figure } from '../figures.ts';
import { newGroup, newPerson, requestOrThrow, type Person } from '../population.ts';
import type { RoundTrip } from '../store-proxy.ts';
import type { PushDevice, PushServiceUnderTest, Section } from './section.ts';

const MEMBERS = 10;
const RATE = 2;
const BURST = 200;
const LOOPS = 8;
const WARM = 20;
/** The time that pushes have to arrive: some are held, and a queue may be full. */
const GRACE_MS = 60_000;

const register = async ({ api }: Person, pushes: PushServiceUnderTest): Promise<PushDevice> => {
  const device = pushes.newDevice();
  const { endpoint, keys } = device;
  await requestOrThrow(api, 'POST', '/users/me/devices', { kind: 'web_push', endpoint, keys });
  return device;
};

/** The acknowledgements of a load. Times are in ms of `performance.now()`. */
interface Sent {
  readonly ackMs: number[];
  /** By the `seq` of the message. */
  readonly ackedAt: Map<number, number>;
}

/** Sends messages of one user over one connection, and records when each is acknowledged. */
const createSender = (socket: WebSocket, chatId: number) => {
  const waiting = new Map<string, (seq: number) => void>();
  let count = 0;
  socket.on('message', (data: Buffer) => {
    const {
      type,
      client_message_id: id,
      message,
    } = JSON.parse(data.toString()) as {
      type: string;
      client_message_id?: string;
      message?: { seq: number };
    };
    if (type === 'error') throw new Error(data.toString());
    if (type === 'ack') waiting.get(id ?? '')?.(message?.seq ?? 0);
  });
  const send = async (sent: Sent): Promise<void> => {
    count += 1;
    const id = `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`;
    const acked = Promise.withResolvers<number>();
    waiting.set(id, acked.resolve);
    const startedAt = performance.now();
    const content = `Message ${count}: the mill turns, and the store holds.`;
    socket.send(JSON.stringify({ type: 'message', chat_id: chatId, content, client_message_id: id }));
    const seq = await acked.promise;
    const now = performance.now();
    sent.ackMs.push(now - startedAt);
    sent.ackedAt.set(seq, now);
  };
  const newSent = (): Sent => ({ ackMs: [], ackedAt: new Map() });
  return {
    atRate: async (perSecond: number, messages: number): Promise<Sent> => {
      const sent = newSent();
      const startedAt = performance.now();
      const sends: Promise<void>[] = [];
      for (let index = 0; index < messages; index += 1) {
        await sleep(Math.max(0, startedAt + (index * 1000) / perSecond - performance.now()));
        sends.push(send(sent));
      }
      await Promise.all(sends);
      return sent;
    },
    inLoops: async (loops: number, messages: number): Promise<Sent> => {
      const sent = newSent();
      let left = messages;
      const loop = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          await send(sent);
        }
      };
      await Promise.all(Array.from({ length: loops }, loop));
      return sent;
    },
  };
};

/**
 * Waits for the pushes of messages. @returns the delays between acknowledgement and push, and the number of pushes that
 * are missing or repeated
 */
const arrivals = async (devices: readonly PushDevice[], { ackedAt }: Sent) => {
  const ofThese = ({ pushes }: PushDevice) => pushes.filter(({ payload }) => ackedAt.has(payload.seq));
  const seqsOf = (device: PushDevice): Set<number> =>
    new Set(ofThese(device).map(({ payload }) => payload.seq));
  const isThere = (): boolean => devices.every((device) => seqsOf(device).size === ackedAt.size);
  const grace = new AbortController();
  await Promise.race([
    devices[0]?.until(isThere),
    sleep(GRACE_MS, undefined, { signal: grace.signal }).catch(() => undefined),
  ]);
  grace.abort();
  const all = devices.flatMap(ofThese);
  const distinct = devices.reduce((sum, device) => sum + seqsOf(device).size, 0);
  return {
    latencies: all.map(({ at, payload }) => at - (ackedAt.get(payload.seq) ?? 0)),
    firstAt: Math.min(...all.map(({ at }) => at)),
    lastAt: Math.max(...all.map(({ at }) => at)),
    pushes: all.length,
    lostOrTwice: devices.length * ackedAt.size - distinct + all.length - distinct,
  };
};

/** The requests of one message, with or without a device of the absent member. */
const countMessage = async ({ cloud, traffic }: CountedCloud, hasDevices: boolean): Promise<RoundTrip[]> => {
  const service = createHttpClient(`${cloud.httpUrl}/api/v1`);
  const [sender, other] = [await newPerson(service), await newPerson(service)];
  const chatId = await newGroup(sender, [other]);
  if (hasDevices) {
    const device = { kind: 'fcm', token: `token-of-${other.username}` };
    await requestOrThrow(other.api, 'POST', '/users/me/devices', device);
  }
  const socket = await openSocket(cloud.websocketUrl, sender);
  const one = createSender(socket, chatId);
  await one.inLoops(1, 3);
  const rounds: RoundTrip[][] = [];
  for (let round = 0; round < 5; round += 1) {
    await sleep(200);
    traffic.roundTrips.length = 0;
    await one.inLoops(1, 1);
    // Wait for the work after the acknowledgement.
    await sleep(200);
    rounds.push([...traffic.roundTrips]);
  }
  socket.close();
  await once(socket, 'close');
  return rounds.toSorted((a, b) => a.length - b.length)[0] ?? [];
};

/** The delay of pushes, their throughput, and what a receiver's device costs the sender. */
export const push: Section = async ({ cloud: start, pushService, seconds, log }) => {
  log('push: counting the requests of a message to somebody who is away');
  const [without, withDevices] = await withCountedCloud(
    () => undefined,
    {},
    async (counted) => [await countMessage(counted, false), await countMessage(counted, true)],
  );
  const committedAt = Math.max(
    ...withDevices.filter(({ store }) => store === 'mysql').map((trip) => trip.endedAt),
  );
  const toQueue = withDevices.filter(({ store }) => store === 'sqs');

  const cloud = await start();
  const pushes = await pushService();
  try {
    const [sender, ...away] = await newPeople(`${cloud.httpUrl}/api/v1`, MEMBERS);
    if (sender === undefined) throw new Error('There is nobody');
    const chatId = await newGroup(sender, away);
    const socket = await openSocket(cloud.websocketUrl, sender);
    const one = createSender(socket, chatId);
    await one.inLoops(1, WARM);
    log(`push: ${RATE} messages a second to ${away.length} who are away, without devices, for ${seconds} s`);
    const before = await one.atRate(RATE, RATE * seconds);

    const devices = await Promise.all(away.map((person) => register(person, pushes)));
    await arrivals(devices, await one.inLoops(1, WARM));
    log(`push: the same with a device each`);
    const paced = await one.atRate(RATE, RATE * seconds);
    const soon = await arrivals(devices, paced);

    log(`push: ${BURST} messages as fast as they are acknowledged`);
    await cloud.profile();
    const usedBefore = await cloud.usage();
    const burst = await one.inLoops(LOOPS, BURST);
    const many = await arrivals(devices, burst);
    const used = await cloud.usage();
    socket.close();
    const perPush = (of: 'functions' | 'embeddedStores' | 'gateway' | 'mysql' | 'process'): number =>
      (used[of] - usedBefore[of]) / many.pushes;
    const parts = (['functions', 'embeddedStores', 'gateway', 'mysql'] as const).map(
      (of) => `${of} ${perPush(of).toFixed(1)}`,
    );

    const name = `${RATE}/s to ${away.length} away`;
    const latency = spread(soon.latencies);
    const figures: Figure[] = [
      { name: `push: ${name}: send → ack, no devices`, unit: 'ms', ...spread(before.ackMs) },
      { name: `push: ${name}: send → ack, a device each`, unit: 'ms', ...spread(paced.ackMs) },
      { name: `push: ${name}: ack → push service`, unit: 'ms', ...latency },
      {
        name: `push: ${name}: ack → push service, p95`,
        unit: 'ms',
        value: latency.p95,
        target: { most: 2000 },
      },
      {
        name: `push: ${BURST} messages at once: pushes`,
        unit: '1/s',
        value: many.pushes / ((many.lastAt - many.firstAt) / 1000),
      },
      {
        name: `push: ${BURST} messages at once: CPU a push, with its share of the sends`,
        unit: 'ms',
        value: perPush('process') + perPush('mysql'),
      },
      {
        name: 'push: lost or twice',
        unit: 'count',
        value: soon.lostOrTwice + many.lostOrTwice,
        target: { most: 0 },
      },
      {
        name: 'push: requests that a message makes more',
        unit: 'count',
        value: withDevices.length - without.length,
        target: { most: 1 },
      },
      {
        name: 'push: of them before it is committed',
        unit: 'count',
        value: toQueue.filter(({ startedAt }) => startedAt < committedAt).length,
        target: { most: 0 },
      },
    ];
    return {
      figures,
      notes: [
        `A message makes ${toQueue.map(({ command }) => command).join()} more`,
        `CPU a push, in ms: ${parts.join(', ')}`,
      ],
    };
  } finally {
    await pushes.stop();
  }
};
