import { limits } from '../contract/limits.ts';
import type { ChatDetail } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Outcome } from '../events/publish.ts';
import { contentStore } from '../messages/live.ts';
import { systemClock } from '../platform/clock.ts';
import { liveConnections } from '../presence/live.ts';
import { messageFiles } from '../files/live.ts';
import { reactionStore } from '../reactions/live.ts';
import type { Actor } from '../sessions/actor.ts';
import type { CreateChatBody } from './contract.ts';
import { refuseBlocked, refuseFull, refuseNotActive, withRoomForChats } from './existing-users.ts';
import { getChangedChat, type GetChatEffects } from './get-chat.ts';
import { chatStore, newChatStore, participantStore } from './live.ts';
import { fitsGroup } from './rules.ts';
import { showChat, type ShowChatEffects } from './show-chat.ts';
import type { NewChatStore } from './stores/new-chats.ts';

export type CreateChatEffects = GetChatEffects & ShowChatEffects & { readonly newChats: NewChatStore };

const liveEffects: CreateChatEffects = {
  newChats: newChatStore,
  chats: chatStore,
  participants: participantStore,
  contents: contentStore,
  reactions: reactionStore,
  files: messageFiles,
  connections: liveConnections,
  clock: systemClock,
};

export interface CreatedChat {
  readonly chat: ChatDetail;
  /** False for a direct chat that existed already. */
  readonly created: boolean;
}

/**
 * Creates a group, or opens the direct chat with a user; each pair of users has at most one direct chat.
 *
 * @throws ServiceError `cannot_message_user`, `cannot_add_user`, `user_not_found`, `group_full`, `too_many_chats` or
 *   `validation_failed`; `session_revoked` when the actor's account is gone
 */
export const createChat = async (
  actor: Actor,
  input: CreateChatBody,
  effects: CreateChatEffects = liveEffects,
): Promise<Outcome<CreatedChat>> => {
  const otherIds = [...new Set(input.participant_ids)].filter((id) => id !== actor.userId);
  const at = effects.clock();

  const make = () => {
    if (input.chat_type === 'direct') {
      const [peerId] = otherIds;
      if (peerId === undefined || otherIds.length > 1) {
        throw new ServiceError('validation_failed', {
          path: 'participant_ids',
          detail: 'A direct chat has exactly one other participant',
        });
      }
      return effects.newChats.openDirect({ userId: actor.userId, peerId, at });
    }
    const { name } = input;
    if (typeof name !== 'string') {
      throw new ServiceError('validation_failed', { path: 'name', detail: 'A group needs a name' });
    }
    if (!fitsGroup(otherIds.length + 1, limits.group_members)) {
      return refuseFull('participant_ids');
    }
    return effects.newChats.insertGroup({
      name,
      creatorId: actor.userId,
      memberIds: otherIds,
      at,
    });
  };

  const made = await withRoomForChats('participant_ids', make);
  if (made.outcome === 'not_active') return refuseNotActive(made.userIds, 'participant_ids', actor);
  if (made.outcome === 'blocked') {
    if (input.chat_type === 'direct') throw new ServiceError('cannot_message_user');
    return refuseBlocked(made.userIds);
  }
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
