import { partOf, toPage } from '../contract/pages.ts';
import type { Page } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { systemClock } from '../platform/clock.ts';
import { findPresences, type FindPresencesEffects } from '../presence/find-presences.ts';
import { liveConnections } from '../presence/live.ts';
import type { Actor } from '../sessions/actor.ts';
import { toPublicProfile } from '../users/to-public-profile.ts';
import type { ListReactionsQuery, UserReaction } from './contract.ts';
import { reactionStore } from './live.ts';
import type { ReactionStore } from './stores/reactions.ts';

export interface ListReactionsEffects extends FindPresencesEffects {
  readonly reactions: Pick<ReactionStore, 'count' | 'listPage'>;
}

const liveEffects: ListReactionsEffects = {
  reactions: reactionStore,
  connections: liveConnections,
  clock: systemClock,
};

/** The users who reacted to a message, oldest reaction first. @throws ServiceError `message_not_found` */
export const listReactions = async (
  actor: Actor,
  messageId: number,
  { page, limit, emoji }: ListReactionsQuery,
  effects: ListReactionsEffects = liveEffects,
): Promise<Page<UserReaction>> => {
  const [total, found] = await Promise.all([
    effects.reactions.count(messageId, actor.userId, emoji),
    effects.reactions.listPage(messageId, actor.userId, { ...partOf({ page, limit }), emoji }),
  ]);
  if (total === undefined) throw new ServiceError('message_not_found');
  // The reactions to a deleted message are still stored, for its restoration.
  const rows = total === 0 ? [] : found;
  const presences = await findPresences(
    rows.map(({ user }) => user.id),
    effects,
  );
  const items = rows.map(({ emoji: own, user, created_at: at }) => ({
    emoji: own,
    user: toPublicProfile(user, presences),
    created_at: at.toISOString(),
  }));
  return toPage(items, total, { page, limit });
};
