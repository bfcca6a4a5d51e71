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
 * Sets a new password by a token from a mail. Every session that was started with another password ends, and its sockets
 * are closed; failed log-ins of before no longer count. The second factor stays where the address was verified before;
 * otherwise it goes, since it may be that of somebody who registered with the address of another.
 *
 * A session that does not end here, because a store fails after the password was set, ends with its next refresh.
 *
 * @param address the client's IP address, from which the next log-in is let through
 * @throws ServiceError `invalid_token_given`
 */
export const resetPassword = async (
  { token, new_password: password }: ResetPasswordBody,
  address: string,
  effects: ResetPasswordEffects = liveEffects,
): Promise<void> => {
  const { tokens, clock } = effects;
  const hash = hashAccountToken(token);
  // Ahead of hashing the password: anybody may send texts that are no token.
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
