import { ServiceError } from '../contract/service-error.ts';
import type { Actor } from '../sessions/actor.ts';
import { participantStore } from './live.ts';
import { decideRead } from './rules.ts';
import type { ParticipantStore } from './stores/participants.ts';

export interface AssertMayReadEffects {
  readonly participants: Pick<ParticipantStore, 'findSeat'>;
}

/**
 * Checks the rules for a read, without taking a lock.
 *
 * @throws ServiceError `chat_not_found` or `not_group_admin`
 */
export const assertMayRead = async (
  actor: Pick<Actor, 'userId'>,
  chatId: number,
  action: 'list_bans' | 'invite',
  { participants }: AssertMayReadEffects = { participants: participantStore },
): Promise<void> => {
  const seat = await participants.findSeat(chatId, actor.userId);
  const answer = seat === undefined ? 'not_participant' : decideRead(seat, action);
  if (answer === 'not_participant') throw new ServiceError('chat_not_found');
  if (answer === 'not_admin') throw new ServiceError('not_group_admin');
};
