import type { EventType, ServerEvent } from '../contract/events.ts';
import { allDone } from '../platform/all-done.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { carries } from '../presence/live.ts';
import type { Connection } from '../presence/stores/connections.ts';
import { broadcast, liveBroadcast, type BroadcastEffects } from './broadcast.ts';

/**
 * An event that is made once it is known who is there to hear it, and for each receiver as they see it. Whoever is not
 * in the answer gets none.
 */
export interface RenderedEvent {
  readonly type: EventType;
  readonly render: (userIds: readonly number[]) => Promise<ReadonlyMap<number, ServerEvent>>;
}

interface Audience {
  readonly chatId: number;
  /** Users whose connections get it, those that carry the chat. */
  readonly to: readonly number[];
  /** The connection that caused it: it has its answer. */
  readonly except?: string;
  /** What the event entails for the connections of those users, beside sending it. */
  readonly entails?: (found: readonly Connection[], effects: BroadcastEffects) => Promise<void>;
}

/** An event that a use of the service has to tell, and who hears it. */
export type Publication = Audience & ({ readonly event: ServerEvent } | { readonly rendered: RenderedEvent });

/** What a use of the service returns: its result, and the events that tell of what it changed. */
export interface Outcome<Result> {
  readonly result: Result;
  readonly events: readonly Publication[];
  /** Brings another store to where the transaction is already; no answer depends on it, and nothing is lost without it. */
  readonly settle?: () => Promise<void>;
}

const typeOf = (publication: Publication): EventType =>
  'event' in publication ? publication.event.type : publication.rendered.type;

const sendRendered = async (
  { render }: RenderedEvent,
  carrying: readonly Connection[],
  effects: BroadcastEffects,
): Promise<void> => {
  const byUser = Map.groupBy(carrying, ({ userId }) => userId);
  if (byUser.size === 0) return;
  const rendered = await render([...byUser.keys()]);
  await allDone([...rendered].map(([userId, event]) => broadcast(byUser.get(userId) ?? [], event, effects)));
};

/** Sends one event to those of the connections that carry the chat. */
const publishOne = async (
  publication: Publication,
  found: readonly Connection[],
  effects: BroadcastEffects,
): Promise<void> => {
  const { chatId, except, entails } = publication;
  const carrying = found.filter(
    (connection) => carries(connection, chatId) && connection.connectionId !== except,
  );
  await allDone([
    'event' in publication
      ? broadcast(carrying, publication.event, effects)
      : sendRendered(publication.rendered, carrying, effects),
    entails?.(found, effects),
  ]);
};

/** Publications whose receivers' connections are asked for at once; of full groups there are 5,000. */
const AT_ONCE = 50;

const publishBatch = async (
  publications: readonly Publication[],
  effects: BroadcastEffects,
): Promise<void> => {
  // Only now that the changes are stored: whoever connects later finds them by syncing, so nobody falls in between.
  // Asked for once for all of them: who hears of one change often hears of the next.
  const found = Map.groupBy(
    await effects.connections.findByUsers([...new Set(publications.flatMap(({ to }) => to))]),
    ({ userId }) => userId,
  );
  await allDone(
    publications.map(async (publication) => {
      try {
        await publishOne(
          publication,
          publication.to.flatMap((userId) => found.get(userId) ?? []),
          effects,
        );
      } catch (error) {
        logger.error('An event was not published', {
          chat_id: publication.chatId,
          event: typeOf(publication),
          error: loggedError(error),
        });
      }
    }),
  );
};

/**
 * Sends events to the connections of those who are to hear them, concurrently. Never throws, and changes no answer:
 * what is stored is stored, and whoever missed an event sees the gap in `rev` and syncs.
 */
export const publish = async (
  publications: readonly Publication[],
  effects: BroadcastEffects = liveBroadcast,
): Promise<void> => {
  const heard = publications.filter(({ to }) => to.length > 0);
  for (let start = 0; start < heard.length; start += AT_ONCE) {
    const batch = heard.slice(start, start + AT_ONCE);
    try {
      await publishBatch(batch, effects);
    } catch (error) {
      // Broadcasting counts a message otherwise: it is sent, though nobody could be told.
      const messages = batch.filter((publication) => typeOf(publication) === 'new_message').length;
      if (messages > 0) effects.metrics({ MessagesSent: messages });
      logger.error('Events were not published', { events: batch.map(typeOf), error: loggedError(error) });
    }
  }
};
