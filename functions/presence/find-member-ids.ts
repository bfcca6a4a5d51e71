import type { ParticipantStore } from '../chats/stores/participants.ts';
import { ServiceError } from '../contract/service-error.ts';

/** The ids of a chat's members, the user among them. @throws ServiceError `chat_not_found` when the user is not a member */
export const findMemberIds = async (
  chatId: number,
  userId: number,
  { chats }: { readonly chats: Pick<ParticipantStore, 'findMemberIds'> },
): Promise<number[]> => {
  const memberIds = await chats.findMemberIds(chatId, userId);
  if (memberIds === undefined) throw new ServiceError('chat_not_found');
  return memberIds;
};
