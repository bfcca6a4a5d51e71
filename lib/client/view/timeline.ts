import type { Message } from '../types.ts';
import type { ChatApi } from '../api/chat-api.ts';
import type { ClientEvents } from '../chat-client.ts';
import { withCount } from '../reaction-counts.ts';
import { withQuote } from '../quotes.ts';
import { withReaction } from '../reactions.ts';
import { loadErrorOf } from './load-error.ts';
import type { Jump, LoadError } from './outcomes.ts';
import type { Signals } from './signals.ts';
import { sorted } from './sorted.ts';

/** A run of up to `CHUNK` consecutive messages, re-rendered as a unit when one of them changes. */
export interface Chunk {
  readonly id: number;
  /** In the order of `seq`. */
  readonly messages: readonly Message[];
}

const CHUNK = 50;
/** The first page fills a screen a few times; further ones have the maximum size of the service. */
const FIRST_PAGE = 50;
const NEXT_PAGE = 100;
const CHANGES_AT_ONCE = 500;

type Loading = 'first' | 'older' | 'newer';

/** The newest messages of a chat, and whether there are older ones. */
export interface Newest {
  readonly messages: readonly Message[];
  readonly hasOlder: boolean;
}

/** A reaction by the user that the service has not confirmed yet (an optimistic update). */
interface Wish {
  isOn: boolean;
  readonly done: Promise<void>;
}

/** A message with the user's reaction added or removed. */
const withOwn = (message: Message, emoji: string, isOn: boolean): Message => {
  const { count, me } = message.reactions.find((one) => one.emoji === emoji) ?? { count: 0, me: false };
  if (message.is_deleted || me === isOn) return message;
  return withCount(message, { emoji, count: count + (isOn ? 1 : -1), me: isOn });
};

/**
 * The loaded part of a chat's history: without gaps, but not always up to the newest message.
 *
 * @param lastSeq the `seq` of the chat's newest message, as far as it is known
 */
