import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { CommandReader } from './command-readers.ts';

export type Store = 'mysql' | 'mongodb' | 'dynamodb' | 'sqs';

/** One round trip to a store; times in ms of `performance.now()`. */
export interface RoundTrip {
  readonly store: Store;
  /** The SQL statement, or the name of the command. */
  readonly command: string;
  /** Identifies the connection to the store: the statements of a transaction share one. */
  readonly connection: number;
  readonly startedAt: number;
  /** The time of the last byte of the response. */
  endedAt: number;
}

/** A proxy that counts the requests to a store. */
export interface StoreProxy {
  readonly port: number;
  stop(): void;
}

/** The recorded traffic of all proxies. */
export interface Traffic {
  readonly roundTrips: RoundTrip[];
  readonly bytes: Record<Store, number>;
  /** Capacity units of DynamoDB, if a `CapacityMeter` counts them. */
  readonly capacity: { reads: number; writes: number };
  /** Frames posted to connections. */
  posts: number;
  /** The delay of every request to a store in ms, which makes parallel requests overlap visibly. */
  delayMs: number;
}

export const createTraffic = (): Traffic => ({
  roundTrips: [],
  bytes: { mysql: 0, mongodb: 0, dynamodb: 0, sqs: 0 },
  capacity: { reads: 0, writes: 0 },
  posts: 0,
  delayMs: 0,
});

const forward = (from: Socket, to: Socket): void => {
  from.on('close', () => to.destroy());
  from.on('error', () => to.destroy());
};

/** Starts a proxy in front of a store, which records its round trips in `traffic`. */
export const startStoreProxy = async (
  store: Store,
  target: { readonly host: string; readonly port: number },
  reader: () => CommandReader,
  traffic: Traffic,
): Promise<StoreProxy> => {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer({ noDelay: true }, (client) => {
    connections += 1;
    const connection = connections;
    const { host, port } = target;
    // As in the settings of MySQL, a host that begins with `/` is the path of a Unix socket.
    const upstream = connect(host.startsWith('/') ? { path: host } : { host, port, noDelay: true });
    const commandsIn = reader();
    let current: RoundTrip | undefined;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
    forward(client, upstream);
    forward(upstream, client);
    client.on('data', (chunk) => {
      traffic.bytes[store] += chunk.length;
      const now = performance.now();
      for (const command of commandsIn(chunk)) {
        current = { store, command, connection, startedAt: now, endedAt: now };
        traffic.roundTrips.push(current);
      }
      if (traffic.delayMs === 0) upstream.write(chunk);
      else setTimeout(() => upstream.write(chunk), traffic.delayMs);
    });
    upstream.on('data', (chunk) => {
      traffic.bytes[store] += chunk.length;
      if (current !== undefined) current.endedAt = performance.now();
      client.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};

/** The number of sequential round trips: the longest chain in which each began after the previous one had ended. */
export const sequentialOf = (roundTrips: readonly RoundTrip[]): number => {
  let count = 0;
  let endedAt = Number.NEGATIVE_INFINITY;
  for (const one of roundTrips.toSorted((a, b) => a.endedAt - b.endedAt)) {
    if (one.startedAt < endedAt) continue;
    count += 1;
    endedAt = one.endedAt;
  }
  return count;
};
