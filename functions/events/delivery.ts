import type { EventType } from '../contract/events.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { carries, isLive } from '../presence/live.ts';
import type { Connection } from '../presence/stores/connections.ts';
import { broadcast, noPosts, type BroadcastEffects, type PostTally } from './broadcast.ts';
import type { Publication } from './publish.ts';

/** A publication and its progress. */
export interface Delivery {
  readonly publication: Publication;
  /** Receivers whose connections have not been looked up yet. */
  readonly pending: Set<number>;
  posts: PostTally;
  /** Whether the look-up succeeded for at least one slice of the receivers. */
  isLookedUp: boolean;
  readonly failures: unknown[];
}

/** The delivery of a publication before its first look-up. */
export const newDelivery = (publication: Publication): Delivery => ({
  publication,
  pending: new Set(publication.to),
  posts: noPosts,
  isLookedUp: false,
  failures: [],
});

/** The type of the event, whether or not it is rendered per receiver. */
export const eventTypeOf = (publication: Publication): EventType =>
  'event' in publication ? publication.event.type : publication.rendered.type;

const sumOf = (tallies: readonly PostTally[]): PostTally => {
  const sum = { ...noPosts };
  for (const { delivered, failed, gone, lastDeliveredAtMs } of tallies) {
    sum.delivered += delivered;
    sum.failed += failed;
    sum.gone += gone;
    sum.lastDeliveredAtMs = Math.max(sum.lastDeliveredAtMs, lastDeliveredAtMs);
  }
  return sum;
};

/** Sends a publication to those of the connections that carry its chat, without the excepted connection. */
const send = async (
  publication: Publication,
  found: readonly Connection[],
  effects: BroadcastEffects,
): Promise<PostTally> => {
  const { chatId, except } = publication;
  const carrying = found.filter(
    (connection) => carries(connection, chatId) && connection.connectionId !== except,
  );
  if (carrying.length === 0) return noPosts;
  if ('event' in publication) return broadcast(carrying, publication.event, effects);
  const byUser = Map.groupBy(carrying, ({ userId }) => userId);
  const rendered = await publication.rendered.render([...byUser.keys()]);
  return sumOf(
    await Promise.all(
      [...rendered].map(([userId, event]) => broadcast(byUser.get(userId) ?? [], event, effects)),
    ),
  );
};

/** One slice of receivers with their connections. */
export interface Slice {
  readonly userIds: readonly number[];
  readonly connections: ReadonlyMap<number, readonly Connection[]>;
  /** The users of the slice who have a device registered for push. */
  readonly withDevices: ReadonlySet<number>;
}

/**
 * Sends a publication to its receivers in a slice, and concurrently runs `updateConnections` and `notify`. Never
 * throws: errors are added to `failures` of the delivery.
 *
 * @returns the deliveries of the events that `updateConnections` returned, which this slice has received already
 */
export const deliver = async (
  delivery: Delivery,
  slice: Slice,
  effects: BroadcastEffects,
): Promise<Delivery[]> => {
  const { publication, pending, failures } = delivery;
  const userIds = slice.userIds.filter((id) => pending.delete(id));
  if (userIds.length === 0) return [];
  delivery.isLookedUp = true;
  const found = userIds.flatMap((id) => slice.connections.get(id) ?? []);
  const follow = async (): Promise<Delivery[]> => {
    const following = ((await publication.updateConnections?.(found, effects)) ?? []).map(newDelivery);
    const later = await Promise.all(following.map((next) => deliver(next, slice, effects)));
    return [...following, ...later.flat()];
  };
  const notify = async (): Promise<void> => {
    const owners = userIds.filter((id) => slice.withDevices.has(id) && id !== publication.subjectUserId);
    const isHere = (id: number): boolean =>
      (slice.connections.get(id) ?? []).some(
        (connection) => isLive(connection, effects.clock) && carries(connection, publication.chatId),
      );
    await publication.notify?.({ hasDevices: owners.length > 0, isAnyAway: !owners.every(isHere) });
  };
  const [sent, followed] = await Promise.allSettled([send(publication, found, effects), follow(), notify()]);
  if (sent.status === 'fulfilled') delivery.posts = sumOf([delivery.posts, sent.value]);
  else failures.push(sent.reason);
  if (followed.status === 'fulfilled') return followed.value;
  failures.push(followed.reason);
  return [];
};

/**
 * Emits the metrics of a delivery. Emits nothing for an event that has no metrics of its own and reached no
 * connection.
 */
export const emitDeliveryMetrics = (
  { publication: { metrics: change }, posts, isLookedUp }: Delivery,
  { metrics }: Pick<BroadcastEffects, 'metrics'>,
): void => {
  const { delivered, failed, gone, lastDeliveredAtMs } = posts;
  if (change === undefined && delivered + failed + gone === 0) return;
  metrics({
    ...change?.counts,
    ...(isLookedUp ? { Delivered: delivered, PostFailures: failed, GoneConnections: gone } : {}),
    ...(change === undefined || delivered === 0
      ? {}
      : { SendToDeliverMilliseconds: Math.max(0, lastDeliveredAtMs - change.acceptedAtMs) }),
  });
};

/** Logs one line for an event that did not reach every receiver, however many slices failed. */
export const logFailures = (delivery: Delivery): void => {
  const [first] = delivery.failures;
  if (first === undefined) return;
  logger.error('An event was not published', {
    chat_id: delivery.publication.chatId,
    event: eventTypeOf(delivery.publication),
    failures: delivery.failures.length,
    error: loggedError(first),
  });
};
