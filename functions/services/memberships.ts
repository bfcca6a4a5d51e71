import type { MembershipChange } from '../repositories/mysql/chats.ts';
import { limits } from '../routes/limits.ts';
import type { ChatDetail, Participant } from '../routes/schemas.ts';
import type { Actor } from './actor.ts';
import { assertUsersExist, getChat, liveChats, withRoomForChats, type ChatEffects } from './chats.ts';
import { ServiceError } from './service-error.ts';

/** The change, when it was made. @throws ServiceError for every other outcome */
const changed = (change: MembershipChange) => {
  switch (change.outcome) {
    case 'changed':
      return change;
    case 'not_participant':
      throw new ServiceError('chat_not_found');
    case 'not_admin':
      throw new ServiceError('not_group_admin');
    case 'not_member':
      throw new ServiceError('participant_not_found');
    case 'group_full':
      throw new ServiceError('group_full', {
        detail: `A group has at most ${limits.group_members} members in all.`,
        issues: [{ path: 'user_ids', message: `A group has at most ${limits.group_members} members in all` }],
      });
    case 'last_admin':
    case 'user_not_found':
      throw new ServiceError(change.outcome);
  }
};

/** Who was added to or removed from a chat, and who is in it now. */
export interface MembershipNews {
  readonly chatId: number;
  readonly userIds: readonly number[];
  readonly memberIds: readonly number[];
}

/** Renames a group. @throws ServiceError `chat_not_found` or `not_group_admin` */
export const renameChat = async (
  actor: Actor,
  chatId: number,
  name: string,
  effects: ChatEffects = liveChats,
): Promise<ChatDetail> => {
  const outcome = await effects.chats.rename(chatId, actor.userId, name, effects.clock());
  if (outcome === 'not_participant') throw new ServiceError('chat_not_found');
  if (outcome === 'not_admin') throw new ServiceError('not_group_admin');
  return getChat(actor, chatId, effects);
};

/**
 * Adds people to a group, all of them or none; who is in it already stays as they are.
 *
 * @throws ServiceError `chat_not_found`, `not_group_admin`, `user_not_found`, `group_full` or
 * `too_many_chats`
 */
export const addParticipants = async (
  actor: Actor,
  chatId: number,
  ids: readonly number[],
  effects: ChatEffects = liveChats,
): Promise<{ readonly chat: ChatDetail; readonly news: MembershipNews }> => {
  const userIds = [...new Set(ids)];
  const before = await getChat(actor, chatId, effects);
  if (!before.is_admin) throw new ServiceError('not_group_admin');
  await assertUsersExist(userIds, 'user_ids', actor, effects);
  const change = changed(
    await withRoomForChats('user_ids', () =>
      effects.chats.addParticipants(chatId, actor.userId, userIds, effects.clock()),
    ),
  );
  return { chat: await getChat(actor, chatId, effects), news: { chatId, ...change } };
};

/**
 * Removes someone from a group. Removing oneself is leaving, but for the last admin while others remain: leaving hands
 * over, this does not.
 *
 * @throws ServiceError `chat_not_found`, `not_group_admin`, `participant_not_found` or `last_admin`
 */
export const removeParticipant = async (
  actor: Actor,
  chatId: number,
  userId: number,
  { chats }: Pick<ChatEffects, 'chats'> = liveChats,
): Promise<MembershipNews> => ({
  chatId,
  ...changed(await chats.removeParticipant(chatId, actor.userId, userId)),
});

/** What leaving a chat came to. */
export interface Departure {
  readonly news: MembershipNews;
  /** Who became admin by it. */
  readonly heirId: number | null;
}

/**
 * Leaves a group; a direct chat is only hidden, which nobody else notices.
 *
 * @returns null for a direct chat
 * @throws ServiceError `chat_not_found`
 */
export const leaveChat = async (
  actor: Pick<Actor, 'userId'>,
  chatId: number,
  { chats }: Pick<ChatEffects, 'chats'> = liveChats,
): Promise<Departure | null> => {
  const left = await chats.leave(chatId, actor.userId);
  if (left === undefined) throw new ServiceError('chat_not_found');
  if (left.hidden) return null;
  return {
    news: { chatId, userIds: [actor.userId], memberIds: left.memberIds },
    heirId: left.heirId,
  };
};

/**
 * Makes someone admin of a group, or no longer.
 *
 * @throws ServiceError `chat_not_found`, `not_group_admin`, `participant_not_found` or `last_admin`
 */
export const setAdmin = async (
  actor: Actor,
  chatId: number,
  userId: number,
  isAdmin: boolean,
  effects: ChatEffects = liveChats,
): Promise<{ readonly participant: Participant; readonly memberIds: readonly number[] }> => {
  const change = changed(await effects.chats.setAdmin(chatId, actor.userId, userId, isAdmin));
  const { participants } = await getChat(actor, chatId, effects);
  const participant = participants.find(({ id }) => id === userId);
  // Gone between the change and the look.
  if (participant === undefined) throw new ServiceError('participant_not_found');
  return { participant, memberIds: change.userIds.length === 0 ? [] : change.memberIds };
};
