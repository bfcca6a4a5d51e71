import { ServiceError } from '../contract/service-error.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { FOREVER } from '../sessions/account-suspended.ts';
import type { Actor } from '../sessions/actor.ts';
import { userStore } from '../users/live.ts';
import type { UserStore } from '../users/stores/users.ts';
import type { SuspendUserBody } from './contract.ts';
import { enforceSuspension } from './enforce-suspension.ts';
import { actStore } from './live.ts';
import { assertModerator, isModerator } from './moderators.ts';
import { maySuspend } from './rules.ts';
import type { ActStore } from './stores/acts.ts';

/** Dependencies of suspending accounts. */
export interface SuspensionEffects {
  readonly users: Pick<UserStore, 'findById'>;
  readonly isModerator: (username: string) => boolean;
  readonly enforce: (userId: number) => Promise<void>;
  readonly clock: Clock;
}

export interface SuspendUserEffects extends SuspensionEffects {
  readonly acts: Pick<ActStore, 'suspend' | 'lift'>;
}

/** The live effects of suspending accounts in this stage. */
export const liveSuspension: SuspensionEffects = {
  users: userStore,
  isModerator,
  enforce: (userId) => enforceSuspension(userId),
  clock: systemClock,
};

const liveEffects: SuspendUserEffects = { ...liveSuspension, acts: actStore };

/** The requested end of a suspension. @throws ServiceError `validation_failed` for an end in the past */
export const endOf = (
  until: string | null | undefined,
  now: Date,
): { readonly until: Date; readonly isForever: boolean } => {
  if (until == null) return { until: FOREVER, isForever: true };
  const end = new Date(until);
  if (end <= now) {
    throw new ServiceError('validation_failed', {
      path: 'until',
      detail: 'The end of a suspension must be in the future',
    });
  }
  return { until: end, isForever: false };
};

/** Refuses to suspend an unknown user, the moderator themselves or another moderator. @throws ServiceError */
export const assertMaySuspend = async (
  actor: Actor,
  userId: number,
  { users, isModerator: moderates }: Pick<SuspensionEffects, 'users' | 'isModerator'>,
): Promise<void> => {
  const user = await users.findById(userId);
  if (user === undefined || !user.is_active) throw new ServiceError('profile_not_found');
  if (!maySuspend(actor.userId, { id: userId, isModerator: moderates(user.username) })) {
    throw new ServiceError('cannot_suspend_user');
  }
};

/**
 * Suspends an account, or changes the end of its suspension. Idempotent: when a step fails, the call can be repeated.
 *
 * @throws ServiceError `not_moderator`, `cannot_suspend_user`, `profile_not_found` or `validation_failed`
 */
export const suspendUser = async (
  actor: Actor,
  userId: number,
  { until, reason }: SuspendUserBody,
  effects: SuspendUserEffects = liveEffects,
): Promise<void> => {
  assertModerator(actor, effects.isModerator);
  const at = effects.clock();
  const end = endOf(until, at);
  await assertMaySuspend(actor, userId, effects);
  await effects.acts.suspend(userId, { moderatorId: actor.userId, at, note: reason, ...end });
  await effects.enforce(userId);
};

/**
 * Lifts a suspension; an account that is not suspended stays as it is. Idempotent: when a step fails, the call can be
 * repeated.
 *
 * @throws ServiceError `not_moderator` or `profile_not_found`
 */
export const liftSuspension = async (
  actor: Actor,
  userId: number,
  effects: SuspendUserEffects = liveEffects,
): Promise<void> => {
  assertModerator(actor, effects.isModerator);
  if ((await effects.users.findById(userId)) === undefined) throw new ServiceError('profile_not_found');
  await effects.acts.lift(userId, { moderatorId: actor.userId, at: effects.clock(), note: null });
  await effects.enforce(userId);
};
