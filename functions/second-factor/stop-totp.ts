import { ServiceError } from '../contract/service-error.ts';
import type { Actor } from '../sessions/actor.ts';
import { assertPassword, livePasswordCheck, type PasswordCheckEffects } from '../users/assert-password.ts';
import { liveConfirmTotp, type ConfirmTotpEffects } from './confirm-totp.ts';
import type { StopTotpBody } from './contract.ts';
import { consumeCode } from './consume-code.ts';

export type StopTotpEffects = ConfirmTotpEffects & PasswordCheckEffects;

const liveEffects: StopTotpEffects = {
  ...liveConfirmTotp,
  ...livePasswordCheck,
};

/**
 * Removes the second factor; requires the password and a code. A factor that was begun but never confirmed requires
 * only the password, since no log-in requires its codes.
 *
 * @throws ServiceError `wrong_password`, `invalid_totp`, `rate_limited`, `totp_not_enabled`
 */
export const stopTotp = async (
  actor: Actor,
  { password, code }: StopTotpBody,
  effects: StopTotpEffects = liveEffects,
): Promise<void> => {
  await assertPassword(actor, password, effects);
  await effects.withinTotpLimit(actor, async () => {
    // Each further round means that another request has confirmed, replaced or removed the factor meanwhile.
    for (;;) {
      const factor = await effects.factors.find(actor.userId);
      if (factor === undefined) throw new ServiceError('totp_not_enabled');
      if (factor.isConfirmed) await consumeCode(actor.userId, factor, code, effects);
      if (await effects.factors.remove(actor.userId, factor)) return;
    }
  });
};
