import { v7 as uuidv7 } from 'uuid';
import type { Message } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Outcome, Publication } from '../events/publish.ts';
import type { Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { stopTyping } from '../presence/stop-typing.ts';
import { assertPace } from '../rate-limits/assert-pace.ts';
import type { Actor } from '../sessions/actor.ts';
import { getMessage, liveMessages, toMessage } from './messages.ts';
import type { ContentStore } from './stores/contents.ts';
import type { MessageStore } from './stores/messages.ts';

/** What sending takes; whether the user may go on at this pace included. */
export interface SendEffects {
  readonly messages: Pick<MessageStore, 'append' | 'find'>;
  readonly contents: Pick<ContentStore, 'insert' | 'findMany' | 'remove'>;
  readonly clock: Clock;
  readonly assertMaySend: (userId: number) => Promise<void>;
}

const liveEffects: SendEffects = { ...liveMessages, assertMaySend: (userId) => assertPace('sends', userId) };

export interface NewMessageInput {
  readonly chat_id: number;
  readonly content: string;
  readonly client_message_id?: string | null | undefined;
}

/** A message that both stores hold. */
export interface SentMessage {
  readonly message: Message;
  /** It was sent before; everyone has been told. */
  readonly duplicate: boolean;
}

/** What tells everyone in the chat of a message, on every device, the sender's own included. */
export const newMessageEvent = (message: Message, memberIds: readonly number[]): Publication => ({
  chatId: message.chat_id,
  // The sender first: their connections say whether they typed.
  to: [message.sender_id, ...memberIds.filter((id) => id !== message.sender_id)],
  event: { type: 'new_message', chat_id: message.chat_id, rev: message.rev, message },
  entails: (found, effects) =>
    stopTyping(message.sender_id, { id: message.chat_id, memberIds }, found, effects),
  metrics: { counts: { MessagesSent: 1 }, acceptedAtMs: Date.parse(message.timestamp) },
});

/**
 * Stores a message: content first, then metadata, so that what MySQL knows has a content, and what MySQL does
 * not know does not exist. Two trips, one after the other: the content's insert, then the transaction, which is
 * where membership is checked. See decision 17.
 *
 * @throws ServiceError `chat_not_found`, `cannot_message_user` or `rate_limited`
 * @throws StoreUnavailableError when it is unknown whether the message was stored; sending it again with the
 * same `client_message_id` is safe
 */
export const sendMessage = async (
  actor: Actor,
  input: NewMessageInput,
  { messages, contents, clock, assertMaySend }: SendEffects = liveEffects,
): Promise<Outcome<SentMessage>> => {
  const content = {
    message_id: uuidv7(),
    chat_id: input.chat_id,
    sender_id: actor.userId,
    content: input.content,
    timestamp: clock(),
  };

  /** Only where MySQL has said for certain that it will never know of this content. */
  const discard = async (): Promise<void> => {
    try {
      await contents.remove(content);
    } catch (error) {
      // Invisible; the orphan job removes it.
      logger.warn('A content without metadata was left behind', { error: loggedError(error) });
    }
  };

  const [stored, paced] = await Promise.allSettled([contents.insert(content), assertMaySend(actor.userId)]);
  if (paced.status === 'rejected') {
    if (stored.status === 'fulfilled') await discard();
    throw paced.reason;
  }
  if (stored.status === 'rejected') throw stored.reason;

  const appended = await messages.append({
    message_id: content.message_id,
    chat_id: input.chat_id,
    sender_id: actor.userId,
    client_message_id: input.client_message_id ?? null,
    timestamp: content.timestamp,
  });
  switch (appended.outcome) {
    case 'appended': {
      const message = toMessage(appended.message, new Map([[content.message_id, input.content]]));
      return {
        result: { message, duplicate: false },
        events: [newMessageEvent(message, appended.memberIds)],
      };
    }
    case 'duplicate': {
      const first = getMessage(actor, appended.message.id, { messages, contents });
      const [message] = await Promise.all([first, discard()]);
      return { result: { message, duplicate: true }, events: [] };
    }
    case 'peer_gone':
      await discard();
      throw new ServiceError('cannot_message_user');
    case 'not_participant':
      await discard();
      throw new ServiceError('chat_not_found');
  }
};
