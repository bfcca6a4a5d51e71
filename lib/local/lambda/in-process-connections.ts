// The worker's side of connections that stay in this process. Few imports, since every worker pays for them.
import { AsyncLocalStorage } from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import net, { type NetConnectOpts, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Requests, Responses } from '../requests-in-process.ts';
import type { ChannelToServer } from './runtime-protocol.ts';

/** A way to a server's thread. */
interface Channel {
  /** Whether the server may answer this text; it comes through TCP otherwise. */
  readonly accepts: (text: string) => boolean;
  /** Sends a text. `answered` gets undefined when the text has to go through TCP after all. */
  readonly ask: (text: string, answered: (response: string | undefined) => void) => void;
}

type WriteCallback = (error?: Error | null) => void;

/**
 * A socket as far as `platform/http-connections.ts` uses it: each write is one request, and the next one follows when
 * the response is complete. A request that the server's thread does not answer goes through a TCP connection.
 */
class InProcessSocket extends Duplex {
  readonly #channel: Channel;
  readonly #connectTcp: () => Socket;
  /** Listeners run for the function that opened the socket, as those of Node's own sockets do. */
  readonly #asOpener = AsyncLocalStorage.snapshot();
  /** From where the response to the last request has not come yet. */
  #awaited: 'thread' | 'tcp' | undefined;
  #tcp: Socket | undefined;
  #timeout: NodeJS.Timeout | undefined;

  constructor(channel: Channel, connectTcp: () => Socket) {
    super({ decodeStrings: false, allowHalfOpen: false });
    this.#channel = channel;
    this.#connectTcp = connectTcp;
    process.nextTick(() => this.emit('connect'));
  }

  setTimeout(ms: number): this {
    clearTimeout(this.#timeout);
    this.#timeout = ms === 0 ? undefined : setTimeout(() => this.emit('timeout'), ms).unref();
    return this;
  }

  ref(): this {
    this.#tcp?.ref();
    return this;
  }

  unref(): this {
    this.#tcp?.unref();
    return this;
  }

  override _write(chunk: string | Buffer, encoding: BufferEncoding, done: WriteCallback): void {
    this.#timeout?.refresh();
    const isRequest = typeof chunk === 'string' && encoding === 'utf8' && this.#awaited !== 'tcp';
    if (!isRequest || !this.#channel.accepts(chunk)) {
      this.#writeThroughTcp(chunk, encoding, done);
      return;
    }
    this.#awaited = 'thread';
    this.#channel.ask(chunk, (response) => {
      // In a tick of its own: an error that a listener throws is its function's, and keeps no other response back.
      this.#asOpener(() =>
        process.nextTick(() => {
          if (this.destroyed) return;
          if (response === undefined) {
            this.#writeThroughTcp(chunk, encoding, done);
            return;
          }
          this.#awaited = undefined;
          this.#timeout?.refresh();
          done();
          this.push(Buffer.from(response));
        }),
      );
    });
  }

  override _read(): void {
    this.#tcp?.resume();
  }

  override _final(done: WriteCallback): void {
    if (this.#tcp !== undefined) {
      this.#tcp.end(done);
      return;
    }
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: WriteCallback): void {
    clearTimeout(this.#timeout);
    this.#tcp?.destroy();
    done(error);
  }

  #writeThroughTcp(chunk: string | Buffer, encoding: BufferEncoding, done: WriteCallback): void {
    this.#awaited = 'tcp';
    this.#tcp ??= this.#openTcp();
    this.#tcp.write(chunk, encoding, done);
  }

  #openTcp(): Socket {
    const tcp = this.#connectTcp();
    /** A server may close an idle connection while its thread answers: the socket goes on without it. */
    const isNeeded = (): boolean => {
      if (this.#tcp !== tcp) return false;
      if (this.#awaited !== 'thread') return true;
      this.#tcp = undefined;
      tcp.destroy();
      return false;
    };
    tcp.on('data', (bytes: Buffer) => {
      this.#awaited = undefined;
      this.#timeout?.refresh();
      if (!this.push(bytes)) tcp.pause();
    });
    tcp.on('end', () => {
      if (isNeeded()) this.push(null);
    });
    tcp.on('error', (error) => {
      if (isNeeded()) this.destroy(error);
    });
    tcp.on('close', () => {
      if (isNeeded()) this.destroy();
    });
    return tcp;
  }
}

/** Sends texts to a server's thread; those that are written one right after the other go together. */
const channelTo = ({ messages, accepts }: ChannelToServer): Channel => {
  type Listener = Parameters<Channel['ask']>[1];
  /** Those who wait for a response, by message. */
  const sent: Listener[][] = [];
  let texts: string[] = [];
  let listeners: Listener[] = [];
  let isClosed = false;

  const flush = (): void => {
    sent.push(listeners);
    messages.postMessage(texts satisfies Requests);
    texts = [];
    listeners = [];
  };
  messages.on('message', (responses: Responses) => {
    for (const [index, answered] of (sent.shift() ?? []).entries()) answered(responses[index]);
  });
  // The server's thread has ended.
  messages.on('close', () => {
    isClosed = true;
    for (const answered of [...sent.splice(0).flat(), ...listeners.splice(0)]) answered(undefined);
  });
  messages.unref();

  return {
    accepts: (text) => !isClosed && text.includes(accepts),
    ask: (text, answered) => {
      // Concurrent requests are written by promises, all of which run before the next tick.
      if (texts.length === 0) process.nextTick(flush);
      texts.push(text);
      listeners.push(answered);
    },
  };
};

/**
 * Makes `net.connect` in this thread reach some servers without the kernel: requests that a server accepts go to its
 * thread as messages.
 */
export const connectInProcess = (servers: readonly ChannelToServer[]): void => {
  const channels = servers.map((server) => ({ ...server, channel: channelTo(server) }));
  const connectTcp = net.connect as (...args: unknown[]) => Socket;
  const connect = (...args: unknown[]): Socket => {
    const [options] = args as [NetConnectOpts | undefined];
    const found =
      typeof options === 'object' && 'port' in options && args.length === 1
        ? channels.find(({ host, port }) => host === options.host && port === options.port)
        : undefined;
    if (found === undefined) return connectTcp(...args);
    return new InProcessSocket(found.channel, () => connectTcp(options)) as Duplex as Socket;
  };
  Object.assign(net, { connect });
  syncBuiltinESMExports();
};
