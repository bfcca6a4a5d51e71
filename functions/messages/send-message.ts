import { v7 as uuidv7 } from 'uuid';
import { participantStore } from '../chats/live.ts';
import type { ErrorName } from '../contract/errors.ts';
import type { Message } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Outcome, Publication } from '../events/publish.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { stopTyping, type StopTypingEffects } from '../presence/stop-typing.ts';
import { messageFiles, type MessageFiles } from '../files/live.ts';
import { wakeDispatch } from '../notifications/wake-dispatch.ts';
import { reactionStore } from '../reactions/live.ts';
import { assertRateLimit, refuseIfUsedUp } from '../rate-limits/assert-rate-limit.ts';
import type { Actor } from '../sessions/actor.ts';
import type { SendMessageBody } from './contract.ts';
import { getMessage } from './get-message.ts';
import { contentStore, messageStore } from './live.ts';
import type { ReadConsistentlyEffects } from './read-consistently.ts';
import type { ContentStore } from './stores/contents.ts';
import type { MessageStore, SendRefusal } from './stores/messages.ts';
import { toEventMessage, toMessage } from './to-message.ts';

/** Dependencies of `sendMessage`, including the rate limit. */
export interface SendEffects extends ReadConsistentlyEffects, Pick<StopTypingEffects, 'participants'> {
  readonly messages: Pick<MessageStore, 'append' | 'find' | 'findVersion'>;
  readonly contents: Pick<ContentStore, 'insert' | 'findMany' | 'remove'>;
  readonly files: MessageFiles;
  readonly clock: Clock;
  /** @throws ServiceError `rate_limited` */
  readonly assertMaySend: (userId: number) => Promise<void>;
  /**
   * Like `assertMaySend`, but synchronously: refuses only when this execution environment already knows that the
   * limit is used up. @throws ServiceError `rate_limited`
   */
  readonly refuseUsedUp: (userId: number) => void;
}

const liveEffects: SendEffects = {
  messages: messageStore,
  participants: participantStore,
  contents: contentStore,
  reactions: reactionStore,
  files: messageFiles,
  clock: systemClock,
  assertMaySend: (userId) => assertRateLimit('sends', userId),
  refuseUsedUp: (userId) => refuseIfUsedUp('sends', userId),
};

/** The error for each refusal of the store, and the input field that it concerns. */
const refusals: Readonly<Record<SendRefusal, { readonly error: ErrorName; readonly path?: string }>> = {
  peer_unreachable: { error: 'cannot_message_user' },
  posting_not_allowed: { error: 'posting_not_allowed' },
  reply_target_not_found: { error: 'reply_target_not_found', path: 'reply_to_id' },
  unknown_attachment: { error: 'unknown_attachment', path: 'attachment_ids' },
  attachment_not_ready: { error: 'attachment_not_ready' },
  attachment_in_use: { error: 'attachment_in_use' },
};

const refusalOf = (outcome: SendRefusal): ServiceError => {
  const { error, path } = refusals[outcome];
  return new ServiceError(error, { path });
};

/** A message that is in both stores. */
export interface SendResult {
  readonly message: Message;
  /** Whether the same message had been sent before; its event has been published then. */
  readonly duplicate: boolean;
}

/** The event of a new message, for everyone in the chat on every device, the sender's own included. */
export const newMessageEvent = (
  message: Message,
  memberIds: readonly number[],
  { participants }: Pick<StopTypingEffects, 'participants'>,
): Publication => ({
  chatId: message.chat_id,
  // The sender comes first: `updateConnections` needs the sender's connections, which hold the typing state.
  to: [message.sender_id, ...memberIds.filter((id) => id !== message.sender_id)],
  event: {
    type: 'new_message',
    chat_id: message.chat_id,
    rev: message.rev,
    message: toEventMessage(message),
  },
  // Sending a message ends the sender's typing indicator.
  updateConnections: (found, { connections }) =>
    stopTyping(message.sender_id, message.chat_id, found, { connections, participants }),
  subjectUserId: message.sender_id,
  notify: (audience) => wakeDispatch(message.chat_id, audience),
  metrics: { counts: { MessagesSent: 1 }, acceptedAtMs: Date.parse(message.timestamp) },
});

