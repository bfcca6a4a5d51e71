import { ServiceError } from '../contract/service-error.ts';
import type { Outcome } from '../events/publish.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { assertRateLimit } from '../rate-limits/assert-rate-limit.ts';
import type { Actor } from '../sessions/actor.ts';
import type { MessageReactions } from './contract.ts';
import { reactionStore } from './live.ts';
import type { ReactionChange, ReactionStore } from './stores/reactions.ts';

/** Dependencies of adding and removing a reaction, including the rate limit. */
export interface ChangeReactionEffects {
  readonly reactions: Pick<ReactionStore, 'react'>;
  readonly clock: Clock;
  /** @throws ServiceError `rate_limited` */
  readonly assertMaySend: (userId: number) => Promise<void>;
}

export const liveEffects: ChangeReactionEffects = {
  reactions: reactionStore,
  clock: systemClock,
  assertMaySend: (userId) => assertRateLimit('sends', userId),
};

/** Errors that end a change. */
const refusals = {
  not_participant: 'message_not_found',
  deleted: 'message_deleted',
} as const;

/**
 * Adds or removes a reaction of the actor. When the reaction is in that state already, nothing changes: no `rev`, no
 * event.
 *
 * @throws ServiceError `message_not_found`, `message_deleted`, `too_many_reactions` or `rate_limited`
 */
export const changeReaction = async (
  actor: Actor,
  messageId: number,
  { kind, emoji }: Pick<ReactionChange, 'kind' | 'emoji'>,
  { reactions, clock, assertMaySend }: ChangeReactionEffects,
): Promise<Outcome<MessageReactions>> => {
  await assertMaySend(actor.userId);
  const changed = await reactions.react(messageId, actor.userId, { kind, emoji, at: clock() });
  switch (changed.outcome) {
    case 'not_participant':
    case 'deleted':
      throw new ServiceError(refusals[changed.outcome]);
    case 'too_many':
      throw new ServiceError('too_many_reactions', { path: 'emoji' });
    case 'unchanged':
      return { result: { reactions: changed.reactions, rev: changed.rev }, events: [] };
    case 'changed': {
      const { chatId, rev, count, memberIds } = changed;
      return {
        result: { reactions: changed.reactions, rev },
        events: [
          {
            chatId,
            to: memberIds,
            event: {
              type: kind === 'add' ? 'reaction_added' : 'reaction_removed',
              chat_id: chatId,
              rev,
              id: messageId,
              emoji,
              user_id: actor.userId,
              count,
            },
          },
        ],
      };
    }
  }
};
