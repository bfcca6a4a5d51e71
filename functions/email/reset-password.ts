import { systemClock, type Clock } from '../platform/clock.ts';
import { endConnections } from '../presence/end-connections.ts';
import { clearLoginFailures } from '../rate-limits/within-login-limits.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { hashPassword } from '../users/passwords.ts';
import { hashAccountToken, invalidToken } from './account-tokens.ts';
import type { ResetPasswordBody } from './contract.ts';
import { accountTokens } from './live.ts';
import type { AccountTokenStore } from './stores/account-tokens.ts';

export interface ResetPasswordEffects {
  readonly tokens: Pick<AccountTokenStore, 'findHolder' | 'resetPassword'>;
  readonly hashPassword: (password: string) => Promise<string>;
  readonly endSessions: (userId: number, exceptId: null, newPasswordHash: string) => Promise<string[]>;
  readonly endConnections: (userId: number, sessionIds: readonly string[]) => Promise<void>;
  readonly clearLoginFailures: (userId: number, address: string) => Promise<void>;
  readonly clock: Clock;
}

const liveEffects: ResetPasswordEffects = {
  tokens: accountTokens,
  hashPassword,
  endSessions: (userId, exceptId, newPasswordHash) => endSessions(userId, exceptId, newPasswordHash),
  endConnections: (userId, sessionIds) => endConnections(userId, sessionIds),
  clearLoginFailures: (userId, address) => clearLoginFailures(userId, address),
  clock: systemClock,
};

/**
 * Sets a new password by a token from a mail. Every session that was started with another password ends, its
 * connections are closed, and earlier failed log-ins no longer count. The second factor stays when the address had
 * been verified before; otherwise it is removed, since it may belong to somebody who registered with another person's
 * address.
 *
 * A session that does not end here, because a store fails after the password was set, ends with its next refresh.
 *
 * @param address the client's IP address; its failed log-ins to this account are forgotten, so that the next log-in is
 *   not limited
 * @throws ServiceError `invalid_token_given`
 */
export const resetPassword = async (
  { token, new_password: password }: ResetPasswordBody,
  address: string,
  effects: ResetPasswordEffects = liveEffects,
): Promise<void> => {
  const { tokens, clock } = effects;
  const hash = hashAccountToken(token);
  // Checked before hashing the password: hashing is slow, and anybody may send invalid tokens.
  if ((await tokens.findHolder('reset', hash, clock())) === undefined) throw invalidToken();
  const passwordHash = await effects.hashPassword(password);
  const userId = await tokens.resetPassword(hash, passwordHash, clock());
  if (userId === undefined) throw invalidToken();
  const [ended] = await Promise.all([
    effects.endSessions(userId, null, passwordHash),
    effects.clearLoginFailures(userId, address),
  ]);
  await effects.endConnections(userId, ended);
};
