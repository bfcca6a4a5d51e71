import { LEASE_SECONDS } from '../contract/limits.ts';
import { liveBroadcast, type BroadcastEffects } from '../events/broadcast.ts';
import { epochSeconds, type Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import type { Actor } from '../sessions/actor.ts';
import { ConnectionNotRegisteredError, type Connection } from './stores/connections.ts';

/** A connection as API Gateway tells of it with every event. */
export interface ConnectionIdentity {
  readonly connectionId: string;
  readonly connectedAtMs: number;
  /** The one chat that the connection was opened for, or null. */
  readonly scope: number | null;
}

const leaseFrom = (clock: Clock): number => epochSeconds(clock()) + LEASE_SECONDS;

/** How a connection stands when it opens. */
export const newConnection = (actor: Actor, identity: ConnectionIdentity, clock: Clock): Connection => ({
  ...identity,
  userId: actor.userId,
  sessionId: actor.sessionId,
  leaseUntil: leaseFrom(clock),
  tokenExpiresAt: actor.tokenExpiresAt,
  seenAtMs: clock().getTime(),
  joined: new Set(identity.scope === null ? [] : [identity.scope]),
  typing: new Map(),
});

/**
 * Runs a change of a registered connection. One that sends and is not registered is registered first: its
 * registration was lost, or given up too early.
 */
export const onRegistered = async <T>(
  actor: Actor,
  identity: ConnectionIdentity,
  effects: BroadcastEffects,
  change: () => Promise<T>,
): Promise<T> => {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof ConnectionNotRegisteredError)) throw error;
    await effects.connections.register(newConnection(actor, identity, effects.clock));
    return change();
  }
};

/** A frame renews a lease that is older than this; a lease lasts eleven minutes. */
const RENEW_SECONDS = 60;
const REMEMBERED_MAX = 10_000;
const renewedAt = new Map<string, number>();

/**
 * Keeps a connection's presence alive; any frame does. This function remembers what it renewed a moment ago, so
 * that a lively conversation does not write a lease for every message. Never throws: the next frame tries again.
 */
export const keepAlive = async (
  actor: Actor,
  identity: ConnectionIdentity,
  effects: BroadcastEffects = liveBroadcast,
): Promise<void> => {
  const { connectionId, connectedAtMs } = identity;
  const now = epochSeconds(effects.clock());
  // Opening it was a renewal, of which every function knows.
  const last = Math.max(connectedAtMs / 1000, renewedAt.get(connectionId) ?? 0);
  if (now - last < RENEW_SECONDS) return;
  try {
    await onRegistered(actor, identity, effects, () =>
      effects.connections.renewLease(
        actor.userId,
        connectionId,
        leaseFrom(effects.clock),
        effects.clock().getTime(),
      ),
    );
    if (renewedAt.size >= REMEMBERED_MAX) renewedAt.clear();
    renewedAt.set(connectionId, now);
  } catch (error) {
    logger.warn('A lease was not renewed', { error: loggedError(error) });
  }
};
