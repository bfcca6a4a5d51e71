import type { ChatApi } from '../api/chat-api.ts';
import type { ClientEvents } from '../chat-client.ts';
import { withQuote } from '../quotes.ts';
import { withReaction } from '../reactions.ts';
import type { Message } from '../types.ts';
import { createOpenedList } from './opened-list.ts';
import type { Signals } from './signals.ts';
import { sorted } from './sorted.ts';

/** The largest page has room for all pins of a chat. */
const ALL = 100;

/** The pinned messages of a chat. */
export const createPins = (api: Pick<ChatApi, 'listPins'>, chatId: number, signals: Signals) => {
  /** Latest pin first. */
  const pins = signals.signal<readonly Message[]>([]);
  const known = new Map<number, Message>();

  const show = (): void => {
    pins.value = sorted(known.values(), (a, b) => ((a.pinned_at ?? '') < (b.pinned_at ?? '') ? 1 : -1));
  };

  const { apply, ...list } = createOpenedList(
    () => api.listPins(chatId, { limit: ALL }),
    ({ items }) => {
      known.clear();
      for (const message of items) known.set(message.id, message);
      show();
    },
    signals,
  );

  return {
    ...list,
    pins,

    /** A message is new or has changed. */
    apply: (message: Message): void =>
      apply(() => {
        const before = known.get(message.id);
        if (message.rev < (before?.rev ?? 0)) return;
        const replies = [...known.values()].filter((other) => other.reply_to?.id === message.id);
        for (const reply of replies) known.set(reply.id, withQuote(reply, message));
        if (message.pinned_at === null) known.delete(message.id);
        else known.set(message.id, message);
        if (before !== undefined || message.pinned_at !== null || replies.length > 0) show();
      }),

    /** A reaction was added to a message, or removed. */
    applyReaction: (event: ClientEvents['reaction']): void =>
      apply(() => {
        const message = known.get(event.id);
        if (message === undefined) return;
        known.set(event.id, withReaction(message, event));
        show();
      }),
  };
};
export type Pins = ReturnType<typeof createPins>;
