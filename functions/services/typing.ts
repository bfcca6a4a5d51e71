import { mysql } from '../platform/mysql.ts';
import { ConnectionNotRegisteredError, type Connection } from '../repositories/dynamodb/connections.ts';
import { createChatRepository, type ChatRepository } from '../repositories/mysql/chats.ts';
import { TYPING_EXPIRES_MS } from '../routes/limits.ts';
import type { Actor } from './actor.ts';
import { broadcast, liveBroadcast, type BroadcastEffects } from './broadcast.ts';
import { carries } from './live-connections.ts';
import type { Outcome } from './publish.ts';
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
 * Someone types in a chat, or stopped: the others hear it. It ends by itself after
 * `TYPING_EXPIRES_MS` unless it is said again.
 *
 * @throws ServiceError `chat_not_found`
 */
export const reportTyping = async (
  actor: Actor,
  connectionId: string,
  input: { readonly chat_id: number; readonly content: 'start' | 'stop' },
  effects: TypingEffects = liveEffects,
): Promise<Outcome<void>> => {
  const { chat_id: chatId } = input;
  const memberIds = await effects.chats.findMemberIds(chatId, actor.userId);
  if (memberIds === undefined) throw new ServiceError('chat_not_found');
  const starts = input.content === 'start';
  const until = starts ? effects.clock().getTime() + TYPING_EXPIRES_MS : null;
  await note({ userId: actor.userId, connectionId }, chatId, until, effects);
  const event = {
    type: starts ? ('typing_started' as const) : ('typing_stopped' as const),
    chat_id: chatId,
    user_id: actor.userId,
    expires_in_ms: starts ? TYPING_EXPIRES_MS : 0,
  };
  return {
    result: undefined,
    events: [{ chatId, to: memberIds.filter((id) => id !== actor.userId), event }],
  };
};

/**
 * Ends a user's typing in a chat, and tells the others.
 *
 * @param found connections of everyone in the chat
 */
export const stopTyping = async (
  userId: number,
  chatId: number,
  found: readonly Connection[],
  effects: BroadcastEffects = liveBroadcast,
): Promise<void> => {
  const typing = found.filter((own) => own.userId === userId && own.typing.has(chatId));
  if (typing.length === 0) return;
  const others = found.filter((other) => other.userId !== userId && carries(other, chatId));
  await Promise.all([
    ...typing.map((own) => note(own, chatId, null, effects)),
    broadcast(
      others,
      { type: 'typing_stopped', chat_id: chatId, user_id: userId, expires_in_ms: 0 },
      effects,
    ),
  ]);
};
