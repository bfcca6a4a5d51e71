import type { ClientPlatform } from './chat-client.ts';
import type { ClientFrameOf } from './contract.ts';

export interface Typing {
  /** The user pressed a key. */
  readonly typed: (chatId: number) => void;
  readonly stopped: (chatId: number) => void;
  /** Somebody else began, or renewed it. */
  readonly othersStarted: (chatId: number, userId: number, expiresInMs: number) => void;
  readonly othersStopped: (chatId: number, userId: number) => void;
  /** The socket is gone, and with it everything that it said. */
  readonly reset: () => void;
}

export interface TypingEffects {
  readonly platform: ClientPlatform;
  /** @returns whether there was a socket to put it on */
  readonly sendFrame: (frame: ClientFrameOf<'typing'>) => boolean;
  readonly onChange: (chatId: number, userId: number, isTyping: boolean) => void;
}

/** Said again before the service's 12 s are over. */
const RENEW_MS = 8000;
/** Who presses no key for so long has stopped. */
const IDLE_MS = 5000;

/** Typing indicators, both ways. */
export const createTyping = ({ platform, sendFrame, onChange }: TypingEffects): Typing => {
  const own = new Map<number, { saidAt: number; idleTimer: unknown }>();
  const others = new Map<string, unknown>();

  const stopped = (chatId: number): void => {
    const typing = own.get(chatId);
    if (typing === undefined) return;
    platform.clearTimeout(typing.idleTimer);
    own.delete(chatId);
    sendFrame({ type: 'typing', chat_id: chatId, content: 'stop' });
  };

  const othersStopped = (chatId: number, userId: number): void => {
    const key = `${chatId} ${userId}`;
    if (!others.has(key)) return;
    platform.clearTimeout(others.get(key));
    others.delete(key);
    onChange(chatId, userId, false);
  };

  return {
    typed: (chatId) => {
      const now = platform.now();
      const before = own.get(chatId);
      platform.clearTimeout(before?.idleTimer);
      let saidAt = before?.saidAt ?? Number.NEGATIVE_INFINITY;
      if (now - saidAt >= RENEW_MS && sendFrame({ type: 'typing', chat_id: chatId, content: 'start' })) {
        saidAt = now;
      }
      own.set(chatId, { saidAt, idleTimer: platform.setTimeout(() => stopped(chatId), IDLE_MS) });
    },
    stopped,
    othersStarted: (chatId, userId, expiresInMs) => {
      const key = `${chatId} ${userId}`;
      const isNew = !others.has(key);
      platform.clearTimeout(others.get(key));
      others.set(
        key,
        platform.setTimeout(() => othersStopped(chatId, userId), expiresInMs),
      );
      if (isNew) onChange(chatId, userId, true);
    },
    othersStopped,
    reset: () => {
      for (const { idleTimer } of own.values()) platform.clearTimeout(idleTimer);
      own.clear();
      for (const key of others.keys()) {
        const [chatId = 0, userId = 0] = key.split(' ').map(Number);
        othersStopped(chatId, userId);
      }
    },
  };
};
