import { participantStore } from '../chats/live.ts';
import type { ParticipantStore } from '../chats/stores/participants.ts';
import { ServiceError } from '../contract/service-error.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import type { Actor } from '../sessions/actor.ts';
import type { OnlineUsers } from './contract.ts';
import { carries, isLive, liveConnections } from './live.ts';
import type { ConnectionStore } from './stores/connections.ts';

export interface OnlineUsersEffects {
  readonly participants: Pick<ParticipantStore, 'listParticipants'>;
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
  readonly clock: Clock;
}

const liveEffects: OnlineUsersEffects = {
  participants: participantStore,
  connections: liveConnections,
  clock: systemClock,
};

/** Lists the participants of a chat who have a live connection that carries the chat. @throws ServiceError `chat_not_found` */
export const listOnlineUsers = async (
  actor: Actor,
  chatId: number,
  { participants, connections, clock }: OnlineUsersEffects = liveEffects,
): Promise<OnlineUsers> => {
  const members = await participants.listParticipants(chatId, actor.userId);
  if (members.length === 0) throw new ServiceError('chat_not_found');
  const found = await connections.findByUsers(members.map(({ id }) => id));
  const present = new Set(
    found
      .filter((connection) => isLive(connection, clock) && carries(connection, chatId))
      .map(({ userId }) => userId),
  );
  const online = members
    .filter(({ id, is_hidden: isHidden }) => present.has(id) && !isHidden)
    .map(({ id, username, full_name }) => ({ id, username, full_name }));
  return { chat_id: chatId, online_users: online, count: online.length };
};
