import { liveBroadcast, type BroadcastEffects } from '../events/broadcast.ts';
import type { Outcome } from '../events/publish.ts';
import { epochSeconds } from '../platform/clock.ts';
import {
  liveRemoval,
  removedConnectionEvents,
  storeLastSeen,
  type ConnectionKey,
  type RemovalEffects,
} from './removed-connection.ts';

export interface EndExpiredConnectionEffects extends RemovalEffects {
  readonly gateway: Pick<BroadcastEffects['gateway'], 'close'>;
}

const liveEffects: EndExpiredConnectionEffects = { ...liveRemoval, gateway: liveBroadcast.gateway };

/**
 * Ends a connection whose lease has expired, as its `$disconnect` would have. Closes a socket that is still open, so
 * that its client notices the loss and reconnects.
 *
 * @returns whether the connection was ended; false when its lease was renewed, or the connection was removed,
 *   meanwhile. The events are those of `closeConnection`.
 */
export const endExpiredConnection = async (
  { userId, connectionId }: ConnectionKey,
  effects: EndExpiredConnectionEffects = liveEffects,
): Promise<Outcome<boolean>> => {
  const change = await effects.connections.removeExpired(userId, connectionId, epochSeconds(effects.clock()));
  if (change === undefined) return { result: false, events: [] };
  const [events] = await Promise.all([
    removedConnectionEvents(change, { userId, connectionId }, effects),
    storeLastSeen(userId, effects),
    effects.gateway.close(connectionId),
  ]);
  return { result: true, events };
};
