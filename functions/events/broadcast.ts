import { cutOf, type ServerEvent } from '../contract/events.ts';
import { EVENT_BYTES_MAX } from '../contract/limits.ts';
import {
  createConnectionGateway,
  type ConnectionGateway,
  type PostResult,
} from '../gateways/connection-gateway.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { metrics, type Metrics } from '../platform/metrics.ts';
import { ConnectionNotRegisteredError, isLive, liveConnections } from '../presence/live.ts';
import type { Connection, ConnectionStore } from '../presence/stores/connections.ts';

export interface BroadcastEffects {
  readonly connections: ConnectionStore;
  readonly gateway: ConnectionGateway;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** The table of connections and the WebSocket API of this stage. */
export const liveBroadcast: BroadcastEffects = {
  connections: liveConnections,
  gateway: createConnectionGateway((operation, error) =>
    logger.warn('A connection could not be reached', { operation, error: loggedError(error) }),
  ),
  clock: systemClock,
  metrics,
};

/** A copy in which the message at the path has no content; an absent message stays absent. */
const withoutContent = (part: unknown, [field, ...rest]: readonly string[]): unknown => {
  if (typeof part !== 'object' || part === null) return part;
  if (field === undefined) return { ...part, content: null, truncated: true };
  return { ...part, [field]: withoutContent((part as Record<string, unknown>)[field], rest) };
};

/**
 * A frame as text, stamped with the time. A frame that would be too large for API Gateway goes without its message's
 * content, where the registry of events says that the message is: the client fetches it by id.
 */
export const encodeFrame = (frame: { readonly type: string }, clock: Clock): string => {
  const stamped = { ...frame, timestamp: clock().toISOString() };
  const text = JSON.stringify(stamped);
  if (Buffer.byteLength(text) <= EVENT_BYTES_MAX) return text;
  const cut = cutOf(frame.type);
  return cut === undefined ? text : JSON.stringify(withoutContent(stamped, cut));
};

/** Connections that API Gateway holds open, but does not let anyone post to before `$connect` has returned. */
const CONNECTING_MS = 10_000;

/** A full group is posted to at once; a thousand devices are not. */
const POSTS_AT_ONCE = 100;

const postTo = async (
  connection: Connection,
  data: string,
  effects: BroadcastEffects,
): Promise<PostResult> => {
  const result = await effects.gateway.post(connection.connectionId, data);
  const age = effects.clock().getTime() - connection.connectedAtMs;
  if (result !== 'gone' || age < CONNECTING_MS) return result;
  try {
    // Not removed: the chats in which its user was present have to be told, which is the reaper's work.
    await effects.connections.renewLease(connection.userId, connection.connectionId, 0);
  } catch (error) {
    if (!(error instanceof ConnectionNotRegisteredError)) {
      logger.warn('The lease of a connection that is gone could not be ended', { error: loggedError(error) });
    }
  }
  return result;
};

/** What became of the posts of one event, as metrics; nothing of an event that nobody was there for. */
const measure = (
  event: ServerEvent,
  posts: readonly PostResult[],
  lastDeliveryMs: number,
  { metrics }: Pick<BroadcastEffects, 'metrics'>,
): void => {
  const message = event.type === 'new_message' ? event.message : undefined;
  if (posts.length === 0 && message === undefined) return;
  const count = (kind: PostResult): number => posts.filter((result) => result === kind).length;
  const delivered = count('delivered');
  metrics({
    Delivered: delivered,
    PostFailures: count('failed'),
    GoneConnections: count('gone'),
    ...(message === undefined ? {} : { MessagesSent: 1 }),
    ...(message === undefined || delivered === 0
      ? {}
      : { SendToDeliverMilliseconds: Math.max(0, lastDeliveryMs - Date.parse(message.timestamp)) }),
  });
};

/**
 * Sends an event to those of the connections that are live. It is serialized once; no post waits for another
 * but for their number, and none that fails undoes what the event tells of. The lease of a
 * connection that is gone ends.
 */
export const broadcast = async (
  connections: readonly Connection[],
  event: ServerEvent,
  effects: BroadcastEffects,
): Promise<void> => {
  const live = connections.filter((connection) => isLive(connection, effects.clock));
  const data = encodeFrame(event, effects.clock);
  const queue = live.values();
  const posts: PostResult[] = [];
  let lastDeliveryMs = 0;
  const lane = async (): Promise<void> => {
    for (const connection of queue) {
      const result = await postTo(connection, data, effects);
      posts.push(result);
      if (result === 'delivered') lastDeliveryMs = effects.clock().getTime();
    }
  };
  await Promise.all(Array.from({ length: Math.min(POSTS_AT_ONCE, live.length) }, lane));
  measure(event, posts, lastDeliveryMs, effects);
};
