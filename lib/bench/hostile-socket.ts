import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { connectedGroup, newPeople, openSocket } from './crowd.ts';
import { startCountedCloud } from './counted-cloud.ts';
import type { RoundTrip, Store } from './store-proxy.ts';

/** The effects of one flooding socket on its group and on the service. */
export interface HostileCost {
  /** The number of sent frames. */
  readonly sent: number;
  /** The number of frames that others in the group received because of them, over all of their connections. */
  readonly received: number;
  /** Error frames to the flooding socket, by code, or by text when there is no code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Store requests during the flood, including those of the bystander. */
  readonly requests: Readonly<Record<Store, number>>;
  /** The time in ms from ping to pong of another user during the flood. */
  readonly bystanderMs: readonly number[];
  /** Frames to the bystander that report an error. */
  readonly bystanderErrors: readonly string[];
}

// With rate limits on, an address may create 20 accounts an hour, so thirty connections belong to fifteen users.
const LISTENERS = 15;
export const LISTENING_CONNECTIONS = 2 * LISTENERS;

const framesOf = (socket: WebSocket, onFrame: (frame: Record<string, unknown>) => void): void => {
  socket.on('message', (data: Buffer) => onFrame(JSON.parse(data.toString()) as Record<string, unknown>));
};

/** Pings twice a second until it is stopped. */
const bystander = (socket: WebSocket) => {
  const latencyMs: number[] = [];
  const errors: string[] = [];
  const sentAt = new Map<unknown, number>();
  framesOf(socket, (frame) => {
    const at = sentAt.get(frame['ref']);
    if (frame['type'] === 'pong' && at !== undefined) latencyMs.push(performance.now() - at);
    else if (frame['type'] === 'error' || frame['type'] === undefined) errors.push(JSON.stringify(frame));
  });
  let ref = 0;
  const timer = setInterval(() => {
    ref += 1;
    sentAt.set(String(ref), performance.now());
    socket.send(JSON.stringify({ type: 'ping', ref: String(ref) }));
  }, 500);
  return { latencyMs, errors, stop: () => clearInterval(timer) };
};

/**
 * Lets one socket send `typing` frames at a given rate, in a group with thirty other connections, with rate limits on.
 */
export const countHostile = async (
  rates: readonly number[],
  seconds: number,
  log: (line: string) => void,
): Promise<HostileCost[]> => {
  const counted = await startCountedCloud(log, { rateLimits: 'on' });
  const { cloud, traffic } = counted;
  try {
    const people = await newPeople(`${cloud.httpUrl}/api/v1`, LISTENERS + 2);
    const group = await connectedGroup(cloud.websocketUrl, people);
    const [hostile, other, ...listening] = group.sockets;
    if (hostile === undefined || other === undefined) throw new Error('Nobody is connected');
    const second = await Promise.all(people.slice(2).map((one) => openSocket(cloud.websocketUrl, one)));
    let received = 0;
    for (const socket of [...listening, ...second]) {
      framesOf(socket, () => {
        received += 1;
      });
    }
    let refused: Record<string, number> = {};
    framesOf(hostile, (frame) => {
      const code = String(frame['code'] ?? frame['message'] ?? frame['type']);
      refused[code] = (refused[code] ?? 0) + 1;
    });
    const frame = JSON.stringify({ type: 'typing', chat_id: group.chatId, content: 'start' });

    const costs: HostileCost[] = [];
    for (const rate of rates) {
      received = 0;
      refused = {};
      traffic.roundTrips.length = 0;
      const watch = bystander(other);
      const startedAt = performance.now();
      for (let index = 0; index < rate * seconds; index += 1) {
        const wait = startedAt + (index * 1000) / rate - performance.now();
        if (wait > 1) await sleep(wait);
        hostile.send(frame);
      }
      // Wait for frames that are still on their way.
      await sleep(3000);
      watch.stop();
      const requestsTo = (store: Store): number =>
        traffic.roundTrips.filter((trip: RoundTrip) => trip.store === store).length;
      costs.push({
        sent: rate * seconds,
        received,
        refused,
        requests: {
          mysql: requestsTo('mysql'),
          mongodb: requestsTo('mongodb'),
          dynamodb: requestsTo('dynamodb'),
          sqs: requestsTo('sqs'),
        },
        bystanderMs: watch.latencyMs,
        bystanderErrors: watch.errors,
      });
    }
    for (const socket of [...group.sockets, ...second]) {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    }
    return costs;
  } finally {
    await counted.stop();
  }
};
