import { systemClock, type Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { metrics, type Metrics } from '../platform/metrics.ts';
import {
  createConnectionGateway,
  type ConnectionGateway,
  type PostResult,
} from '../gateways/connection-gateway.ts';
import {
  ConnectionNotRegisteredError,
  type Connection,
  type ConnectionRepository,
} from '../repositories/dynamodb/connections.ts';
import type { ServerEvent } from '../routes/frames.ts';
import { EVENT_BYTES_MAX } from '../routes/limits.ts';
import { carries, isLive, liveConnections } from './live-connections.ts';

export interface BroadcastEffects {
  readonly connections: ConnectionRepository;
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

/**
 * A frame as text, stamped with the time. A message in a frame that would be too large for API Gateway goes
 * without its content, as does a chat's last message: the client fetches it by id.
 */
export const encodeFrame = (frame: object, clock: Clock): string => {
  const stamped = { ...frame, timestamp: clock().toISOString() };
  const text = JSON.stringify(stamped);
  if (Buffer.byteLength(text) <= EVENT_BYTES_MAX) return text;
  const { message, chat } = frame as { message?: object; chat?: { last_message: object | null } };
  const cut = { content: null, truncated: true };
  return JSON.stringify({
    ...stamped,
    ...(message === undefined ? {} : { message: { ...message, ...cut } }),
    ...(chat?.last_message == null
      ? {}
      : { chat: { ...chat, last_message: { ...chat.last_message, ...cut } } }),
  });
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

/**
 * Tells everyone in a chat. Never throws: an event that was not told undoes nothing.
 *
 * @param except a connection that is not told, because it caused the event
 */
export const broadcastToChat = async (
  chat: { readonly id: number; readonly memberIds: readonly number[] },
  event: ServerEvent,
  effects: BroadcastEffects = liveBroadcast,
  except?: string,
): Promise<void> => {
  try {
    const connections = await effects.connections.findByUsers(chat.memberIds);
    const chosen = connections.filter(
      (connection) => carries(connection, chat.id) && connection.connectionId !== except,
    );
    await broadcast(chosen, event, effects);
  } catch (error) {
    // Who missed the event sees the gap in seq and rev, and syncs.
    logger.error('An event was not broadcast', { event: event.type, error: loggedError(error) });
  }
};
