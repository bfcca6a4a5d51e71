import { ServiceError } from '../contract/service-error.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { changeOrThrow, liveGroups, type ShowGroupEffects } from './change-group.ts';
import { banStore } from './live.ts';
import { removalEvents } from './membership-events.ts';
import type { BanStore } from './stores/bans.ts';

export interface BanUserEffects extends ShowGroupEffects {
  readonly bans: Pick<BanStore, 'ban'>;
}

const liveEffects: BanUserEffects = { ...liveGroups, bans: banStore };

/**
 * Bans a user from a group and replaces any earlier ban of this user. A participant is removed from the group at
 * once.
 *
 * @throws ServiceError `chat_not_found`, `not_group_admin`, `not_chat_owner`, `profile_not_found` or
 *   `validation_failed`
 */
export const banUser = async (
  actor: Actor,
  chatId: number,
  userId: number,
  {
    until,
    reason,
  }: { readonly until?: string | null | undefined; readonly reason?: string | null | undefined },
  effects: BanUserEffects = liveEffects,
): Promise<Outcome<null>> => {
  if (userId === actor.userId) {
    throw new ServiceError('validation_failed', { path: 'user_id', detail: 'You cannot ban yourself' });
  }
  const outcome = await effects.bans.ban(chatId, actor.userId, {
    userId,
    reason: reason ?? null,
    until: until == null ? null : new Date(until),
    at: effects.clock(),
  });
  if (outcome.outcome === 'not_active') throw new ServiceError('profile_not_found');
  return { result: null, events: removalEvents(chatId, changeOrThrow(outcome, actor), effects) };
};
