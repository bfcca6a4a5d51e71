import type { Participant } from '../contract/schemas.ts';
import type { Presences } from '../presence/find-presences.ts';
import type { ParticipantRow } from './stores/participants.ts';

/** A participant as another one sees them. */
export const toParticipant = (
  { is_hidden: isHidden, ...row }: ParticipantRow,
  presences: Pick<Presences, 'has'>,
): Participant => ({
  ...row,
  joined_at: row.joined_at.toISOString(),
  online: !isHidden && presences.has(row.id),
});
