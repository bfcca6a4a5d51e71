import type { ClientPlatform } from './chat-client.ts';

/** Timers by key, at most one per key. */
export interface Timers<Key> {
  /** Runs a function after this many milliseconds, and replaces the key's pending timer. */
  readonly set: (key: Key, ms: number, run: () => unknown) => void;
  /** Whether the key's timer is still pending. */
  readonly has: (key: Key) => boolean;
  readonly stop: (key: Key) => void;
  readonly stopAll: () => void;
}

export const createTimers = <Key>({
  setTimeout,
  clearTimeout,
}: Pick<ClientPlatform, 'setTimeout' | 'clearTimeout'>): Timers<Key> => {
  const timers = new Map<Key, unknown>();
  const stop = (key: Key): void => {
    clearTimeout(timers.get(key));
    timers.delete(key);
  };
  return {
    set: (key, ms, run) => {
      stop(key);
      const fire = (): void => {
        timers.delete(key);
        run();
      };
      timers.set(key, setTimeout(fire, ms));
    },
    has: (key) => timers.has(key),
    stop,
    stopAll: () => {
      for (const key of timers.keys()) stop(key);
    },
  };
};
