import { ServiceError } from '../contract/service-error.ts';
import { liveSecondFactors, type SecondFactorEffects } from './live.ts';
import { hashRecoveryCode } from './recovery-codes.ts';
import type { SecondFactor } from './stores/second-factors.ts';
import { stepOfCode } from './totp.ts';

/** A code of an authenticator application, as people type it. */
export const TOTP_CODE = /^\s*\d{3}\s*\d{3}\s*$/;

/**
 * Uses a code of a confirmed second factor: one of the application, or a recovery code. Each works once; of concurrent
 * callers with the same code one succeeds.
 *
 * @throws ServiceError `invalid_totp`
 */
export const spendCode = async (
  userId: number,
  factor: Pick<SecondFactor, 'secret' | 'lastStep'>,
  code: string,
  { factors, box, clock }: SecondFactorEffects = liveSecondFactors,
): Promise<void> => {
  if (TOTP_CODE.test(code)) {
    const secret = await box.open(factor.secret, userId);
    const step = stepOfCode(secret, code.replaceAll(/\s/g, ''), clock(), factor.lastStep);
    if (step !== undefined && (await factors.spendStep(userId, factor.secret, step))) return;
  } else {
    const hash = hashRecoveryCode(userId, code);
    if (hash !== undefined && (await factors.spendRecoveryCode(userId, hash))) return;
  }
  throw new ServiceError('invalid_totp');
};
