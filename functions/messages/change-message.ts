import type { Message } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Publication } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { mayChange, messageRoleOf, stateOf, type ChangeAnswer } from './rules.ts';
import { toEventMessage } from './to-message.ts';
import type { ChangeResult, MessageAccess, MessageChange, MessageStore } from './stores/messages.ts';

/** Answers that end a change with an error; each change interprets the other answers itself. */
const refusals = {
  not_participant: 'message_not_found',
  not_allowed: 'not_message_sender',
  removed: 'message_removed',
  too_late: 'restore_window_over',
} as const;
type Refusal = keyof typeof refusals;

const isRefusal = (answer: string): answer is Refusal => Object.hasOwn(refusals, answer);

/**
 * Evaluates the rules before the transaction, on what was read without a lock: a change that is refused already needs
 * no further round trip.
 *
 * @throws ServiceError `not_message_sender`, `message_removed` or `restore_window_over`
 */
export const assertMayChange = (
  access: MessageAccess,
  actor: Actor,
  change: MessageChange,
): Exclude<ChangeAnswer, Refusal> => {
  const answer = mayChange(messageRoleOf(access, actor.userId), change.kind, stateOf(access, change));
  if (isRefusal(answer)) throw new ServiceError(refusals[answer]);
  return answer;
};

/**
 * Changes a message. The transaction decides, under the chat's row lock, whether the actor may and whether there is
 * something to change.
 *
 * @throws ServiceError `message_not_found`, `not_message_sender`, `message_removed` or `restore_window_over`
 */
export const changeMessage = async (
  actor: Actor,
  id: number,
  change: MessageChange,
  { messages }: { readonly messages: Pick<MessageStore, 'change'> },
): Promise<Exclude<ChangeResult, { readonly outcome: Refusal }>> => {
  const result = await messages.change(id, actor.userId, change);
  switch (result.outcome) {
    case 'not_participant':
    case 'not_allowed':
    case 'removed':
    case 'too_late':
      throw new ServiceError(refusals[result.outcome]);
    case 'changed':
    case 'unchanged':
    case 'same':
    case 'stale':
      return result;
  }
};

/** The event of a message that changed. */
export const messageEvent = (
  type: 'message_updated' | 'message_deleted' | 'message_restored',
  message: Message,
  memberIds: readonly number[],
): Publication => ({
  chatId: message.chat_id,
  to: memberIds,
  event: { type, chat_id: message.chat_id, rev: message.rev, message: toEventMessage(message) },
});
