import { useEffect, useRef, useState } from 'preact/hooks';
import type { Chat, Message } from '../../../functions/contract/schemas.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { useModel } from './use-model.ts';

/** The user's latest message in a chat, as far as it is loaded. */
const lastOwnIn = (model: ChatModel, chatId: number): Message | undefined => {
  const own = model.user.value?.id;
  for (const { messages } of model.timelineOf(chatId).chunks.value.toReversed()) {
    const last = messages.findLast(({ sender_id }) => sender_id === own);
    if (last !== undefined) return last;
  }
  return undefined;
};

/**
 * How long a member waits before the next message to a chat in slow mode.
 *
 * @returns whole seconds; 0 where one may write. Drawn anew each second
 */
export const useSlowMode = (chat: Chat): number => {
  const model = useModel();
  const [, draw] = useState(0);
  /** When the latest message was first seen: a clock that goes wrong makes nobody wait longer than once. */
  const seen = useRef({ id: 0, at: 0 });
  const isSlow = chat.slow_seconds > 0 && !chat.is_admin;
  const last = isSlow ? lastOwnIn(model, chat.id) : undefined;
  if (last !== undefined && last.id !== seen.current.id) seen.current = { id: last.id, at: Date.now() };
  // What is on its way begins the wait when it arrives.
  const isSending =
    isSlow && model.outbox.value.some(({ chat_id, state }) => chat_id === chat.id && state === 'sending');
  const sentAt = last === undefined ? 0 : Math.min(Date.parse(last.timestamp), seen.current.at);
  const waitMs = isSending
    ? chat.slow_seconds * 1000
    : last === undefined
      ? 0
      : Math.max(0, sentAt + chat.slow_seconds * 1000 - Date.now());

  useEffect(() => {
    if (waitMs === 0 || isSending) return undefined;
    // To the moment at which another second has gone.
    const timer = setTimeout(() => draw((count) => count + 1), (waitMs % 1000) + 1);
    return () => clearTimeout(timer);
  });
  return Math.ceil(waitMs / 1000);
};
