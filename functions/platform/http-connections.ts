import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { systemClock, type Clock } from './clock.ts';
import { ResponseReader } from './http-response.ts';

/** A server, and the limits of connections to it. */
export interface HttpServer {
  readonly protocol: 'http:' | 'https:';
  readonly hostname: string;
  readonly port: number;
  /** Further requests wait until a connection is free. */
  readonly maxConnections: number;
  readonly connectTimeoutMs: number;
  /** How long the server may send nothing while a response is pending. */
  readonly answerTimeoutMs: number;
  /**
   * Idle connections older than this are replaced: the server may have closed them while Lambda had the execution
   * environment frozen, and a request would only notice by waiting for its response in vain.
   */
  readonly keptIdleMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  /** The body. @throws Error when it is incomplete */
  text(): Promise<string>;
}

/** A sent request, with the response received so far. */
interface Exchange {
  readonly reader: ResponseReader;
  readonly answered: (answer: HttpAnswer) => void;
  readonly failed: (error: Error) => void;
  /** Callers that wait for the complete body. */
  readonly listeners: { readonly done: () => void; readonly failed: (error: Error) => void }[];
  failure: Error | undefined;
}

interface Connection {
  readonly socket: Socket;
  exchange: Exchange | undefined;
  /** In milliseconds since 1970. */
  idleSince: number;
}

const answerOf = (exchange: Exchange, status: number): HttpAnswer => ({
  status,
  header: (name) => exchange.reader.header(name),
  text: async () => {
    if (exchange.failure !== undefined) throw exchange.failure;
    if (!exchange.reader.isComplete) {
      await new Promise<void>((done, failed) => exchange.listeners.push({ done, failed }));
    }
    return exchange.reader.text;
  },
});

/**
 * Sends small HTTP/1.1 requests to a server over persistent connections, one request at a time on each. Node's own
 * client takes twice the CPU time per request (decision 74): it is built for streamed bodies, and these fit into a
 * packet or two.
 *
 * @returns a function that sends the text of a request, and resolves as soon as the head of the response has arrived.
 *   It throws when the connection fails, times out or delivers something other than HTTP/1.1; the server may have
 *   executed the request nevertheless.
 */
export const httpConnectionsTo = (
  server: HttpServer,
  clock: Clock = systemClock,
): ((request: string) => Promise<HttpAnswer>) => {
  const { hostname: host, port, maxConnections, connectTimeoutMs, answerTimeoutMs, keptIdleMs } = server;
  const idle: Connection[] = [];
  const waiting: ((connection: Connection) => void)[] = [];
  let connections = 0;
  /** A TLS session ticket: lets a new connection skip most of the handshake. */
  let session: Buffer | undefined;

  const openSocket = (): Socket => {
    if (server.protocol === 'http:') return connectPlain({ host, port, noDelay: true });
    const socket = connectTls({ host, port, servername: host, ALPNProtocols: ['http/1.1'], session });
    socket.setNoDelay(true);
    socket.on('session', (latest) => {
      session = latest;
    });
    return socket;
  };

  const open = (): Connection => {
    const socket = openSocket();
    const connection: Connection = { socket, exchange: undefined, idleSince: 0 };
    connections += 1;
    socket.setTimeout(connectTimeoutMs);
    socket.once(server.protocol === 'http:' ? 'connect' : 'secureConnect', () => {
      socket.setTimeout(answerTimeoutMs);
    });
    socket.on('timeout', () => {
      if (connection.exchange !== undefined) socket.destroy(new Error('The server did not answer in time'));
    });
    socket.on('data', (bytes: Buffer) => receive(connection, bytes));
    socket.on('end', () => endResponse(connection));
    // A 'close' event follows.
    socket.on('error', (error) => fail(connection, error));
    socket.on('close', () => {
      fail(connection, new Error('The connection was closed'));
      connections -= 1;
      const index = idle.indexOf(connection);
      if (index >= 0) idle.splice(index, 1);
      if (waiting.length > 0) waiting.shift()?.(open());
    });
    return connection;
  };

  const fail = (connection: Connection, error: Error): void => {
    const { exchange } = connection;
    if (exchange === undefined) return;
    connection.exchange = undefined;
    exchange.failure = error;
    exchange.failed(error);
    for (const { failed } of exchange.listeners) failed(error);
  };

  const receive = (connection: Connection, bytes: Buffer): void => {
    const { exchange, socket } = connection;
    if (exchange === undefined) {
      socket.destroy(new Error('The server answers what nobody asked'));
      return;
    }
    const { reader } = exchange;
    const hadHead = reader.head !== undefined;
    try {
      reader.take(bytes);
    } catch (error) {
      socket.destroy(error as Error);
      return;
    }
    if (reader.head === undefined) return;
    if (!hadHead) exchange.answered(answerOf(exchange, reader.head.status));
    if (reader.isComplete) finish(connection, exchange);
  };

  const endResponse = (connection: Connection): void => {
    const { exchange, socket } = connection;
    if (exchange === undefined) return;
    try {
      exchange.reader.end();
      finish(connection, exchange);
    } catch (error) {
      socket.destroy(error as Error);
    }
  };

  const finish = (connection: Connection, exchange: Exchange): void => {
    connection.exchange = undefined;
    for (const { done } of exchange.listeners) done();
    if (exchange.reader.head?.keepsOpen !== true) {
      connection.socket.destroy();
      return;
    }
    const next = waiting.shift();
    if (next !== undefined) {
      next(connection);
      return;
    }
    // An idle connection does not keep the process alive.
    connection.socket.unref();
    connection.idleSince = clock().getTime();
    idle.push(connection);
  };

  const take = (): Connection | Promise<Connection> => {
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      // The server may have closed the connection a moment ago.
      if (!connection.socket.writable) continue;
      if (clock().getTime() - connection.idleSince > keptIdleMs) {
        connection.socket.destroy();
        continue;
      }
      connection.socket.ref();
      return connection;
    }
    if (connections < maxConnections) return open();
    return new Promise((resolve) => waiting.push(resolve));
  };

  const exchangeOn = (connection: Connection, request: string): Promise<HttpAnswer> =>
    new Promise((answered, failed) => {
      // The connection may have been closed while it was handed over.
      if (!connection.socket.writable) throw new Error('The connection was closed');
      connection.exchange = {
        reader: new ResponseReader(),
        answered,
        failed,
        listeners: [],
        failure: undefined,
      };
      connection.socket.write(request);
    });

  return (request) => {
    const connection = take();
    return connection instanceof Promise
      ? connection.then((free) => exchangeOn(free, request))
      : exchangeOn(connection, request);
  };
};
