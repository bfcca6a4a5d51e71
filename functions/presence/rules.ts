import type { Publication } from '../events/publish.ts';
import type { Connection, ConnectionChange } from './stores/connections.ts';

/**
 * Whether the user has joined the chat on any of their connections. A connection with an expired lease counts until
 * the reaper has removed it and published the event: so each arrival and each departure is published exactly once.
 */
export const isPresent = (connections: readonly Connection[], chatId: number): boolean =>
  connections.some((connection) => connection.joined.has(chatId));

/** Whether the user types in the chat on any of their connections. */
export const isTyping = (connections: readonly Connection[], chatId: number, now: Date): boolean =>
  connections.some(({ typing }) => (typing.get(chatId) ?? 0) > now.getTime());

/**
 * The events of a change to a user's connections: `user_joined` when the user has become present in the chat,
 * `user_left` when they are no longer present, otherwise none.
 *
 * @param change undefined when nothing changed
 * @param except the connection that made the change, which gets the reply instead
 */
export const presenceEventsOf = (
  change: ConnectionChange | undefined,
  chat: { readonly id: number; readonly memberIds: readonly number[] },
  userId: number,
  except?: string,
): Publication[] => {
  if (change === undefined) return [];
  const before = isPresent(change.before, chat.id);
  const after = isPresent(change.after, chat.id);
  if (before === after) return [];
  return [
    {
      chatId: chat.id,
      to: chat.memberIds,
      event: { type: after ? 'user_joined' : 'user_left', chat_id: chat.id, user_id: userId },
      ...(except === undefined ? {} : { except }),
    },
  ];
};

/**
 * The event `typing_stopped` of a user in a chat. @param audience the members who may see the user type; may include
 * the user
 */
export const typingStoppedEvent = (
  chatId: number,
  userId: number,
  audience: readonly number[],
): Publication => ({
  chatId,
  to: audience.filter((id) => id !== userId),
  event: { type: 'typing_stopped', chat_id: chatId, user_id: userId, expires_in_ms: 0 },
});
