import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { changeReaction, liveEffects, type ChangeReactionEffects } from './change-reaction.ts';
import type { MessageReactions } from './contract.ts';

/**
 * Reacts to a message.
 *
 * @returns the message's reactions; an event when the actor did not react with this emoji before
 * @throws ServiceError `message_not_found`, `message_deleted`, `too_many_reactions` or `rate_limited`
 */
export const addReaction = (
  actor: Actor,
  messageId: number,
  emoji: string,
  effects: ChangeReactionEffects = liveEffects,
): Promise<Outcome<MessageReactions>> => changeReaction(actor, messageId, { kind: 'add', emoji }, effects);
