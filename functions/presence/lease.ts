import { LEASE_SECONDS } from '../contract/limits.ts';
import { liveBroadcast, type BroadcastEffects } from '../events/broadcast.ts';
import { epochSeconds, type Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { createBoundedCache } from '../platform/bounded-cache.ts';
import type { Actor } from '../sessions/actor.ts';
import { ConnectionNotRegisteredError } from './live.ts';
import type { Connection, ConnectionStore } from './stores/connections.ts';

/** The properties of a connection that every event of API Gateway contains. */
export interface ConnectionIdentity {
  readonly connectionId: string;
  readonly connectedAtMs: number;
  /** The id of the one chat that the connection was opened for, or null. */
  readonly scope: number | null;
}

/** Dependencies of service functions that change a connection's registration upon its frames. */
export interface RegistrationEffects {
  readonly connections: Pick<ConnectionStore, 'register' | 'renewLease'>;
  readonly gateway: Pick<BroadcastEffects['gateway'], 'isOpen'>;
  readonly clock: Clock;
}

/** The live effects of registrations in this stage. */
export const liveRegistration: Pick<BroadcastEffects, 'connections' | 'gateway' | 'clock'> = liveBroadcast;

const leaseFrom = (clock: Clock): number => epochSeconds(clock()) + LEASE_SECONDS;

/**
 * A new registration, for a connection that opens now or that sends a frame without having one. It has joined no
 * chat.
 */
export const newConnection = (actor: Actor, identity: ConnectionIdentity, clock: Clock): Connection => ({
  ...identity,
  userId: actor.userId,
  sessionId: actor.sessionId,
  leaseUntil: leaseFrom(clock),
  tokenExpiresAt: actor.tokenExpiresAt,
  seenAtMs: clock().getTime(),
  joined: new Set(),
  typing: new Map(),
});

/** The result of a change to a registration, or undefined when the connection is not registered. */
const ifRegistered = async <T>(change: () => Promise<T>): Promise<{ readonly result: T } | undefined> => {
  try {
    return { result: await change() };
  } catch (error) {
    if (error instanceof ConnectionNotRegisteredError) return undefined;
    throw error;
  }
};

/**
 * Runs a change of a connection's registration. When the connection is not registered, it has closed while its last
 * frame was in flight, or its registration was lost or expired too early. In the latter case it is registered again,
 * since a client that sends frames is connected. It has then joined no chat, not even the one in its scope, whose
 * members were told that the user left; the client has to join again.
 *
 * @param change throws ConnectionNotRegisteredError when the connection is not registered
 * @returns undefined when the connection has closed
 */
export const changeOrReregister = async <T>(
  actor: Actor,
  identity: ConnectionIdentity,
  { connections, gateway, clock }: RegistrationEffects,
  change: () => Promise<T>,
): Promise<T | undefined> => {
  const changed = await ifRegistered(change);
  if (changed !== undefined) return changed.result;
  const { connectionId } = identity;
  await connections.register(newConnection(actor, identity, clock));
  // Looked up after the registration: if the connection closes later, its $disconnect removes the registration.
  if (await gateway.isOpen(connectionId)) return (await ifRegistered(change))?.result;
  // Only the lease is ended here: a concurrent frame may have joined a chat, and the reaper publishes the events for
  // that.
  await ifRegistered(() => connections.renewLease(actor.userId, connectionId, epochSeconds(clock())));
  return undefined;
};

/** A frame renews the lease when the last renewal is at least this many seconds ago; a lease lasts `LEASE_SECONDS`. */
const RENEW_SECONDS = 60;
/** Size of the cache of renewals; when it is full, it is emptied. */
const REMEMBERED_MAX = 10_000;
const renewedAt = createBoundedCache<string, number>(REMEMBERED_MAX);

/**
 * Renews the lease of a connection upon any frame. Each execution environment remembers its last renewals, so that a
 * lively conversation does not cause a write for every message. Never throws: the next frame tries again.
 */
export const keepAlive = async (
  actor: Actor,
  identity: ConnectionIdentity,
  effects: RegistrationEffects = liveRegistration,
): Promise<void> => {
  const { connectionId, connectedAtMs } = identity;
  const now = epochSeconds(effects.clock());
  // The registration at $connect began the first lease; every event contains the time of $connect.
  const last = Math.max(connectedAtMs / 1000, renewedAt.get(connectionId) ?? 0);
  if (now - last < RENEW_SECONDS) return;
  try {
    await changeOrReregister(actor, identity, effects, () =>
      effects.connections.renewLease(
        actor.userId,
        connectionId,
        leaseFrom(effects.clock),
        effects.clock().getTime(),
      ),
    );
    renewedAt.set(connectionId, now);
  } catch (error) {
    logger.warn('A lease was not renewed', { error: loggedError(error) });
  }
};
