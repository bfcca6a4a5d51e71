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
 * Begins a second factor, which takes effect once a code has confirmed it. Replaces one that was begun earlier.
 *
 * @throws ServiceError `wrong_password`, `rate_limited`, `totp_enabled`
 */
export const startTotp = async (
  actor: Actor,
  password: string,
  effects: StartTotpEffects = liveEffects,
): Promise<TotpSecret> => {
  const passwordHash = await assertPassword(actor, password, effects);
  const secret = newTotpSecret();
  const sealed = await effects.box.seal(secret, actor.userId);
  const outcome = await effects.factors.begin(actor.userId, sealed, passwordHash);
  if (outcome === 'confirmed_before') throw new ServiceError('totp_enabled');
  // The password was changed after it had been verified.
  if (outcome === 'other_password') throw new ServiceError('wrong_password');
  return { secret: toBase32(secret), otpauth_url: otpauthUrl(secret, actor.username) };
};
