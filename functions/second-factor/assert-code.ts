import { ServiceError } from '../contract/service-error.ts';
import type { Actor } from '../sessions/actor.ts';
import { liveConfirmTotp, type ConfirmTotpEffects } from './confirm-totp.ts';
import { spendCode } from './spend-code.ts';

/**
 * Uses a code of a logged-in user's second factor, where there is one.
 *
 * @param code undefined where none was given
 * @param isAsked whether a code is wanted of whoever has a second factor
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
  // A client that sent none has not guessed.
  if (code === undefined) throw new ServiceError('invalid_totp');
  await effects.withinTotpLimit(actor, () => spendCode(actor.userId, factor, code, effects));
};
