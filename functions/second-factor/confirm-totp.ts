import { ServiceError } from '../contract/service-error.ts';
import { withinTotpLimit } from '../rate-limits/within-password-limit.ts';
import type { Actor } from '../sessions/actor.ts';
import type { RecoveryCodes } from './contract.ts';
import { liveSecondFactors, type SecondFactorEffects } from './live.ts';
import { hashRecoveryCode, newRecoveryCodes } from './recovery-codes.ts';
import { stepOfCode } from './totp.ts';

export interface ConfirmTotpEffects extends SecondFactorEffects {
  readonly withinTotpLimit: <T>(actor: Actor, run: () => Promise<T>) => Promise<T>;
}

export const liveConfirmTotp: ConfirmTotpEffects = {
  ...liveSecondFactors,
  withinTotpLimit: (actor, run) => withinTotpLimit(actor, run),
};

/**
 * Confirms a second factor that was begun, by one of its codes: from then on, log-ins require a code. Existing
 * sessions continue.
 *
 * @returns the recovery codes, of which only hashes are stored
 * @throws ServiceError `totp_not_started`, `totp_enabled`, `invalid_totp`, `rate_limited`
 */
export const confirmTotp = async (
  actor: Actor,
  code: string,
  effects: ConfirmTotpEffects = liveConfirmTotp,
): Promise<RecoveryCodes> =>
  effects.withinTotpLimit(actor, async () => {
    const { factors, box, clock, withinCodeBudget } = effects;
    const { userId } = actor;
    const factor = await factors.find(userId);
    if (factor === undefined) throw new ServiceError('totp_not_started');
    if (factor.isConfirmed) throw new ServiceError('totp_enabled');
    const secret = await box.open(factor.secret, userId);
    const at = clock();
    const step = await withinCodeBudget(userId, async () => {
      const found = stepOfCode(secret, code.replaceAll(/\s/g, ''), at, 0);
      if (found === undefined) {
        throw new ServiceError('invalid_totp', { detail: 'The code is wrong. Wait for the next one.' });
      }
      return found;
    });
    const codes = newRecoveryCodes();
    const hashes = codes.map((one) => hashRecoveryCode(userId, one)).filter((hash) => hash !== undefined);
    const isConfirmed = await factors.confirm(userId, { secret: factor.secret, step, at }, hashes);
    if (!isConfirmed) throw new ServiceError('totp_enabled');
    return { recovery_codes: codes };
  });
