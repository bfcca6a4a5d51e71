import { ServiceError } from '../contract/service-error.ts';
import { withinTotpLimit } from '../rate-limits/within-password-limit.ts';
import type { Actor } from '../sessions/actor.ts';
import { liveSecondFactors, type SecondFactorEffects } from './live.ts';
import { spendCode } from './spend-code.ts';

export interface AssertCodeEffects extends SecondFactorEffects {
  readonly withinTotpLimit: <T>(actor: Actor, run: () => Promise<T>) => Promise<T>;
}

const liveEffects: AssertCodeEffects = {
  ...liveSecondFactors,
  withinTotpLimit: (actor, run) => withinTotpLimit(actor, run),
};

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
  effects: AssertCodeEffects = liveEffects,
): Promise<void> => {
  const factor = await effects.factors.find(actor.userId);
  if (factor?.isConfirmed !== true || !(await isAsked())) return;
  // A client that sent none has not guessed.
  if (code === undefined) throw new ServiceError('invalid_totp');
  await effects.withinTotpLimit(actor, () => spendCode(actor.userId, factor, code, effects));
};
