import { loggedError, logger } from '../platform/logger.ts';
import type { Connection } from '../repositories/dynamodb/connections.ts';
import type { EventType, ServerEvent } from '../routes/frames.ts';
import { broadcast, liveBroadcast, type BroadcastEffects } from './broadcast.ts';
import { carries } from './live-connections.ts';

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
  /** Users whose connections get it, those that carry the chat; asked for once the result stands where it takes a query. */
  readonly to: readonly number[] | (() => Promise<readonly number[]>);
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
  await Promise.all(
    [...rendered].map(([userId, event]) => broadcast(byUser.get(userId) ?? [], event, effects)),
  );
};

const publishOne = async (publication: Publication, effects: BroadcastEffects): Promise<void> => {
  const { chatId, except, entails } = publication;
  const to = typeof publication.to === 'function' ? await publication.to() : publication.to;
  if (to.length === 0) return;
  let found: readonly Connection[];
  try {
    // Only now that the change is stored: whoever connects later finds it by syncing, so nobody falls in between.
    found = await effects.connections.findByUsers(to);
  } catch (error) {
    // Broadcasting counts a message otherwise: it is sent, though nobody could be told.
    if (typeOf(publication) === 'new_message') effects.metrics({ MessagesSent: 1 });
    throw error;
  }
  const carrying = found.filter(
    (connection) => carries(connection, chatId) && connection.connectionId !== except,
  );
  await Promise.all([
    'event' in publication
      ? broadcast(carrying, publication.event, effects)
      : sendRendered(publication.rendered, carrying, effects),
    entails?.(found, effects),
  ]);
};

/**
 * Sends events to the connections of those who are to hear them, concurrently. Never throws, and changes no answer:
 * what is stored is stored, and whoever missed an event sees the gap in `rev` and syncs.
 */
export const publish = async (
  publications: readonly Publication[],
  effects: BroadcastEffects = liveBroadcast,
): Promise<void> => {
  await Promise.all(
    publications.map(async (publication) => {
      try {
        await publishOne(publication, effects);
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
