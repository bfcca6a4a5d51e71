import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { changeReaction, liveEffects, type ChangeReactionEffects } from './change-reaction.ts';

/**
 * Removes the actor's reaction to a message.
 *
 * @returns the message's reactions; an event when the actor had reacted with this emoji
 * @throws ServiceError `message_not_found` or `rate_limited`
 */
export const removeReaction = async (
  actor: Actor,
  messageId: number,
  emoji: string,
  effects: ChangeReactionEffects = liveEffects,
): Promise<Outcome<null>> => {
  const { events } = await changeReaction(actor, messageId, { kind: 'remove', emoji }, effects);
  return { result: null, events };
};
