import { ServiceError } from '../contract/service-error.ts';
import type { Actor } from '../sessions/actor.ts';
import { assertPassword, livePasswordCheck, type PasswordCheckEffects } from '../users/assert-password.ts';
import type { TotpSecret } from './contract.ts';
import { liveSecondFactors, type SecondFactorEffects } from './live.ts';
import { newTotpSecret, otpauthUrl, toBase32 } from './totp.ts';

export interface StartTotpEffects extends PasswordCheckEffects {
  readonly factors: Pick<SecondFactorEffects['factors'], 'begin'>;
  readonly box: Pick<SecondFactorEffects['box'], 'seal'>;
}

const liveEffects: StartTotpEffects = { ...livePasswordCheck, ...liveSecondFactors };

/**
 * Begins a second factor, which counts once a code has confirmed it. One that was begun before is no longer good.
 *
 * @throws ServiceError `wrong_password`, `rate_limited`, `totp_enabled`
 */
export const startTotp = async (
  actor: Actor,
  password: string,
  effects: StartTotpEffects = liveEffects,
): Promise<TotpSecret> => {
  await assertPassword(actor, password, effects);
  const secret = newTotpSecret();
  const sealed = await effects.box.seal(secret, actor.userId);
  if (!(await effects.factors.begin(actor.userId, sealed))) throw new ServiceError('totp_enabled');
  return { secret: toBase32(secret), otpauth_url: otpauthUrl(secret, actor.username) };
};
