import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';

export interface SocketClient {
  socket: WebSocket;
  /** The next frame, in the order of arrival. */
  nextFrame: () => Promise<string>;
  /** Resolves when the connection is over, with what the server's close frame said. */
  closed: Promise<{ code: number; reason: string }>;
}

/** Connects and waits for the end of the handshake; rejects when the handshake is refused. */
export const openSocket = async (url: string, options: ClientOptions = {}): Promise<SocketClient> => {
  const client = watch(new WebSocket(url, options));
  await once(client.socket, 'open');
  return client;
};

/** Attempts a handshake that must be refused. @returns the HTTP response */
export const refusedSocket = async (
  url: string,
  options: ClientOptions = {},
): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> => {
  const socket = new WebSocket(url, options);
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof refusedSocket>>>();
  socket.once('open', () => reject(new Error('the handshake was accepted')));
  socket.on('error', reject);
  socket.once('unexpected-response', (_request, response) => {
    const { statusCode = 0, headers } = response;
    text(response).then((body) => resolve({ status: statusCode, headers, body }), reject);
  });
  return promise;
};

const watch = (socket: WebSocket): SocketClient => {
  const frames: string[] = [];
  const waiting: ((frame: string) => void)[] = [];
  socket.on('message', (data: Buffer, isBinary) => {
    const frame = isBinary ? `binary ${data.toString('hex')}` : data.toString();
    const waiter = waiting.shift();
    if (waiter === undefined) frames.push(frame);
    else waiter(frame);
  });
  return {
    socket,
    nextFrame() {
      const frame = frames.shift();
      return frame === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(frame);
    },
    closed: new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    }),
  };
};
