import type { Participant } from '../contract/schemas.ts';
import type { Presences } from '../presence/find-presences.ts';
import type { ParticipantRow } from './stores/participants.ts';

/** A participant as the others see them. */
export const toParticipant = (row: ParticipantRow, presences: Pick<Presences, 'has'>): Participant => ({
  ...row,
  joined_at: row.joined_at.toISOString(),
  online: presences.has(row.id),
});
