import { ServiceError } from '../contract/service-error.ts';
import { liveAvatars, refuseAvatar, type AvatarEffects } from '../files/publish-avatar.ts';
import type { Actor } from '../sessions/actor.ts';
import type { OwnProfile } from './contract.ts';
import { getChangedProfile, liveOwnProfile, type GetOwnProfileEffects } from './get-own-profile.ts';
import { userStore } from './live.ts';
import type { UserStore } from './stores/users.ts';

export interface SetAvatarEffects extends GetOwnProfileEffects, AvatarEffects {
  readonly users: Pick<UserStore, 'findById' | 'setAvatar'>;
}

const liveEffects: SetAvatarEffects = { ...liveOwnProfile, ...liveAvatars, users: userStore };

/**
 * Makes a file of the actor's their avatar. As with a name, others see it when they next read the actor's profile.
 *
 * @throws ServiceError `unknown_attachment`, `attachment_not_ready`, `attachment_in_use`, `avatar_not_image`;
 *   `session_revoked` when the account has been deactivated
 */
export const setAvatar = async (
  actor: Actor,
  attachmentId: string,
  effects: SetAvatarEffects = liveEffects,
): Promise<OwnProfile> => {
  await effects.publishAvatar(attachmentId, actor.userId);
  const change = await effects.users.setAvatar(actor.userId, attachmentId);
  if (change.outcome === 'not_active') throw new ServiceError('session_revoked');
  if (change.outcome !== 'changed') return refuseAvatar(change.outcome, 'attachment_id');
  await effects.withdrawAvatar(change.replacedId);
  return getChangedProfile(actor, effects);
};
