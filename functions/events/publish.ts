import type { EventType, ServerEvent } from '../contract/events.ts';
import { SLICE_USERS } from '../contract/limits.ts';
import { withBoundedPosts } from '../gateways/bounded-posts.ts';
import { loggedError, logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import { slicesOf } from '../platform/slices.ts';
import type { Connection } from '../presence/stores/connections.ts';
import type { PushAudience } from '../notifications/wake-dispatch.ts';
import { liveBroadcast, type BroadcastEffects } from './broadcast.ts';
import { deliver, emitDeliveryMetrics, logFailures, newDelivery, eventTypeOf } from './delivery.ts';

/**
 * An event that is rendered per receiver, once it is known which users of a slice have a connection. A user who is
 * absent from the result gets no event.
 */
export interface RenderedEvent {
  readonly type: EventType;
  readonly render: (userIds: readonly number[]) => Promise<ReadonlyMap<number, ServerEvent>>;
}

/** Metrics of the change that caused an event. */
export interface ChangeMetrics {
  /** Emitted once per publication, also when no receiver could be looked up. */
  readonly counts: Parameters<Metrics>[0];
  /**
   * When the service accepted the change, in milliseconds since 1970: the start of the measured time to the last
   * delivery.
   */
  readonly acceptedAtMs: number;
}

interface Audience {
  readonly chatId: number;
  /**
   * The users who receive the event on their connections that carry the chat. Their connections are looked up in this
   * order, `SLICE_USERS` at a time: a user whose connections `updateConnections` needs must come first.
   */
  readonly to: readonly number[];
  /** The connection that caused the event; it learns the change from the reply. */
  readonly except?: string;
  /**
   * Updates connections concurrently with the event's posts, for one slice of the receivers.
   *
   * @param found all connections of the slice's users
   * @returns the events that follow from the update
   */
  readonly updateConnections?: (
    found: readonly Connection[],
    effects: BroadcastEffects,
  ) => Promise<readonly Publication[]>;
  readonly metrics?: ChangeMetrics;
  /**
   * Runs concurrently with the posts to a slice of the receivers, and queues push notifications for receivers who are
   * not connected. Never throws.
   */
  readonly notify?: (audience: PushAudience) => Promise<void>;
  /** The user whom the event is about; never gets a push notification for it. */
  readonly subjectUserId?: number;
}

/** An event and its receivers. */
export type Publication = Audience & ({ readonly event: ServerEvent } | { readonly rendered: RenderedEvent });

/** The return value of a service function: its result, and the events that report its changes. */
export interface Outcome<Result> {
  readonly result: Result;
  readonly events: readonly Publication[];
  /**
   * Brings another store up to date after the transaction. The response does not wait for it, and nothing is lost
   * when it fails.
   */
  readonly afterCommit?: () => Promise<void>;
}

/** How many publications share their look-ups. Leaving all of one's groups may publish 5,000 events. */
const PUBLICATIONS_AT_ONCE = 50;

/**
 * Sends events to the connections of their receivers. Never throws, and does not affect the response: the change is
 * stored, and a client that missed an event sees the gap in `rev` and syncs.
 *
 * Receivers are processed in slices of `SLICE_USERS`, one after the other, so that memory does not grow with the size
 * of a group. A slice that fails does not stop the others. Events have no order: clients order them by `rev`. See
 * decision 29.
 */
export const publish = async (
  publications: readonly Publication[],
  effects: BroadcastEffects = liveBroadcast,
): Promise<void> => {
  const bounded = { ...effects, gateway: withBoundedPosts(effects.gateway) };
  for (const slice of slicesOf(publications, PUBLICATIONS_AT_ONCE)) await publishTogether(slice, bounded);
};

/** Removes the first `SLICE_USERS` members from a set, and returns them. */
const takeSlice = (userIds: Set<number>): number[] => {
  const slice: number[] = [];
  for (const id of userIds) {
    if (slice.length === SLICE_USERS) break;
    slice.push(id);
    userIds.delete(id);
  }
  return slice;
};

/**
 * Processes the receivers of the publications slice by slice: one look-up of a user's connections serves all
 * publications that the user receives.
 */
const publishTogether = async (
  publications: readonly Publication[],
  effects: BroadcastEffects,
): Promise<void> => {
  const deliveries = publications.map(newDelivery);
  const waiting = new Set(publications.flatMap(({ to }) => to));
  let missedUsers = 0;
  let firstError: unknown;
  while (waiting.size > 0) {
    const userIds = takeSlice(waiting);
    try {
      // Looked up after the changes are stored: a user who connects later gets the changes by syncing.
      const { connections, withDevices } = await effects.connections.findAudience(userIds);
      const slice = { userIds, withDevices, connections: Map.groupBy(connections, ({ userId }) => userId) };
      const followed = await Promise.all(deliveries.map((delivery) => deliver(delivery, slice, effects)));
      for (const delivery of followed.flat()) {
        deliveries.push(delivery);
        for (const id of delivery.pending) waiting.add(id);
      }
    } catch (error) {
      for (const { pending } of deliveries) for (const id of userIds) pending.delete(id);
      firstError = missedUsers === 0 ? error : firstError;
      missedUsers += userIds.length;
    }
  }
  for (const delivery of deliveries) {
    emitDeliveryMetrics(delivery, effects);
    logFailures(delivery);
  }
  if (missedUsers === 0) return;
  logger.error('Events were not published', {
    events: publications.map(eventTypeOf),
    missed_users: missedUsers,
    error: loggedError(firstError),
  });
};
