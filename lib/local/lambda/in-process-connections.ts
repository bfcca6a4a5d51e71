// The worker's side of connections that stay in this process. Few imports, since every worker pays for them.
import { AsyncLocalStorage } from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import net, { type NetConnectOpts, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { MessagePort } from 'node:worker_threads';
import type { Requests, Responses } from '../requests-in-process.ts';
import type { ChannelToServer } from './runtime-protocol.ts';

/** Sends a text that was written to a connection. `answered` gets undefined when it has to go through TCP. */
type Ask = (text: string, answered: (response: string | undefined) => void) => void;

type WriteCallback = (error?: Error | null) => void;

/**
 * A socket as far as HTTP clients use it. Each text that is written is one request to the server's thread; the next
 * one waits for its response. Whatever the server does not answer that way, the socket sends through a TCP
 * connection, and from then on everything.
 */
class InProcessSocket extends Duplex {
  readonly #ask: Ask;
  readonly #connectTcp: () => Socket;
  /** Listeners run for the function that opened the socket, as those of Node's own sockets do. */
  readonly #asOpener = AsyncLocalStorage.snapshot();
  #tcp: Socket | undefined;
  #timeout: NodeJS.Timeout | undefined;

  constructor(ask: Ask, connectTcp: () => Socket) {
    super({ decodeStrings: false });
    this.#ask = ask;
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
    if (this.#tcp !== undefined || typeof chunk !== 'string' || encoding !== 'utf8') {
      this.#throughTcp().write(chunk, encoding, done);
      return;
    }
    this.#ask(chunk, (response) => {
      if (this.destroyed) return;
      this.#asOpener(() => {
        if (response === undefined) {
          this.#throughTcp().write(chunk, encoding, done);
          return;
        }
        this.#timeout?.refresh();
        done();
        this.push(Buffer.from(response));
      });
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

  #throughTcp(): Socket {
    if (this.#tcp !== undefined) return this.#tcp;
    const tcp = this.#connectTcp();
    tcp.on('data', (bytes: Buffer) => {
      this.#timeout?.refresh();
      if (!this.push(bytes)) tcp.pause();
    });
    tcp.on('end', () => this.push(null));
    tcp.on('error', (error) => this.destroy(error));
    tcp.on('close', () => this.destroy());
    this.#tcp = tcp;
    return tcp;
  }
}

/** Sends texts to a server's thread; texts of the same turn of the event loop go together. */
const channelTo = (messages: MessagePort): Ask => {
  type Listener = Parameters<Ask>[1];
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

  return (text, answered) => {
    if (isClosed) {
      answered(undefined);
      return;
    }
    // Runs after all promises that are settled already: concurrent requests are written there.
    if (texts.length === 0) process.nextTick(flush);
    texts.push(text);
    listeners.push(answered);
  };
};

/**
 * Makes `net.connect` in this thread reach some servers without the kernel: what is written goes to the server's thread
 * as messages.
 */
export const connectInProcess = (servers: readonly ChannelToServer[]): void => {
  const channels = servers.map(({ host, port, messages }) => ({ host, port, ask: channelTo(messages) }));
  const connectTcp = net.connect as (...args: unknown[]) => Socket;
  const connect = (...args: unknown[]): Socket => {
    const [options] = args as [NetConnectOpts | undefined];
    const channel =
      typeof options === 'object' && 'port' in options && args.length === 1
        ? channels.find(({ host, port }) => host === options.host && port === options.port)
        : undefined;
    if (channel === undefined) return connectTcp(...args);
    return new InProcessSocket(channel.ask, () => connectTcp(options)) as Duplex as Socket;
  };
  Object.assign(net, { connect });
  syncBuiltinESMExports();
};
