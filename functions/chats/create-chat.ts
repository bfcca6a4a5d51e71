import { limits } from '../contract/limits.ts';
import type { ChatDetail } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { getChangedChat, liveChats, type ChatEffects } from './chats.ts';
import type { CreateChatBody } from './contract.ts';
import { issueAt, refuseNotActive, withRoomForChats } from './existing-users.ts';
import { showChat } from './show-chat.ts';

export interface CreatedChat {
  readonly chat: ChatDetail;
  /** False for a direct chat that was there already. */
  readonly created: boolean;
}

/**
 * Makes a group, or opens the direct chat with someone, which exists at most once a pair.
 *
 * @throws ServiceError `user_not_found`, `group_full` or `validation_failed`; `session_revoked` when the account is gone
 */
export const createChat = async (
  actor: Actor,
  input: CreateChatBody,
  effects: ChatEffects = liveChats,
): Promise<Outcome<CreatedChat>> => {
  const otherIds = [...new Set(input.participant_ids)].filter((id) => id !== actor.userId);
  const at = effects.clock();

  const make = () => {
    if (input.chat_type === 'direct') {
      const [peerId] = otherIds;
      if (peerId === undefined || otherIds.length > 1) {
        throw new ServiceError(
          'validation_failed',
          issueAt('participant_ids', 'A direct chat has exactly one other participant'),
        );
      }
      return effects.chats.openDirect({ userId: actor.userId, peerId, at });
    }
    if (otherIds.length + 1 > limits.group_members) {
      throw new ServiceError(
        'group_full',
        issueAt('participant_ids', `A group has at most ${limits.group_members} members in all`),
      );
    }
    return effects.chats.insertGroup({
      name: input.name,
      creatorId: actor.userId,
      memberIds: otherIds,
      at,
    });
  };

  const made = await withRoomForChats('participant_ids', make);
  if (made.outcome === 'not_active') return refuseNotActive(made.userIds, 'participant_ids', actor);
  const chat = await getChangedChat(actor, made.id, effects);
  if (made.outcome === 'found') return { result: { chat, created: false }, events: [] };
  return {
    result: { chat, created: true },
    events: [
      {
        chatId: chat.id,
        to: chat.participants.map(({ id }) => id),
        rendered: showChat('chat_created', { chatId: chat.id, rev: 0 }, effects),
      },
    ],
  };
};
