import type { Participant } from '../contract/schemas.ts';
import { avatarUrl } from '../gateways/avatar-urls.ts';
import type { Presences } from '../presence/find-presences.ts';
import type { ParticipantRow } from './stores/participants.ts';

/** Renders a participant as another participant sees them. */
export const toParticipant = (
  { avatar_id: avatarId, is_hidden: isHidden, ...row }: ParticipantRow,
  presences: Pick<Presences, 'has'>,
): Participant => ({
  ...row,
  avatar_url: avatarUrl(avatarId),
  joined_at: row.joined_at.toISOString(),
  online: !isHidden && presences.has(row.id),
});
