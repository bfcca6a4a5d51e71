import { limits } from '../contract/limits.ts';
import type { ChatDetail, Participant } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Outcome, Publication } from '../events/publish.ts';
import { endPresence } from '../presence/end-presence.ts';
import type { Actor } from '../sessions/actor.ts';
import { getChangedChat, liveChats, type ChatEffects } from './chats.ts';
import { refuseNotActive, withRoomForChats } from './existing-users.ts';
import { findParticipant } from './participants.ts';
import { showChat } from './show-chat.ts';
import type { GroupLeft, MembershipChange } from './stores/chats.ts';

/** The change, when it was made. @throws ServiceError for every other outcome */
const changed = (change: MembershipChange, actor: Pick<Actor, 'userId'>) => {
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
    case 'not_active':
      return refuseNotActive(change.userIds, 'user_ids', actor);
    case 'last_admin':
      throw new ServiceError('last_admin');
  }
};

/**
 * Renames a group; the name that it has already changes nothing.
 *
 * @throws ServiceError `chat_not_found` or `not_group_admin`
 */
export const renameChat = async (
  actor: Actor,
  chatId: number,
  name: string,
  effects: ChatEffects = liveChats,
): Promise<Outcome<ChatDetail>> => {
  const change = changed(await effects.chats.rename(chatId, actor.userId, name, effects.clock()), actor);
  const { rev, memberIds } = change;
  return {
    result: await getChangedChat(actor, chatId, effects),
    events:
      rev === null
        ? []
        : [{ chatId, to: memberIds, rendered: showChat('chat_updated', { chatId, rev }, effects) }],
  };
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
): Promise<Outcome<ChatDetail>> => {
  const change = changed(
    await withRoomForChats('user_ids', () =>
      effects.chats.addParticipants(chatId, actor.userId, [...new Set(ids)], effects.clock()),
    ),
    actor,
  );
  const { rev, userIds: added, memberIds } = change;
  return {
    result: await getChangedChat(actor, chatId, effects),
    events:
      rev === null
        ? []
        : [
            {
              chatId,
              to: memberIds,
              event: { type: 'participants_added', chat_id: chatId, rev, user_ids: [...added] },
            },
            { chatId, to: added, rendered: showChat('chat_created', { chatId, rev }, effects) },
          ],
  };
};

/** What tells a group, and those who were in it until now, that they are no longer; their presence in it ends. */
const removalOf = (
  chatId: number,
  rev: number,
  userIds: readonly number[],
  memberIds: readonly number[],
): Publication => ({
  chatId,
  to: [...userIds, ...memberIds],
  event: { type: 'participants_removed', chat_id: chatId, rev, user_ids: [...userIds] },
  entails: (found, effects) =>
    endPresence(
      { id: chatId, memberIds },
      found.filter(({ userId }) => userIds.includes(userId)),
      effects,
    ),
});

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
): Promise<Outcome<null>> => {
  const change = changed(await chats.removeParticipant(chatId, actor.userId, userId), actor);
  const { rev, userIds, memberIds } = change;
  return { result: null, events: rev === null ? [] : [removalOf(chatId, rev, userIds, memberIds)] };
};

/** What tells a group of someone whose part in it changed, and shows them the chat as they see it now. */
const participantEvents = (
  chatId: number,
  userId: number,
  rev: number,
  memberIds: readonly number[],
  effects: ChatEffects,
): Publication[] => [
  {
    chatId,
    to: memberIds,
    rendered: {
      type: 'participant_updated',
      render: async (receiverIds) => {
        const participant = await findParticipant(chatId, userId, effects);
        // Gone since: an event of its own tells that.
        if (participant === undefined) return new Map();
        const event = { type: 'participant_updated' as const, chat_id: chatId, rev, participant };
        return new Map(receiverIds.map((id) => [id, event]));
      },
    },
  },
  { chatId, to: [userId], rendered: showChat('chat_updated', { chatId, rev }, effects) },
];

/** What tells a group that a user left it, and who became its admin by that. */
export const departureEvents = (
  userId: number,
  { chatId, rev, memberIds, heir }: GroupLeft,
  effects: ChatEffects,
): Publication[] => [
  removalOf(chatId, rev, [userId], memberIds),
  ...(heir === null ? [] : participantEvents(chatId, heir.userId, heir.rev, memberIds, effects)),
];

/**
 * Leaves a group; a direct chat is only hidden, which nobody else notices.
 *
 * @throws ServiceError `chat_not_found`
 */
export const leaveChat = async (
  actor: Pick<Actor, 'userId'>,
  chatId: number,
  effects: ChatEffects = liveChats,
): Promise<Outcome<null>> => {
  const result = await effects.chats.leave(chatId, actor.userId);
  if (result === undefined) throw new ServiceError('chat_not_found');
  return {
    result: null,
    events: result.hidden ? [] : departureEvents(actor.userId, result.left, effects),
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
): Promise<Outcome<Participant>> => {
  const change = changed(await effects.chats.setAdmin(chatId, actor.userId, userId, isAdmin), actor);
  const { rev, memberIds } = change;
  const participant = await findParticipant(chatId, userId, effects);
  // Gone between the change and the look.
  if (participant === undefined) throw new ServiceError('participant_not_found');
  return {
    result: participant,
    events: rev === null ? [] : participantEvents(chatId, userId, rev, memberIds, effects),
  };
};
