import { useEffect, useRef, useState } from 'preact/hooks';
import type { Chat, Message } from '../../../functions/contract/schemas.ts';
import type { ChatModel } from '../model/chat-model.ts';
import { useModel } from './use-model.ts';

/** The user's latest message among the loaded messages of a chat. */
const lastOwnIn = (model: ChatModel, chatId: number): Message | undefined => {
  const own = model.user.value?.id;
  for (const { messages } of model.timelineOf(chatId).chunks.value.toReversed()) {
    const last = messages.findLast(({ sender_id }) => sender_id === own);
    if (last !== undefined) return last;
  }
  return undefined;
};

/**
 * The remaining time that a member must wait before the next message to a chat in slow mode.
 *
 * @returns whole seconds; 0 when the user may write. The component renders again each second
 */
export const useSlowMode = (chat: Chat): number => {
  const model = useModel();
  const [, draw] = useState(0);
  /**
   * The time at which this device first saw the latest message. It limits the wait to one period, however wrong the
   * clock is.
   */
  const seen = useRef({ id: 0, at: 0 });
  const isSlow = chat.slow_seconds > 0 && !chat.is_admin;
  const last = isSlow ? lastOwnIn(model, chat.id) : undefined;
  if (last !== undefined && last.id !== seen.current.id) seen.current = { id: last.id, at: Date.now() };
  // While a message is being sent, the whole period is shown; the wait starts when the message arrives.
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
    // Until the next full second has passed.
    const timer = setTimeout(() => draw((count) => count + 1), (waitMs % 1000) + 1);
    return () => clearTimeout(timer);
  });
  return Math.ceil(waitMs / 1000);
};
