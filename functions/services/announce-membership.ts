import type { Connection } from '../repositories/dynamodb/connections.ts';
import { allDone } from './all-done.ts';
import { broadcast, broadcastToChat, liveBroadcast, type BroadcastEffects } from './broadcast.ts';
import { liveChats, toChats, type ChatEffects } from './chats.ts';
import { carries } from './live-connections.ts';
import { endPresence } from './presence.ts';
import type { Departure, MembershipNews } from './memberships.ts';

export type AnnounceMembershipEffects = ChatEffects & BroadcastEffects;

/** The stores and the WebSocket API of this stage. */
export const liveMembership: AnnounceMembershipEffects = { ...liveChats, ...liveBroadcast };

/**
 * Shows a chat to those of its participants who are connected, to each as they see it. One request to MySQL tells
 * how all of them see it.
 */
export const showChat = async (
  type: 'chat_created' | 'chat_updated',
  chatId: number,
  userIds: readonly number[],
  effects: AnnounceMembershipEffects = liveMembership,
): Promise<void> => {
  const found = await effects.connections.findByUsers(userIds);
  const byUser = Map.groupBy<number, Connection>(
    found.filter((connection) => carries(connection, chatId)),
    ({ userId }) => userId,
  );
  if (byUser.size === 0) return;
  const rows = await effects.chats.findForUsers(chatId, [...byUser.keys()]);
  const entries = [...rows];
  const chats = await toChats(
    entries.map(([, row]) => row),
    effects,
  );
  await allDone(
    entries.map(async ([userId], index) => {
      const chat = chats[index];
      if (chat !== undefined) await broadcast(byUser.get(userId) ?? [], { type, chat }, effects);
    }),
  );
};

/** Tells a group who was added to it, and shows it to them. */
export const announceAdded = async (
  { chatId, userIds, memberIds }: MembershipNews,
  effects: AnnounceMembershipEffects = liveMembership,
): Promise<void> => {
  if (userIds.length === 0) return;
  await allDone([
    broadcastToChat(
      { id: chatId, memberIds },
      { type: 'participants_added', chat_id: chatId, user_ids: [...userIds] },
      effects,
    ),
    showChat('chat_created', chatId, userIds, effects),
  ]);
};

/**
 * Tells a group who is no longer in it; they hear it too, as the last of its events. Whoever of them was present is so
 * no more.
 */
export const announceRemoved = async (
  { chatId, userIds, memberIds }: MembershipNews,
  effects: BroadcastEffects = liveBroadcast,
): Promise<void> => {
  await broadcastToChat(
    { id: chatId, memberIds: [...memberIds, ...userIds] },
    { type: 'participants_removed', chat_id: chatId, user_ids: [...userIds] },
    effects,
  );
  await endPresence({ id: chatId, memberIds }, userIds, effects);
};

/** Tells a group that somebody left, and shows it to whoever became its admin by that. */
export const announceDeparture = async (
  { news, heirId }: Departure,
  effects: AnnounceMembershipEffects = liveMembership,
): Promise<void> => {
  await allDone([
    announceRemoved(news, effects),
    heirId === null ? undefined : showChat('chat_updated', news.chatId, [heirId], effects),
  ]);
};
