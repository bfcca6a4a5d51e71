import type { ParticipantStore } from '../chats/stores/participants.ts';
import { ServiceError } from '../contract/service-error.ts';

/**
 * The ids of those of a chat's members who see whether the user is there: all but whom the user has blocked.
 *
 * @throws ServiceError `chat_not_found` when the user is not a member
 */
export const findWitnessIds = async (
  chatId: number,
  userId: number,
  { chats }: { readonly chats: Pick<ParticipantStore, 'findWitnessIds'> },
): Promise<number[]> => {
  const memberIds = await chats.findWitnessIds(chatId, userId);
  if (memberIds === undefined) throw new ServiceError('chat_not_found');
  return memberIds;
};

/**
 * The ids of those of a chat's members who see the user type: neither whom the user has blocked nor who has blocked the
 * user.
 *
 * @throws ServiceError `chat_not_found` when the user is not a member
 */
export const findTypingAudience = async (
  chatId: number,
  userId: number,
  { chats }: { readonly chats: Pick<ParticipantStore, 'findUnblockedIds'> },
): Promise<number[]> => {
  const memberIds = await chats.findUnblockedIds(chatId, userId);
  if (memberIds === undefined) throw new ServiceError('chat_not_found');
  return memberIds;
};
