import type { Publication } from '../events/publish.ts';
import { endPresence } from '../presence/end-presence.ts';
import type { GoneEffects } from '../presence/removed-connection.ts';
import { findParticipant, type FindParticipantEffects } from './find-participant.ts';
import { showChat, type ShowChatEffects } from './show-chat.ts';
import type { GroupChanged, GroupLeft, RoleChanged } from './stores/locked-groups.ts';

/** What a group's members, and who is one no longer, are shown by. */
export type MembershipEffects = ShowChatEffects & FindParticipantEffects & Pick<GoneEffects, 'participants'>;

/**
 * The event of users who are in a group no longer, for its members and for these users, whose presence in the group
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
  entails: (found, { connections, clock }) =>
    endPresence(
      chatId,
      found.filter(({ userId }) => userIds.includes(userId)),
      { connections, clock, participants },
    ),
});

/** The events of a participant whose role changed: one for the group, and the chat for themselves. */
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

/** The events of a user who left a group, and of the heir who became its owner by that. */
export const departureEvents = (
  userId: number,
  { chatId, rev, memberIds, heir }: GroupLeft,
  effects: MembershipEffects,
): Publication[] => [
  removalEvent(chatId, rev, [userId], memberIds, effects),
  ...(heir === null ? [] : participantEvents(chatId, heir, memberIds, effects)),
];

/** The events of users who were taken out of a group by a change, if anybody was, and of the heir to its owner. */
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

/** The events of users who came into a group, if anybody did: for its members, and the chat for themselves. */
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
