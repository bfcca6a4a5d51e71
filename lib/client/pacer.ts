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
    // The device's clock may have been set back.
    settledAt = Math.min(settledAt, now() + BURST_FRAMES * EACH_MS);
    for (const [key, frameOf] of waiting) {
      if (settledAt - now() > (BURST_FRAMES - 1) * EACH_MS) return timers.set('drain', EACH_MS, drain);
      waiting.delete(key);
      const frame = frameOf();
      if (!frame) continue;
      settledAt = Math.max(settledAt, now()) + EACH_MS;
      send({ ...frame, ref: key });
    }
  };

  return {
    say: (key, frameOf) => {
      waiting.set(key, frameOf);
      if (!timers.has('drain')) drain();
    },
    wait: (ms) => timers.set('drain', ms, drain),
    clear: () => {
      waiting.clear();
      timers.stopAll();
    },
  };
};
