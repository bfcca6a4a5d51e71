import { mysql } from '../platform/mysql.ts';
import { ConnectionNotRegisteredError, type Connection } from '../repositories/dynamodb/connections.ts';
import { createChatRepository, type ChatRepository } from '../repositories/mysql/chats.ts';
import { TYPING_EXPIRES_MS } from '../routes/limits.ts';
import type { Actor } from './actor.ts';
import { broadcast, broadcastToChat, liveBroadcast, type BroadcastEffects } from './broadcast.ts';
import { carries } from './live-connections.ts';
import { ServiceError } from './service-error.ts';

export interface TypingEffects extends BroadcastEffects {
  readonly chats: Pick<ChatRepository, 'findMemberIds'>;
}

const liveEffects: TypingEffects = {
  ...liveBroadcast,
  chats: createChatRepository(mysql),
};

/** Notes on the connection that it types or stopped; a connection that is gone types no more anyway. */
const note = async (
  connection: Pick<Connection, 'userId' | 'connectionId'>,
  chatId: number,
  untilMs: number | null,
  { connections }: Pick<BroadcastEffects, 'connections'>,
): Promise<void> => {
  try {
    await connections.setTyping(connection.userId, connection.connectionId, chatId, untilMs);
  } catch (error) {
    if (!(error instanceof ConnectionNotRegisteredError)) throw error;
  }
};

/**
 * Tells the others in a chat that someone types there, or stopped. It ends by itself after
 * `TYPING_EXPIRES_MS` unless it is said again.
 *
 * @throws ServiceError `chat_not_found`
 */
export const reportTyping = async (
  actor: Actor,
  connectionId: string,
  input: { readonly chat_id: number; readonly content: 'start' | 'stop' },
  effects: TypingEffects = liveEffects,
): Promise<void> => {
  const { chat_id: chatId } = input;
  const memberIds = await effects.chats.findMemberIds(chatId, actor.userId);
  if (memberIds === undefined) throw new ServiceError('chat_not_found');
  const starts = input.content === 'start';
  const until = starts ? effects.clock().getTime() + TYPING_EXPIRES_MS : null;
  await note({ userId: actor.userId, connectionId }, chatId, until, effects);
  await broadcastToChat(
    { id: chatId, memberIds: memberIds.filter((id) => id !== actor.userId) },
    starts
      ? { type: 'typing_started', chat_id: chatId, user_id: actor.userId, expires_in_ms: TYPING_EXPIRES_MS }
      : { type: 'typing_stopped', chat_id: chatId, user_id: actor.userId, expires_in_ms: 0 },
    effects,
  );
};

/** Ends a connection's typing in a chat and tells the other users' connections among `carrying`. */
export const stopTyping = async (
  connection: Connection,
  chatId: number,
  carrying: readonly Connection[],
  effects: BroadcastEffects = liveBroadcast,
): Promise<void> => {
  await note(connection, chatId, null, effects);
  const others = carrying.filter((other) => other.userId !== connection.userId && carries(other, chatId));
  await broadcast(
    others,
    { type: 'typing_stopped', chat_id: chatId, user_id: connection.userId, expires_in_ms: 0 },
    effects,
  );
};
