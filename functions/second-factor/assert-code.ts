import { ServiceError } from '../contract/service-error.ts';
import type { Actor } from '../sessions/actor.ts';
import { liveConfirmTotp, type ConfirmTotpEffects } from './confirm-totp.ts';
import { consumeCode } from './consume-code.ts';

/**
 * Verifies and uses up a code of a logged-in user's second factor, if they have one.
 *
 * @param code undefined when the client sent none
 * @param isAsked whether a user with a second factor needs a code here
 * @throws ServiceError `invalid_totp`, `rate_limited`
 */
export const assertCode = async (
  actor: Actor,
  code: string | undefined,
  isAsked: () => Promise<boolean>,
  effects: ConfirmTotpEffects = liveConfirmTotp,
): Promise<void> => {
  const factor = await effects.factors.find(actor.userId);
  if (factor?.isConfirmed !== true || !(await isAsked())) return;
  // A missing code is not a guess, so it does not count.
  if (code === undefined) throw new ServiceError('invalid_totp');
  await effects.withinTotpLimit(actor, () => consumeCode(actor.userId, factor, code, effects));
};
