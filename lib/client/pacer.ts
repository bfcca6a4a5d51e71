import type { ClientPlatform } from './chat-client.ts';
import type { ClientFrameOf } from './contract.ts';

/** A frame that the pacer sends; it gets its key as `ref`. */
export type PacedFrame = ClientFrameOf<'join' | 'leave' | 'read' | 'typing'>;

/** Sends frames beside messages, below the service's pace for them: 20 at once, and 10 a second. */
export interface Pacer {
  /**
   * Sends a frame now or as soon as the pace allows; one that waits under the same key is replaced.
   *
   * @param frameOf makes it when its turn comes; undefined when there is nothing to say any more
   */
  readonly say: (key: string, frameOf: () => PacedFrame | undefined) => void;
  /** Nothing for so long: the service said that it was too much. */
  readonly wait: (ms: number) => void;
  /** What waits is not sent. */
  readonly clear: () => void;
}

const AT_ONCE = 10;
const EACH_MS = 150;

export const createPacer = (
  { now, setTimeout, clearTimeout }: ClientPlatform,
  send: (frame: PacedFrame) => void,
): Pacer => {
  const waiting = new Map<string, () => PacedFrame | undefined>();
  /** When all that was sent is made up for. */
  let settledAt = 0;
  let timer: unknown;

  const drain = (): void => {
    timer = undefined;
    for (const [key, frameOf] of waiting) {
      const early = settledAt - now() - (AT_ONCE - 1) * EACH_MS;
      if (early > 0) {
        timer = setTimeout(drain, early);
        return;
      }
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
      if (timer === undefined) drain();
    },
    wait: (ms) => {
      settledAt = Math.max(settledAt, now() + ms + (AT_ONCE - 1) * EACH_MS);
    },
    clear: () => {
      waiting.clear();
      clearTimeout(timer);
      timer = undefined;
    },
  };
};
