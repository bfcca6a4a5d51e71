import type { ClientPlatform } from './chat-client.ts';
import type { ClientFrameOf } from './contract.ts';
import { createTimers } from './timers.ts';

/** A frame that the pacer sends; its `ref` is its key. */
export type PacedFrame = ClientFrameOf<'join' | 'leave' | 'read' | 'typing'>;

/** Sends frames other than messages below the service's limit for them: a burst of 20, and 10 per second. */
export interface Pacer {
  /**
   * Sends a frame now or as soon as the limit allows. It replaces a waiting frame with the same key.
   *
   * @param frameOf creates the frame when its turn comes; returns undefined when it is obsolete by then
   */
  readonly say: (key: string, frameOf: () => PacedFrame | undefined) => void;
  /** Pauses for this many milliseconds, since the service responded with 429 or 503. */
  readonly wait: (ms: number) => void;
  /** Drops the waiting frames. */
  readonly clear: () => void;
}

const BURST_FRAMES = 10;
const EACH_MS = 150;

export const createPacer = (platform: ClientPlatform, send: (frame: PacedFrame) => void): Pacer => {
  const waiting = new Map<string, () => PacedFrame | undefined>();
  /** When the full burst is available again, in milliseconds since 1970. */
  let settledAt = 0;
  const { now } = platform;
  const timers = createTimers<'drain'>(platform);

  const drain = (): void => {
    for (const [key, frameOf] of waiting) {
      const early = settledAt - now() - (BURST_FRAMES - 1) * EACH_MS;
      if (early > 0) return timers.set('drain', early, drain);
      waiting.delete(key);
      const frame = frameOf();
      if (frame === undefined) continue;
      settledAt = Math.max(settledAt, now()) + EACH_MS;
      send({ ...frame, ref: key });
    }
  };

  return {
    say: (key, frameOf) => {
      waiting.set(key, frameOf);
      if (!timers.has('drain')) drain();
    },
    wait: (ms) => {
      settledAt = Math.max(settledAt, now() + ms + (BURST_FRAMES - 1) * EACH_MS);
    },
    clear: () => {
      waiting.clear();
      timers.stopAll();
    },
  };
};
