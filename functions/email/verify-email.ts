import { systemClock, type Clock } from '../platform/clock.ts';
import { hashAccountToken, invalidToken } from './account-tokens.ts';
import { accountTokens } from './live.ts';
import type { AccountTokenStore } from './stores/account-tokens.ts';

export interface VerifyEmailEffects {
  readonly tokens: Pick<AccountTokenStore, 'verifyEmail'>;
  readonly clock: Clock;
}

const liveEffects: VerifyEmailEffects = { tokens: accountTokens, clock: systemClock };

/** Verifies the e-mail address to which a token was sent. @throws ServiceError `invalid_token_given` */
export const verifyEmail = async (
  token: string,
  { tokens, clock }: VerifyEmailEffects = liveEffects,
): Promise<void> => {
  if (!(await tokens.verifyEmail(hashAccountToken(token), clock()))) throw invalidToken();
};
