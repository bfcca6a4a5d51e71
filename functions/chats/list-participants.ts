import { partOf, toPage } from '../contract/pages.ts';
import type { Page, PageQuery, Participant } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { findPresences } from '../presence/find-presences.ts';
import { liveConnections } from '../presence/live.ts';
import type { ConnectionStore } from '../presence/stores/connections.ts';
import type { Actor } from '../sessions/actor.ts';
import { participantStore } from './live.ts';
import type { ParticipantStore } from './stores/participants.ts';
import { toParticipant } from './to-participant.ts';

export interface ListParticipantsEffects {
  readonly participants: Pick<ParticipantStore, 'countParticipants' | 'listParticipantPage'>;
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
  readonly clock: Clock;
}

const liveEffects: ListParticipantsEffects = {
  participants: participantStore,
  connections: liveConnections,
  clock: systemClock,
};

/** A page of participants, earliest joined first. @throws ServiceError `chat_not_found` */
export const listParticipants = async (
  actor: Actor,
  chatId: number,
  page: PageQuery,
  effects: ListParticipantsEffects = liveEffects,
): Promise<Page<Participant>> => {
  const { participants } = effects;
  const [total, rows] = await Promise.all([
    participants.countParticipants(chatId, actor.userId),
    participants.listParticipantPage(chatId, actor.userId, partOf(page)),
  ]);
  if (total === undefined) throw new ServiceError('chat_not_found');
  const presences = await findPresences(
    rows.map(({ id }) => id),
    effects,
  );
  return toPage(
    rows.map((row) => toParticipant(row, presences)),
    total,
    page,
  );
};
