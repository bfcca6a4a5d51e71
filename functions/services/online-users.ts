import { systemClock, type Clock } from '../platform/clock.ts';
import { mysql } from '../platform/mysql.ts';
import type { ConnectionRepository } from '../repositories/dynamodb/connections.ts';
import { createChatRepository, type ChatRepository } from '../repositories/mysql/chats.ts';
import type { OnlineUsers } from '../routes/chats.ts';
import type { Actor } from './actor.ts';
import { carries, isLive, liveConnections } from './live-connections.ts';
import { ServiceError } from './service-error.ts';

export interface OnlineUsersEffects {
  readonly chats: Pick<ChatRepository, 'listParticipants'>;
  readonly connections: Pick<ConnectionRepository, 'findByUsers'>;
  readonly clock: Clock;
}

const liveEffects: OnlineUsersEffects = {
  chats: createChatRepository(mysql),
  connections: liveConnections,
  clock: systemClock,
};

/** The participants of a chat with a live connection that carries it. @throws ServiceError `chat_not_found` */
export const listOnlineUsers = async (
  actor: Actor,
  chatId: number,
  { chats, connections, clock }: OnlineUsersEffects = liveEffects,
): Promise<OnlineUsers> => {
  const participants = await chats.listParticipants(chatId);
  if (!participants.some(({ id }) => id === actor.userId)) throw new ServiceError('chat_not_found');
  const found = await connections.findByUsers(participants.map(({ id }) => id));
  const present = new Set(
    found
      .filter((connection) => isLive(connection, clock) && carries(connection, chatId))
      .map(({ userId }) => userId),
  );
  const online = participants
    .filter(({ id }) => present.has(id))
    .map(({ id, username, full_name }) => ({ id, username, full_name }));
  return { chat_id: chatId, online_users: online, count: online.length };
};
