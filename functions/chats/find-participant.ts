import type { Participant } from '../contract/schemas.ts';
import type { Clock } from '../platform/clock.ts';
import { findPresencesIfKnown } from '../presence/find-presences.ts';
import type { ConnectionStore } from '../presence/stores/connections.ts';
import type { ParticipantStore } from './stores/participants.ts';
import { toParticipant } from './to-participant.ts';

export interface FindParticipantEffects {
  readonly participants: Pick<ParticipantStore, 'findParticipant' | 'findBlocked'>;
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
  readonly clock: Clock;
}

/**
 * Reads one participant as another participant sees them, for the response to a stored change. Undefined when they
 * are not in the chat.
 */
export const findParticipant = async (
  chatId: number,
  userId: number,
  viewerId: number,
  effects: FindParticipantEffects,
): Promise<Participant | undefined> => {
  const [row, presences] = await Promise.all([
    effects.participants.findParticipant(chatId, userId, viewerId),
    findPresencesIfKnown([userId], effects),
  ]);
  return row && toParticipant(row, presences);
};
