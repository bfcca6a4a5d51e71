import type { Publication } from '../events/publish.ts';
import { endPresence } from '../presence/end-presence.ts';
import type { PresenceEndEffects } from '../presence/removed-connection.ts';
import { findParticipant, type FindParticipantEffects } from './find-participant.ts';
import { showChat, type ShowChatEffects } from './show-chat.ts';
import type { GroupChanged, GroupLeft, RoleChanged } from './stores/locked-groups.ts';

/** Dependencies of the events that tell members and former members about a changed membership. */
export type MembershipEffects = ShowChatEffects &
  FindParticipantEffects &
  Pick<PresenceEndEffects, 'participants'>;

/**
 * The event `participants_removed`, for the remaining members and for the removed users, whose presence in the chat
 * ends.
 */
const removalEvent = (
  chatId: number,
  rev: number,
  userIds: readonly number[],
  memberIds: readonly number[],
  { participants }: MembershipEffects,
): Publication => ({
  chatId,
  to: [...userIds, ...memberIds],
  event: { type: 'participants_removed', chat_id: chatId, rev, user_ids: [...userIds] },
  updateConnections: (found, { connections, clock }) =>
    endPresence(
      chatId,
      found.filter(({ userId }) => userIds.includes(userId)),
      { connections, clock, participants },
    ),
});

/**
 * The events of a changed role: `participant_updated` for the group, and `chat_updated` for the participant
 * themselves.
 */
export const participantEvents = (
  chatId: number,
  { userId, rev }: RoleChanged,
  memberIds: readonly number[],
  effects: MembershipEffects,
): Publication[] => [
  {
    chatId,
    to: memberIds,
    rendered: {
      type: 'participant_updated',
      render: async (receiverIds) => {
        const [participant, blocked] = await Promise.all([
          // Read as the participant sees themselves, so that nothing is hidden.
          findParticipant(chatId, userId, userId, effects),
          effects.participants.findBlocked(userId, receiverIds),
        ]);
        // The participant has left since; a separate event tells of that.
        if (participant === undefined) return new Map();
        const event = { type: 'participant_updated' as const, chat_id: chatId, rev, participant };
        const toBlocked = { ...event, participant: { ...participant, online: false } };
        return new Map(receiverIds.map((id) => [id, blocked.includes(id) ? toBlocked : event]));
      },
    },
  },
  { chatId, to: [userId], rendered: showChat('chat_updated', { chatId, rev }, effects) },
];

/** The events of a user who left a group, and of the heir who became its owner. */
export const departureEvents = (
  userId: number,
  { chatId, rev, memberIds, heir }: GroupLeft,
  effects: MembershipEffects,
): Publication[] => [
  removalEvent(chatId, rev, [userId], memberIds, effects),
  ...(heir === null ? [] : participantEvents(chatId, heir, memberIds, effects)),
];

/**
 * The events of users whom a change removed from a group, and of the heir when the owner was removed. Empty when
 * nobody was removed.
 */
export const removalEvents = (
  chatId: number,
  { rev, userIds, memberIds, handover }: GroupChanged,
  effects: MembershipEffects,
): Publication[] =>
  rev === null
    ? []
    : userIds.flatMap((userId) =>
        departureEvents(userId, { chatId, rev, memberIds, heir: handover }, effects),
      );

/**
 * The events of users who were added to a group: `participants_added` for the members, `chat_created` for the added
 * users. Empty when nobody was added.
 */
export const additionEvents = (
  chatId: number,
  { rev, userIds, memberIds }: GroupChanged,
  effects: ShowChatEffects,
): Publication[] =>
  rev === null
    ? []
    : [
        {
          chatId,
          to: memberIds,
          event: { type: 'participants_added', chat_id: chatId, rev, user_ids: [...userIds] },
        },
        { chatId, to: userIds, rendered: showChat('chat_created', { chatId, rev }, effects) },
      ];