/** The text of the quoted message by its `message_id`; empty when there is no such message. */
const findQuoted = async (
  chatId: number,
  id: number,
  { messages, contents }: Pick<SendEffects, 'messages' | 'contents'>,
): Promise<[string, string][]> => {
  const version = await messages.findVersion(chatId, id);
  if (version === undefined) return [];
  return [...(await contents.findMany([version]))].map(([messageId, { content }]) => [messageId, content]);
};

/**
 * Stores a message: content first, then metadata, so that every message in MySQL has a content, and a content without
 * metadata is visible to nobody. Two sequential round trips: the content's insert, then the transaction, which checks
 * membership. See decision 17. The quoted text and the files are read concurrently with the insert: after the
 * transaction nothing is left that can fail.
 *
 * @throws ServiceError `chat_not_found`, `cannot_message_user`, `posting_not_allowed`, `slow_mode`,
 *   `reply_target_not_found`, `unknown_attachment`, `attachment_not_ready`, `attachment_in_use` or `rate_limited`
 * @throws StoreUnavailableError when it is unknown whether the message was stored; a retry with the same
 *   `client_message_id` is safe
 */
export const sendMessage = async (
  actor: Actor,
  input: SendMessageBody,
  effects: SendEffects = liveEffects,
): Promise<Outcome<SendResult>> => {
  const { messages, contents, clock, assertMaySend } = effects;
  // Checked before the insert: a content stored in vain costs index entries for its words, and their removal.
  effects.refuseUsedUp(actor.userId);
  const content = {
    message_id: uuidv7(),
    chat_id: input.chat_id,
    sender_id: actor.userId,
    content: input.content,
    timestamp: clock(),
  };

  /** Removes the content. Only when it is certain that no metadata refers to it. */
  const discard = async (): Promise<void> => {
    try {
      await contents.remove(content);
    } catch (error) {
      // Nobody can see it; the job `reap-orphans` removes it.
      logger.warn('A content without metadata was left behind', { error: loggedError(error) });
    }
  };

  const replyTo = input.reply_to_id ?? null;
  const fileIds = input.attachment_ids ?? [];
  const [stored, paced, quoted, attached] = await Promise.allSettled([
    contents.insert(content),
    assertMaySend(actor.userId),
    replyTo === null ? [] : findQuoted(input.chat_id, replyTo, effects),
    effects.files.findOwn(fileIds, actor.userId),
  ]);
  if (paced.status === 'rejected') {
    if (stored.status === 'fulfilled') await discard();
    throw paced.reason;
  }
  if (stored.status === 'rejected') throw stored.reason;
  if (quoted.status === 'rejected' || attached.status === 'rejected') {
    await discard();
    throw quoted.status === 'rejected' ? quoted.reason : (attached as PromiseRejectedResult).reason;
  }

  const appended = await messages.append({
    message_id: content.message_id,
    chat_id: input.chat_id,
    sender_id: actor.userId,
    client_message_id: input.client_message_id ?? null,
    reply_to_id: replyTo,
    mentions: { ids: input.mentions ?? [], all: input.mention_all ?? false },
    attachment_ids: fileIds,
    timestamp: content.timestamp,
  });
  switch (appended.outcome) {
    case 'appended': {
      const message = toMessage(appended.message, {
        texts: new Map([...quoted.value, [content.message_id, input.content]]),
        attachments: new Map([[appended.message.id, attached.value]]),
      });
      return {
        result: { message, duplicate: false },
        events: [newMessageEvent(message, appended.memberIds, effects)],
      };
    }
    case 'duplicate': {
      const first = getMessage(actor, appended.id, effects);
      const [message] = await Promise.all([first, discard()]);
      return { result: { message, duplicate: true }, events: [] };
    }
    case 'too_soon':
      await discard();
      throw new ServiceError('slow_mode', { retryAfter: appended.waitSeconds });
    case 'not_participant':
      await discard();
      throw new ServiceError('chat_not_found');
    default:
      await discard();
      throw refusalOf(appended.outcome);
  }
};
