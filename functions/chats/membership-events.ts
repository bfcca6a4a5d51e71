import type { Publication } from '../events/publish.ts';
import { endPresence } from '../presence/end-presence.ts';
import { findParticipant, type FindParticipantEffects } from './find-participant.ts';
import { showChat, type ShowChatEffects } from './show-chat.ts';
import type { GroupLeft } from './stores/groups.ts';

/**
 * The event of users who are in a group no longer, for its members and for these users, whose presence in the group
 * ends.
 */
export const removalEvent = (
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

/** The events of a participant who became an admin or a plain member: one for the group, and the chat for themselves. */
export const participantEvents = (
  chatId: number,
  userId: number,
  rev: number,
  memberIds: readonly number[],
  effects: ShowChatEffects & FindParticipantEffects,
): Publication[] => [
  {
    chatId,
    to: memberIds,
    rendered: {
      type: 'participant_updated',
      render: async (receiverIds) => {
        const [participant, blocked] = await Promise.all([
          // As they see themselves: nothing is hidden.
          findParticipant(chatId, userId, userId, effects),
          effects.participants.findBlocked(userId, receiverIds),
        ]);
        // They have left since, which an event of its own says.
        if (participant === undefined) return new Map();
        const event = { type: 'participant_updated' as const, chat_id: chatId, rev, participant };
        const toBlocked = { ...event, participant: { ...participant, online: false } };
        return new Map(receiverIds.map((id) => [id, blocked.includes(id) ? toBlocked : event]));
      },
    },
  },
  { chatId, to: [userId], rendered: showChat('chat_updated', { chatId, rev }, effects) },
];

/** The events of a user who left a group, and of the heir who became its admin by that. */
export const departureEvents = (
  userId: number,
  { chatId, rev, memberIds, heir }: GroupLeft,
  effects: ShowChatEffects & FindParticipantEffects,
): Publication[] => [
  removalEvent(chatId, rev, [userId], memberIds),
  ...(heir === null ? [] : participantEvents(chatId, heir.userId, heir.rev, memberIds, effects)),
];
