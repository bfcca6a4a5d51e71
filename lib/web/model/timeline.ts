import { batch, signal } from '@preact/signals';
import type { ChatApi } from '../../client/chat-client.ts';
import type { Message } from '../../../functions/routes/schemas.ts';

/** Messages whose numbers have the same hundreds, say: a part of the list that is drawn anew only when it changes. */
export interface Chunk {
  readonly id: number;
  /** In the order of `seq`. */
  readonly messages: readonly Message[];
}

export const CHUNK = 50;
/** As many as fill a screen a few times, and then as many as the service gives at once. */
const FIRST_PAGE = 50;
const NEXT_PAGE = 100;

type Loading = 'first' | 'older' | 'newer';

/** The part of a chat's history that the page has: without a gap, though not always up to the newest message. */
export const createTimeline = (api: ChatApi, chatId: number) => {
  const chunks = signal<readonly Chunk[]>([]);
  const loading = signal<Loading | undefined>(undefined);
  const failed = signal(false);
  const loaded = signal(false);
  const hasOlder = signal(false);
  const hasNewer = signal(false);
  /** Where the list should go next: a message that was searched for. */
  const target = signal<number | undefined>(undefined);
  /** What arrived while the first page was on its way. */
  let early: Message[] = [];
  let generation = 0;
  let inFlight = Promise.resolve();
  /** Whether a look at what nobody told of is still owed. */
  let owesLook = false;

  const first = (): number => chunks.peek()[0]?.messages[0]?.seq ?? Number.POSITIVE_INFINITY;
  const last = (): number => chunks.peek().at(-1)?.messages.at(-1)?.seq ?? 0;

  /** Puts messages in their places; of two states of one message the later stays. */
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
        if (before === undefined || before.rev <= message.rev) merged.set(message.seq, message);
      }
      next.set(id, { id, messages: [...merged.values()].toSorted((a, b) => a.seq - b.seq) });
    }
    chunks.value = [...next.values()].toSorted((a, b) => a.id - b.id);
  };

  const clear = (): void => {
    generation += 1;
    chunks.value = [];
    loaded.value = false;
    failed.value = false;
    loading.value = undefined;
    early = [];
  };

  /** Runs one load at a time; what belongs to a list that was cleared since is thrown away. */
  const load = async (kind: Loading, run: (current: () => boolean) => Promise<void>): Promise<void> => {
    if (loading.peek() !== undefined) return;
    const mine = generation;
    loading.value = kind;
    failed.value = false;
    inFlight = run(() => mine === generation)
      .catch(() => {
        if (mine === generation) failed.value = true;
      })
      .finally(() => {
        if (mine === generation) loading.value = undefined;
      });
    await inFlight;
  };

  const loadLatest = (): Promise<void> =>
    load('first', async (current) => {
      const { items, has_more } = await api.listMessages(chatId, { limit: FIRST_PAGE });
      if (!current()) return;
      batch(() => {
        hasOlder.value = has_more;
        hasNewer.value = false;
        loaded.value = true;
        merge([...items, ...early]);
      });
      early = [];
    });

  return {
    chunks,
    loading,
    failed,
    loaded,
    hasOlder,
    hasNewer,
    target,
    last,

    /** Whether `refresh` did not come to its end. */
    owesLook: (): boolean => owesLook,

    /** Looks again at the newest messages: for what was new, edited or deleted while nobody told of it. */
    refresh: async (): Promise<void> => {
      owesLook = true;
      // What is being loaded may have been read before the moment from which on everything is told.
      await inFlight;
      const mine = generation;
      const known = chunks.peek().flatMap(({ messages }) => messages);
      if (loaded.peek() && !hasNewer.peek()) {
        try {
          const { items, has_more } = await api.listMessages(chatId, { limit: NEXT_PAGE });
          if (mine !== generation) return;
          const there = new Set(items.map(({ seq }) => seq));
          const from = has_more ? Math.min(...there) : 0;
          const now = new Map(
            chunks.peek().flatMap(({ messages }) => messages.map(({ seq, rev }) => [seq, rev])),
          );
          // Neither what came nor what changed while the answer was on its way.
          const gone = known.filter(({ seq, rev }) => seq >= from && !there.has(seq) && now.get(seq) === rev);
          const begin = known[0]?.seq ?? 0;
          const news = items.filter(({ seq }) => seq >= begin);
          merge([...news, ...gone.map((message) => ({ ...message, content: null, is_deleted: true }))]);
        } catch {
          return;
        }
      }
      owesLook = false;
    },

    /** The newest page, unless there is something already. */
    open: async (): Promise<void> => {
      if (!loaded.peek()) await loadLatest();
    },

    loadOlder: (): Promise<void> =>
      load('older', async (current) => {
        if (!loaded.peek() || !hasOlder.peek()) return;
        const { items, has_more } = await api.listMessages(chatId, { before_seq: first(), limit: NEXT_PAGE });
        if (!current()) return;
        batch(() => {
          hasOlder.value = has_more;
          merge(items);
        });
      }),

    loadNewer: (): Promise<void> =>
      load('newer', async (current) => {
        if (!loaded.peek() || !hasNewer.peek()) return;
        const { items, has_more } = await api.listMessages(chatId, { after_seq: last(), limit: NEXT_PAGE });
        if (!current()) return;
        batch(() => {
          hasNewer.value = has_more;
          merge(items);
        });
      }),

    /** Shows a message, and what stands around it when it is far from what is shown. */
    jumpTo: async (seq: number): Promise<void> => {
      if (!loaded.peek() || seq < first() || seq > last()) {
        clear();
        await load('first', async (current) => {
          const [before, after] = await Promise.all([
            api.listMessages(chatId, { before_seq: seq + 1, limit: FIRST_PAGE }),
            api.listMessages(chatId, { after_seq: seq, limit: FIRST_PAGE }),
          ]);
          if (!current()) return;
          batch(() => {
            hasOlder.value = before.has_more;
            hasNewer.value = after.has_more;
            loaded.value = true;
            merge([...before.items, ...after.items, ...(after.has_more ? [] : early)]);
          });
          early = [];
        });
      }
      target.value = seq;
    },

    /** Back to the newest messages. @returns whether the list begins anew */
    toLatest: async (): Promise<boolean> => {
      if (!hasNewer.peek()) return false;
      clear();
      await loadLatest();
      return true;
    },

    /** A message is new or has changed. */
    apply: (message: Message): void => {
      if (!loaded.peek()) {
        early.push(message);
        return;
      }
      // What lies outside is fetched when one comes to it.
      if (hasOlder.peek() && message.seq < first()) return;
      if (hasNewer.peek() && message.seq > last()) return;
      merge([message]);
    },
  };
};
export type Timeline = ReturnType<typeof createTimeline>;
