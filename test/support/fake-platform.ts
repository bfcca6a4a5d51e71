import type { ClientPlatform, ClientStorage } from '../../lib/client/chat-client.ts';
import { platformOf } from '../../lib/client/platform.ts';

/** A socket whose other side is played by the test. */
export class FakeSocket extends EventTarget {
  static readonly CONNECTING = 0;
  readyState = 0;
  readonly sent: Record<string, unknown>[] = [];
  readonly url: string;

  constructor(url: string) {
    super();
    this.url = url;
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Record<string, unknown>);
  }

  /** Called by the client to close the socket. */
  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }

  receive(frame: object): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }));
  }

  /** Simulates that the service or the network closes the socket. */
  lose(): void {
    this.readyState = 3;
    this.dispatchEvent(new Event('close'));
  }
}

/** Waits until pending promises have settled. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/**
 * A platform with a clock that the test moves, sockets that the test may play, and no network.
 *
 * @param settled resolves when everything that takes no time on this clock has happened
 */
export const createFakePlatform = (settled: () => Promise<void> = settle) => {
  let now = 1_000_000;
  let lastTimer = 0;
  const timers = new Map<number, { at: number; run: () => void }>();
  const sockets: FakeSocket[] = [];

  class RecordedSocket extends FakeSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  }

  const platform: ClientPlatform = platformOf({
    fetch: async () => {
      throw new TypeError('There is no network here');
    },
    WebSocket: RecordedSocket as unknown as typeof WebSocket,
    now: () => now,
    random: () => 0.5,
    setTimeout: (run, ms) => {
      lastTimer += 1;
      timers.set(lastTimer, { at: now + ms, run });
      return lastTimer;
    },
    clearTimeout: (timer) => void timers.delete(timer as number),
  });

  return {
    platform,
    sockets,
    /** The most recently opened socket. */
    socket: (): FakeSocket => {
      const last = sockets.at(-1);
      if (last === undefined) throw new Error('No socket was opened');
      return last;
    },
    /** The user sets the device's clock back. Timers do not follow that clock. */
    setBack: (ms: number): void => {
      now -= ms;
      for (const timer of timers.values()) timer.at -= ms;
    },
    /** Advances the clock and runs all timers on the way. */
    pass: async (ms: number): Promise<void> => {
      const end = now + ms;
      await settled();
      for (;;) {
        const [next] = [...timers].filter(([, { at }]) => at <= end).toSorted(([, a], [, b]) => a.at - b.at);
        if (next === undefined) break;
        const [id, { at, run }] = next;
        timers.delete(id);
        now = Math.max(now, at);
        run();
        await settled();
      }
      now = end;
    },
  };
};

/** A storage that survives its clients, with an asynchronous interface like React Native's. */
export const createFakeStorage = () => {
  const values = new Map<string, string>();
  const storage: ClientStorage = {
    get: async (key) => values.get(key) ?? null,
    set: async (key, value) => void values.set(key, value),
    remove: async (key) => void values.delete(key),
  };
  return { storage, values };
};
