import type { CreateChatBody } from '../routes/chats.ts';
import { limits } from '../routes/limits.ts';
import type { ChatDetail } from '../routes/schemas.ts';
import type { Actor } from './actor.ts';
import { getChat, liveChats, type ChatEffects } from './chats.ts';
import { assertUsersExist, issueAt } from './existing-users.ts';
import type { Outcome } from './publish.ts';
import { ServiceError } from './service-error.ts';
import { showChat } from './show-chat.ts';

export interface CreatedChat {
  readonly chat: ChatDetail;
  /** False for a direct chat that was there already. */
  readonly created: boolean;
}

/** A chat that is new is shown to everyone in it. */
const toOutcome = (chat: ChatDetail, created: boolean, effects: ChatEffects): Outcome<CreatedChat> => ({
  result: { chat, created },
  events: created
    ? [
        {
          chatId: chat.id,
          to: chat.participants.map(({ id }) => id),
          rendered: showChat('chat_created', { chatId: chat.id, rev: 0 }, effects),
        },
      ]
    : [],
});

/**
 * Makes a group, or opens the direct chat with someone, which exists at most once a pair.
 *
 * @throws ServiceError `user_not_found`, `group_full`, `validation_failed`
 */
export const createChat = async (
  actor: Actor,
  input: CreateChatBody,
  effects: ChatEffects = liveChats,
): Promise<Outcome<CreatedChat>> => {
  const otherIds = [...new Set(input.participant_ids)].filter((id) => id !== actor.userId);
  const at = effects.clock();
  const assertAllExist = async (): Promise<void> => {
    await assertUsersExist(otherIds, 'participant_ids', actor, effects);
  };

  if (input.chat_type === 'direct') {
    const [peerId] = otherIds;
    if (peerId === undefined || otherIds.length > 1) {
      throw new ServiceError(
        'validation_failed',
        issueAt('participant_ids', 'A direct chat has exactly one other participant'),
      );
    }
    await assertAllExist();
    const { id, created } = await effects.chats.openDirect({ userId: actor.userId, peerId, at });
    return toOutcome(await getChat(actor, id, effects), created, effects);
  }

  if (otherIds.length + 1 > limits.group_members) {
    throw new ServiceError(
      'group_full',
      issueAt('participant_ids', `A group has at most ${limits.group_members} members in all`),
    );
  }
  await assertAllExist();
  const id = await effects.chats.insertGroup({
    name: input.name,
    creatorId: actor.userId,
    memberIds: otherIds,
    at,
  });
  return toOutcome(await getChat(actor, id, effects), true, effects);
};