export const createTimeline = (
  api: Pick<ChatApi, 'listMessages' | 'sync' | 'addReaction' | 'removeReaction'>,
  chatId: number,
  lastSeq: () => number | undefined,
  { signal, batch }: Signals,
) => {
  const chunks = signal<readonly Chunk[]>([]);
  const loading = signal<Loading | undefined>(undefined);
  /** Why the last load failed; undefined when it did not. */
  const failed = signal<LoadError | undefined>(undefined);
  const loaded = signal(false);
  const hasOlder = signal(false);
  const hasNewer = signal(false);
  /** The `seq` to which the list should scroll next, for example a search result; set already while that is loading. */
  const target = signal<number | undefined>(undefined);
  /** The read mark at which the chat opens; undefined: it opens at its newest message. */
  let readUpTo: number | undefined;
  /** Changes that arrived while a page was loading; the response may be older. */
  let early: (() => void)[] = [];
  /** By message id and emoji. */
  const wishes = new Map<number, Map<string, Wish>>();
  /** By id: the messages with wishes, in the service's state. */
  const unwished = new Map<number, Message>();
  /** Incremented with each load of a first page; responses to earlier loads are discarded. */
  let loads = 0;
  /** Incremented with each jump, and with each return to the newest messages. */
  let jumps = 0;
  /** The load of the last jump. */
  let jumpLoad: number | undefined;
  /** Incremented whenever other messages replace those that are shown. */
  let generation = 0;
  /** The newest messages, while the list shows others. */
  let away: Newest | undefined;
  let inFlight: Promise<unknown> = Promise.resolve();
  let owesCatchUp = false;
  /** Whether the shown messages were restored from an earlier visit: the first response replaces them. */
  let isRestored = false;

  const first = (): number => chunks.peek()[0]?.messages[0]?.seq ?? Number.POSITIVE_INFINITY;
  const last = (): number => chunks.peek().at(-1)?.messages.at(-1)?.seq ?? 0;

  /** The newest messages in a form that `restore` accepts; undefined when they are not loaded. */
  const newestShown = (): Newest | undefined => {
    if (!loaded.peek() || hasNewer.peek()) return undefined;
    const messages = chunks.peek().flatMap((chunk) => chunk.messages);
    return {
      messages: messages.slice(-FIRST_PAGE),
      hasOlder: hasOlder.peek() || messages.length > FIRST_PAGE,
    };
  };

  /** Replaces the shown messages by a first page. */
  const begin = (messages: readonly Message[], more: { older: boolean; newer: boolean }): void => {
    away = more.newer ? (newestShown() ?? away) : undefined;
    // When restored messages are only brought up to date, views keep their scroll position.
    if (!isRestored || more.newer) generation += 1;
    isRestored = false;
    chunks.value = [];
    hasOlder.value = more.older;
    hasNewer.value = more.newer;
    loaded.value = true;
    merge(messages);
  };

  const findIn = (all: readonly Chunk[], id: number): Message | undefined => {
    for (const { messages } of all) {
      const found = messages.find((message) => message.id === id);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const find = (id: number): Message | undefined => findIn(chunks.peek(), id);

  /** The service's state of a message with the user's unconfirmed reactions applied. */
  const wished = (message: Message): Message => {
    const own = wishes.get(message.id);
    if (own === undefined) return message;
    unwished.set(message.id, message);
    let shown = message;
    for (const [emoji, { isOn }] of own) shown = withOwn(shown, emoji, isOn);
    return shown;
  };

  /**
   * Updates quotes in both directions: replies in the chunks quote the current state of these messages, and these
   * messages quote the current state of messages in the chunks.
   */
  const quoted = (all: readonly Chunk[], news: readonly Message[]): readonly Chunk[] => {
    const ids = new Set(news.map(({ id }) => id));
    const isConcerned = ({ id, reply_to: quote }: Message): boolean =>
      quote !== null && (ids.has(quote.id) || ids.has(id));
    if (!all.some((chunk) => chunk.messages.some(isConcerned))) return all;
    const byId = new Map(news.map((message) => [message.id, message]));
    // A message in the list is never older than the same message in `news`.
    for (const { messages } of all) for (const message of messages) byId.set(message.id, message);
    return all.map((chunk) =>
      chunk.messages.some(isConcerned)
        ? {
            ...chunk,
            messages: chunk.messages.map((message) => {
              const target = isConcerned(message) && byId.get(message.reply_to?.id ?? 0);
              return target ? withQuote(message, target) : message;
            }),
          }
        : chunk,
    );
  };

  /** Inserts messages at their positions; of two states of one message the later wins. */
  const merge = (messages: readonly Message[]): void => {
    if (messages.length === 0) return;
    const byChunk = new Map<number, Message[]>();
    for (const message of messages) {
      const id = Math.floor(message.seq / CHUNK);
      byChunk.set(id, [...(byChunk.get(id) ?? []), message]);
    }
    const next = new Map(chunks.peek().map((chunk) => [chunk.id, chunk]));
    for (const [id, news] of byChunk) {
      const merged = new Map(next.get(id)?.messages.map((message) => [message.seq, message]));
      for (const message of news) {
        const before = merged.get(message.seq);
        if (before === undefined || before.rev <= message.rev) merged.set(message.seq, wished(message));
      }
      next.set(id, { id, messages: sorted(merged.values(), (a, b) => a.seq - b.seq) });
    }
    chunks.value = quoted(
      sorted(next.values(), (a, b) => a.id - b.id),
      messages,
    );
  };

  /**
   * Runs one load at a time, and discards the response to a load that has been superseded since.
   *
   * @returns whether the messages were loaded
   */
  const load = async (kind: Loading, run: (current: () => boolean) => Promise<void>): Promise<boolean> => {
    if (loading.peek() !== undefined) return false;
    const mine = (loads += 1);
    const isCurrent = (): boolean => mine === loads;
    loading.value = kind;
    failed.value = undefined;
    const running = run(isCurrent)
      .then(isCurrent)
      .catch((error: unknown) => {
        // When the load was to show other messages, the shown ones have not failed.
        if (isCurrent() && (kind !== 'first' || !loaded.peek() || isRestored)) {
          failed.value = loadErrorOf(error);
        }
        return false;
      })
      .finally(() => {
        if (!isCurrent()) return;
        loading.value = undefined;
        if (!loaded.peek()) return;
        batch(() => early.forEach((change) => change()));
        early = [];
      });
    inFlight = running;
    return running;
  };

  /** Discards the pending response, so that another load may begin. The shown messages stay. */
  const overtake = (): void => {
    loads += 1;
    loading.value = undefined;
  };

  /** Abandons a jump whose messages are being loaded. @returns whether there was one */
  const overtakeJump = (): boolean => {
    jumps += 1;
    target.value = undefined;
    const isLoading = loading.peek() === 'first' && loads === jumpLoad;
    if (isLoading) overtake();
    return isLoading;
  };

  /** Applies a change, and once more after the pending response has arrived. */
  const change = (make: () => void): void => {
    if (!loaded.peek() || loading.peek() !== undefined) early.push(make);
    if (loaded.peek()) make();
  };

  /** A message is new or has changed. */
  const apply = (message: Message): void => change(() => place(message));

  /** A reaction was added to a message, or removed. */
  const applyReaction = (event: ClientEvents['reaction']): void =>
    change(() => {
      const message = unwished.get(event.id) ?? find(event.id);
      if (message !== undefined && event.rev > message.rev) merge([withReaction(message, event)]);
    });

  const redraw = (id: number): void => {
    const message = unwished.get(id);
    if (message !== undefined && find(id) !== undefined) merge([message]);
  };

  /** Calls the service until it has the user's last wish. */
  const fulfil = async (id: number, emoji: string, wish: Pick<Wish, 'isOn'>): Promise<void> => {
    try {
      for (let sentState: boolean | undefined; sentState !== wish.isOn;) {
        sentState = wish.isOn;
        await (sentState ? api.addReaction(id, emoji) : api.removeReaction(id, emoji));
        // Confirmed. The total count comes with the event, which may have arrived already.
        const message = unwished.get(id);
        if (message !== undefined) unwished.set(id, withOwn(message, emoji, sentState));
      }
    } finally {
      const own = wishes.get(id);
      own?.delete(emoji);
      if (own?.size === 0) wishes.delete(id);
      redraw(id);
      if (!wishes.has(id)) unwished.delete(id);
    }
  };

  const place = (message: Message): void => {
    if (away !== undefined) {
      const isLater = ({ id, rev }: Message): boolean => id === message.id && rev < message.rev;
      away = { ...away, messages: away.messages.map((one) => (isLater(one) ? message : one)) };
    }
    // A message outside of the loaded range is fetched when the user scrolls to it.
    const isOutside = (hasOlder.peek() && message.seq < first()) || (hasNewer.peek() && message.seq > last());
    if (isOutside) chunks.value = quoted(chunks.peek(), [message]);
    else merge([message]);
  };

  /** Fetches the changes since the oldest shown state: those without an event, and deletions. */
  const catchUp = async (): Promise<void> => {
    // Restored messages are loaded again when the timeline is opened.
    if (isRestored) return;
    owesCatchUp = true;
    // The pending response may have been read before the time from which on all changes arrive as events.
    await inFlight;
    const mine = generation;
    try {
      const revs = chunks.peek().flatMap(({ messages }) => messages.map(({ rev }) => rev));
      let rev = revs.length === 0 ? 0 : revs.reduce((least, one) => Math.min(least, one)) - 1;
      for (let more = loaded.peek() && !hasNewer.peek(); more;) {
        const { chats } = await api.sync({ chats: [{ chat_id: chatId, rev }], limit: CHANGES_AT_ONCE });
        if (mine !== generation) return;
        const [chat] = chats;
        batch(() => chat?.messages.forEach(apply));
        more = chat?.has_more === true;
        rev = chat?.rev ?? rev;
      }
      owesCatchUp = false;
    } catch {
      // `owesCatchUp` stays true: the next connection tries again.
    }
  };

  const loadLatest = (): Promise<boolean> =>
    load('first', async (current) => {
      const { items, has_more } = await api.listMessages(chatId, { limit: FIRST_PAGE });
      if (!current()) return;
      batch(() => {
        begin(items, { older: has_more, newer: false });
        early.forEach((make) => make());
      });
      // Pages omit deleted messages, which users who may restore them want to see.
      const from = has_more ? first() : 1;
      if (items.length < Math.max(last(), lastSeq() ?? 0) - from + 1) void catchUp();
    });

  /**
   * Loads the messages up to `seq` and those after it. A jump to a message that does not exist leaves the shown
   * messages as they are.
   */
  const loadAround = (seq: number, isJump = false): Promise<boolean> =>
    load('first', async (current) => {
      const [before, after] = await Promise.all([
        api.listMessages(chatId, { before_seq: seq + 1, limit: FIRST_PAGE }),
        api.listMessages(chatId, { after_seq: seq, limit: FIRST_PAGE }),
      ]);
      if (!current()) return;
      if (isJump && loaded.peek() && !before.items.some((message) => message.seq === seq)) return;
      batch(() => {
        begin([...before.items, ...after.items], { older: before.has_more, newer: after.has_more });
      });
    });

  const open = async (mark?: number): Promise<void> => {
    // A search result is being loaded, or is about to be shown.
    if (loading.peek() !== undefined || target.peek() !== undefined) return;
    if (!isRestored && (mark === undefined ? loaded.peek() : covers(mark))) return;
    readUpTo = mark ?? readUpTo;
    // Pages omit deleted messages, so the newest page reaches back at least this far.
    const isNear = readUpTo === undefined || (lastSeq() ?? 0) - readUpTo < FIRST_PAGE;
    await (isNear ? loadLatest() : loadAround(readUpTo ?? 0));
  };

  /** Whether the messages on both sides of a read mark are loaded, as far as they exist. */
  const covers = (mark: number): boolean =>
    loaded.peek() && (!hasOlder.peek() || first() <= mark + 1) && (!hasNewer.peek() || last() > mark);

  return {
    chunks,
    loading,
    failed,
    loaded,
    hasOlder,
    hasNewer,
    target,
    last,

    /** How often other messages have replaced the shown ones. */
    generation: (): number => generation,

    /** Whether the messages after a read mark are loaded, from the mark on. */
    reachesBackTo: (mark: number): boolean => !hasOlder.peek() || first() <= mark + 1,

    /**
     * The first message after a read mark that another user sent and that is not deleted; undefined when there is
     * none, or when it may be among the messages that are not loaded.
     */
    firstUnread: (mark: number, userId: number | undefined): number | undefined =>
      covers(mark)
        ? chunks
            .peek()
            .flatMap(({ messages }) => messages)
            .find((one) => one.seq > mark && one.sender_id !== userId && !one.is_deleted)?.seq
        : undefined,

    /** How many loaded messages after a read mark and up to `seq` were sent by other users, without deleted ones. */
    countUnread: (mark: number, seq: number, userId: number | undefined): number =>
      chunks
        .peek()
        .flatMap(({ messages }) => ((messages.at(-1)?.seq ?? 0) > mark ? messages : []))
        .filter((one) => one.seq > mark && one.seq <= seq && one.sender_id !== userId && !one.is_deleted)
        .length,

    /** Whether `catchUp` failed or is still running. */
    owesCatchUp: (): boolean => owesCatchUp,

    catchUp,

    /** Shows the result of `newest` from an earlier visit, until the service responds. */
    restore: (messages: readonly Message[], older: boolean): void => {
      if (loaded.peek() || messages.length === 0) return;
      batch(() => {
        begin(messages, { older, newer: false });
        isRestored = true;
      });
    },

    /** The newest messages in a form that `restore` accepts; undefined when they have never been loaded. */
    newest: (): Newest | undefined => newestShown() ?? away,

    /**
     * Loads the newest page, or the messages around the first unread one when that is further back. Does nothing when
     * these are loaded already.
     *
     * @param mark the user's read mark, when there are unread messages; without it, any loaded messages suffice
     */
    open,

    /**
     * Loads the messages again: their changes, or, when the list does not reach the newest messages, those around its
     * last one. Without messages, the same as `open`.
     */
    reload: async (): Promise<void> => {
      if (!loaded.peek() || isRestored) await open();
      else if (hasNewer.peek()) await loadAround(last());
      else await catchUp();
    },

    /** @returns whether messages were loaded: not when there are none, or another load is in flight */
    loadOlder: async (): Promise<boolean> => {
      // Even an empty load changes `loading`, and a view that watches the end of its list would trigger another load
      // with each frame.
      if (!loaded.peek() || !hasOlder.peek()) return false;
      return load('older', async (current) => {
        const { items, has_more } = await api.listMessages(chatId, { before_seq: first(), limit: NEXT_PAGE });
        if (!current()) return;
        batch(() => {
          hasOlder.value = has_more;
          merge(items);
        });
      });
    },

    /** @returns as `loadOlder` */
    loadNewer: async (): Promise<boolean> => {
      if (!loaded.peek() || !hasNewer.peek()) return false;
      return load('newer', async (current) => {
        const { items, has_more } = await api.listMessages(chatId, { after_seq: last(), limit: NEXT_PAGE });
        if (!current()) return;
        batch(() => {
          hasNewer.value = has_more;
          merge(items);
        });
      });
    },

    /** A message in its shown state; undefined when it is not loaded. */
    held: (id: number): Message | undefined => findIn(chunks.value, id),

    /**
     * Shows a message, together with the messages around it when it is outside of the loaded range; the shown
     * messages stay until those are loaded.
     */
    jumpTo: async (seq: number): Promise<Jump> => {
      overtakeJump();
      const mine = jumps;
      const isThere = (): boolean =>
        chunks.peek().some(({ messages }) => messages.some((message) => message.seq === seq));
      if (loaded.peek() && seq >= first() && seq <= last()) {
        if (!isThere()) return 'deleted';
        target.value = seq;
        return 'there';
      }
      // Set before loading: views scroll to the message as soon as they render it, and show nothing else of the new
      // list before that.
      target.value = seq;
      overtake();
      jumpLoad = loads + 1;
      const isLoaded = await loadAround(seq, true);
      if (mine !== jumps) return 'overtaken';
      if (isLoaded && isThere()) return 'there';
      target.value = undefined;
      return isLoaded ? 'deleted' : 'failed';
    },

    /**
     * Returns to the newest messages. The shown messages stay until those are loaded.
     *
     * @returns whether the list starts over
     */
    toLatest: async (): Promise<boolean> => {
      const wasJumping = overtakeJump();
      if (loaded.peek() ? !hasNewer.peek() : !wasJumping) return false;
      readUpTo = undefined;
      overtake();
      return loadLatest();
    },

    apply,
    applyReaction,

    /**
     * Adds or removes a reaction: shown at once, and reverted when the service refuses it.
     *
     * @throws ChatError, TypeError
     */
    react: (id: number, emoji: string, isOn: boolean): Promise<void> => {
      const own = wishes.get(id) ?? new Map<string, Wish>();
      const known = own.get(emoji);
      if (known !== undefined) known.isOn = isOn;
      else {
        const message = unwished.get(id) ?? find(id);
        if (message !== undefined) unwished.set(id, message);
        const wish = { isOn };
        own.set(emoji, Object.assign(wish, { done: Promise.resolve().then(() => fulfil(id, emoji, wish)) }));
        wishes.set(id, own);
      }
      redraw(id);
      return own.get(emoji)?.done ?? Promise.resolve();
    },
  };
};
export type Timeline = ReturnType<typeof createTimeline>;
