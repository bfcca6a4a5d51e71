import { truncatablePathOf, type ServerEvent } from '../contract/events.ts';
import { EVENT_BYTES_MAX } from '../contract/limits.ts';
import {
  createConnectionGateway,
  type ConnectionGateway,
  type PostResult,
} from '../gateways/connection-gateway.ts';
import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
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

/** The live effects of broadcasts in this stage. */
export const liveBroadcast: BroadcastEffects = {
  connections: liveConnections,
  gateway: createConnectionGateway((operation, error) =>
    logger.warn('A connection could not be reached', { operation, error: loggedError(error) }),
  ),
  clock: systemClock,
  metrics,
};

/** A copy of the frame in which the message at the path has no content; an absent message stays absent. */
const withoutContent = (part: unknown, [field, ...rest]: readonly string[]): unknown => {
  if (typeof part !== 'object' || part === null) return part;
  if (field === undefined) return { ...part, content: null, truncated: true };
  return { ...part, [field]: withoutContent((part as Record<string, unknown>)[field], rest) };
};

/**
 * Serializes a frame and stamps it with the current time. When the frame would exceed API Gateway's frame size, the
 * content of its message, whose path is in the registry of events, is dropped: the client fetches the message by id.
 */
export const encodeFrame = (frame: { readonly type: string }, clock: Clock): string => {
  const stamped = { ...frame, timestamp: clock().toISOString() };
  const text = JSON.stringify(stamped);
  if (Buffer.byteLength(text) <= EVENT_BYTES_MAX) return text;
  const cut = truncatablePathOf(frame.type);
  return cut === undefined ? text : JSON.stringify(withoutContent(stamped, cut));
};

/**
 * API Gateway answers 410 also for a connection whose `$connect` has not returned yet: a connection younger than this
 * may still be opening.
 */
const CONNECTING_MS = 10_000;

/**
 * Ends the lease of a connection that is gone. The reaper then removes the connection and publishes that the user
 * went offline.
 */
const endLease = async (
  { userId, connectionId, connectedAtMs }: Connection,
  { connections, clock }: BroadcastEffects,
): Promise<void> => {
  if (clock().getTime() - connectedAtMs < CONNECTING_MS) return;
  try {
    await connections.renewLease(userId, connectionId, epochSeconds(clock()));
  } catch (error) {
    if (!(error instanceof ConnectionNotRegisteredError)) {
      logger.warn('The lease of a connection that is gone could not be ended', { error: loggedError(error) });
    }
  }
};

/** The results of an event's posts. */
export interface PostTally extends Readonly<Record<PostResult, number>> {
  /** When the last delivered post completed, in milliseconds since 1970; 0 when none was delivered. */
  readonly lastDeliveredAtMs: number;
}

export const noPosts: PostTally = { delivered: 0, failed: 0, gone: 0, lastDeliveredAtMs: 0 };

/**
 * Sends an event to the live connections among those given. The event is serialized once, and the posts run
 * concurrently. Ends the lease of each connection that turns out to be gone. Never throws.
 */
export const broadcast = async (
  connections: readonly Connection[],
  event: ServerEvent,
  effects: BroadcastEffects,
): Promise<PostTally> => {
  const live = connections.filter((connection) => isLive(connection, effects.clock));
  if (live.length === 0) return noPosts;
  const data = encodeFrame(event, effects.clock);
  const tally = { ...noPosts };
  await Promise.all(
    live.map(async (connection) => {
      const result = await effects.gateway.post(connection.connectionId, data);
      tally[result] += 1;
      if (result === 'delivered') tally.lastDeliveredAtMs = effects.clock().getTime();
      if (result === 'gone') await endLease(connection, effects);
    }),
  );
  return tally;
};
