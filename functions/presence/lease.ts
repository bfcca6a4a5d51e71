import { LEASE_SECONDS } from '../contract/limits.ts';
import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import type { Actor } from '../sessions/actor.ts';
import { ConnectionNotRegisteredError, liveConnections } from './live.ts';
import type { Connection, ConnectionStore } from './stores/connections.ts';

/** A connection, as every event of API Gateway identifies it. */
export interface ConnectionIdentity {
  readonly connectionId: string;
  readonly connectedAtMs: number;
  /** The id of the one chat that the connection was opened for, or null. */
  readonly scope: number | null;
}

interface RegistrationEffects {
  readonly connections: Pick<ConnectionStore, 'register'>;
  readonly clock: Clock;
}

export interface KeepAliveEffects {
  readonly connections: Pick<ConnectionStore, 'register' | 'renewLease'>;
  readonly clock: Clock;
}

const liveEffects: KeepAliveEffects = { connections: liveConnections, clock: systemClock };

const leaseFrom = (clock: Clock): number => epochSeconds(clock()) + LEASE_SECONDS;

/**
 * The registration of a connection that sends its first frame, or opens, now.
 *
 * @param joined the chats that it is present in, of which their members are then told
 */
export const newConnection = (
  actor: Actor,
  identity: ConnectionIdentity,
  clock: Clock,
  joined: readonly number[] = [],
): Connection => ({
  ...identity,
  userId: actor.userId,
  sessionId: actor.sessionId,
  leaseUntil: leaseFrom(clock),
  tokenExpiresAt: actor.tokenExpiresAt,
  seenAtMs: clock().getTime(),
  joined: new Set(joined),
  typing: new Map(),
});

/**
 * Runs a change of a connection's registration. When the connection is not registered, because its registration was lost
 * or ended too early, it is registered first: whoever sends is connected. It has then joined no chat, not the one in its
 * scope either: its members were told that the user left, and the frame may be handled after the connection has closed. It
 * comes back by joining.
 *
 * @param change throws ConnectionNotRegisteredError when the connection is not registered
 */
export const onRegistered = async <T>(
  actor: Actor,
  identity: ConnectionIdentity,
  { connections, clock }: RegistrationEffects,
  change: () => Promise<T>,
): Promise<T> => {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof ConnectionNotRegisteredError)) throw error;
    await connections.register(newConnection(actor, identity, clock));
    return change();
  }
};

/** A frame renews the lease when the last renewal is at least this long ago; a lease lasts `LEASE_SECONDS`. */
const RENEW_SECONDS = 60;
/** Connections whose last renewal a function remembers; beyond that it forgets all of them. */
const REMEMBERED_MAX = 10_000;
const renewedAt = new Map<string, number>();

/**
 * Renews the lease of a connection that has sent a frame, whichever frame it is. Each Lambda function remembers its last
 * renewals, so that a lively conversation does not write a lease for every message. Never throws: the next frame tries
 * again.
 */
export const keepAlive = async (
  actor: Actor,
  identity: ConnectionIdentity,
  effects: KeepAliveEffects = liveEffects,
): Promise<void> => {
  const { connectionId, connectedAtMs } = identity;
  const now = epochSeconds(effects.clock());
  // The registration at $connect set the first lease, and every event says when that was.
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
