import type { ClientPlatform } from '../chat-client.ts';
import type { ClientFrameOf, ServerFrameOf } from '../contract.ts';
import type { Emitter } from '../emitter.ts';
import { createTimers } from '../timers.ts';
import type { PresenceEvents } from './presence.ts';

export interface Typing {
  /** The user pressed a key. */
  readonly typed: (chatId: number) => void;
  readonly stopped: (chatId: number) => void;
  /** Another user has started typing, or still types. */
  readonly othersStarted: (event: Typist & { readonly expires_in_ms: number }) => void;
  readonly othersStopped: (typist: Typist) => void;
  /** The socket is closed: all indicators end. */
  readonly reset: () => void;
}

/** A user who types in a chat, as events identify them. */
type Typist = Pick<ServerFrameOf<'typing_started'>, 'chat_id' | 'user_id'>;

/** Repeats `start` before the service's 12 s have passed. */
const RENEW_MS = 8000;
/** A user who presses no key for this long has stopped typing. */
const IDLE_MS = 5000;

/**
 * Typing indicators: the user's own, and those of others.
 *
 * @param sendFrame returns false when there is no open socket
 */
export const createTyping = (
  platform: ClientPlatform,
  sendFrame: (frame: ClientFrameOf<'typing'>) => boolean,
  emit: Emitter<PresenceEvents>['emit'],
): Typing => {
  /** The chats in which the user types, with the time of the last `start` sent to the service. */
  const own = new Map<number, number>();
  /** Other users who type, by chat id and user id. */
  const others = new Map<string, Typist>();
  /** Timers that end both kinds: keyed by chat id for the user's own, by chat and user for others. */
  const ends = createTimers<number | string>(platform);

  const stopped = (chatId: number): void => {
    if (!own.delete(chatId)) return;
    ends.stop(chatId);
    sendFrame({ type: 'typing', chat_id: chatId, content: 'stop' });
  };

  const othersStopped = ({ chat_id, user_id }: Typist): void => {
    const key = `${chat_id} ${user_id}`;
    if (!others.delete(key)) return;
    ends.stop(key);
    emit('typing', { chat_id, user_id, is_typing: false });
  };

  return {
    typed: (chatId) => {
      const now = platform.now();
      let saidAt = own.get(chatId) ?? -Infinity;
      if (now - saidAt >= RENEW_MS && sendFrame({ type: 'typing', chat_id: chatId, content: 'start' })) {
        saidAt = now;
      }
      own.set(chatId, saidAt);
      ends.set(chatId, IDLE_MS, () => stopped(chatId));
    },
    stopped,
    othersStarted: ({ chat_id, user_id, expires_in_ms }) => {
      const key = `${chat_id} ${user_id}`;
      const isNew = !others.has(key);
      others.set(key, { chat_id, user_id });
      ends.set(key, expires_in_ms, () => othersStopped({ chat_id, user_id }));
      if (isNew) emit('typing', { chat_id, user_id, is_typing: true });
    },
    othersStopped,
    reset: () => {
      own.clear();
      ends.stopAll();
      for (const typist of others.values()) othersStopped(typist);
    },
  };
};
