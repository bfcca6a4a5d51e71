import type { ChatApi } from '../api/chat-api.ts';
import type { ClientEvents } from '../chat-client.ts';
import { withQuote } from '../quotes.ts';
import { withReaction } from '../reactions.ts';
import type { Message } from '../types.ts';
import type { Signals } from './signals.ts';
import { sorted } from './sorted.ts';

/** The largest page has room for all pins of a chat. */
const ALL = 100;

/** The pinned messages of a chat. */
export const createPins = (api: Pick<ChatApi, 'listPins'>, chatId: number, { signal, batch }: Signals) => {
  /** Latest pin first. */
  const pins = signal<readonly Message[]>([]);
  const state = signal<'loading' | 'loaded' | 'failed'>('loading');
  const known = new Map<number, Message>();
  /** Changes that arrived while the list was loading; the response may be older. */
  let early: (() => void)[] = [];
  let loading: Promise<void> | undefined;
  let isOpened = false;

  const show = (): void => {
    pins.value = sorted(known.values(), (a, b) => ((a.pinned_at ?? '') < (b.pinned_at ?? '') ? 1 : -1));
  };

  const fetchAll = async (): Promise<void> => {
    try {
      const { items } = await api.listPins(chatId, { limit: ALL });
      batch(() => {
        known.clear();
        for (const message of items) known.set(message.id, message);
        for (const change of early) change();
        show();
        state.value = 'loaded';
      });
    } catch {
      // The pins shown so far stay; `reload` tries again.
      state.value = 'failed';
    } finally {
      early = [];
      loading = undefined;
    }
  };

  const reload = (): Promise<void> => {
    isOpened = true;
    return (loading ??= fetchAll());
  };

  /** Applies a change, and once more after the pending response has arrived. */
  const apply = (change: () => void): void => {
    if (!isOpened) return;
    if (loading !== undefined) early.push(change);
    change();
  };

  return {
    pins,
    state,

    /** Loads the list, unless it is loaded or loading. */
    open: async (): Promise<void> => {
      if (!isOpened || state.peek() === 'failed') await reload();
    },

    /** Loads the list again. */
    reload,
    isOpened: (): boolean => isOpened,

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
