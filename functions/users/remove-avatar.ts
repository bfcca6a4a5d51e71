import { liveAvatars, type AvatarEffects } from '../files/publish-avatar.ts';
import type { Actor } from '../sessions/actor.ts';
import { userStore } from './live.ts';
import type { UserStore } from './stores/users.ts';

export interface RemoveAvatarEffects extends Pick<AvatarEffects, 'withdrawAvatar'> {
  readonly users: Pick<UserStore, 'setAvatar'>;
}

const liveEffects: RemoveAvatarEffects = { ...liveAvatars, users: userStore };

/** Removes the avatar of a user, whose account may be deactivated. Idempotent. */
export const removeAvatarOf = async (
  userId: number,
  { users, withdrawAvatar }: RemoveAvatarEffects,
): Promise<void> => {
  const change = await users.setAvatar(userId, null);
  if (change.outcome === 'changed') await withdrawAvatar(change.replacedId);
};

/** Removes the actor's avatar; without one this is a no-op. */
export const removeAvatar = (actor: Actor, effects: RemoveAvatarEffects = liveEffects): Promise<void> =>
  removeAvatarOf(actor.userId, effects);
