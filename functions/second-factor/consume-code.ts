import { ServiceError } from '../contract/service-error.ts';
import { liveSecondFactors, type SecondFactorEffects } from './live.ts';
import { hashRecoveryCode } from './recovery-codes.ts';
import type { SecondFactor } from './stores/second-factors.ts';
import { stepOfCode } from './totp.ts';

/** A code of an authenticator application, as users type it. */
const TOTP_CODE = /^\s*\d{3}\s*\d{3}\s*$/;

/**
 * Uses up a code of a confirmed second factor: one of the authenticator application, or a recovery code. Each works
 * once; of concurrent callers with the same code only one succeeds. Wrong codes of the application are limited by a
 * budget; a recovery code cannot be guessed.
 *
 * @throws ServiceError `invalid_totp`; `rate_limited` for a code of the application, after too many wrong ones
 */
export const consumeCode = async (
  userId: number,
  factor: Pick<SecondFactor, 'secret' | 'lastStep'>,
  code: string,
  { factors, box, clock, withinCodeBudget }: SecondFactorEffects = liveSecondFactors,
): Promise<void> => {
  if (TOTP_CODE.test(code)) {
    return withinCodeBudget(userId, async () => {
      const secret = await box.open(factor.secret, userId);
      const step = stepOfCode(secret, code.replaceAll(/\s/g, ''), clock(), factor.lastStep);
      if (step === undefined || !(await factors.consumeStep(userId, factor.secret, step))) {
        throw new ServiceError('invalid_totp');
      }
    });
  }
  const hash = hashRecoveryCode(userId, code);
  if (hash === undefined || !(await factors.consumeRecoveryCode(userId, hash))) {
    throw new ServiceError('invalid_totp');
  }
};
