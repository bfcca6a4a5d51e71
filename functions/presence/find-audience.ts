import type { ParticipantStore } from '../chats/stores/participants.ts';
import { ServiceError } from '../contract/service-error.ts';

/**
 * The ids of those of a chat's members who may see the user's presence: all except those whom the user has blocked.
 *
 * @throws ServiceError `chat_not_found` when the user is not a member
 */
export const findPresenceAudience = async (
  chatId: number,
  userId: number,
  { participants }: { readonly participants: Pick<ParticipantStore, 'findPresenceAudience'> },
): Promise<number[]> => {
  const memberIds = await participants.findPresenceAudience(chatId, userId);
  if (memberIds === undefined) throw new ServiceError('chat_not_found');
  return memberIds;
};

/**
 * The ids of those of a chat's members who may see the user type: all except those with whom the user has a block, in
 * either direction.
 *
 * @throws ServiceError `chat_not_found` when the user is not a member
 */
export const findTypingAudience = async (
  chatId: number,
  userId: number,
  { participants }: { readonly participants: Pick<ParticipantStore, 'findUnblockedIds'> },
): Promise<number[]> => {
  const memberIds = await participants.findUnblockedIds(chatId, userId);
  if (memberIds === undefined) throw new ServiceError('chat_not_found');
  return memberIds;
};
