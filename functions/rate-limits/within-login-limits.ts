import { createHash } from 'node:crypto';
import type { ErrorName } from '../contract/errors.ts';
import { limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds } from '../platform/clock.ts';
import { addressBlock } from './address-block.ts';
import { liveRateLimits, refuse, type RateLimitEffects } from './live.ts';
import { runCountedAttempt } from './run-counted-attempt.ts';
import type { CountLimit } from './store.ts';

const perAccountAndAddress: CountLimit = {
  max: limits.login_failures_per_account_and_address,
  windowSeconds: limits.login_window_seconds,
  backsOff: true,
};
const perAddress: CountLimit = {
  max: limits.login_failures_per_address,
  windowSeconds: limits.login_window_seconds,
  backsOff: true,
};
const perAccount: CountLimit = {
  max: limits.login_failures_per_account,
  windowSeconds: limits.login_window_seconds,
  backsOff: true,
  // Attempts from one address that keep reaching this limit must not extend it for the owner.
  endsOnTime: true,
};

/**
 * The errors that count as failed log-ins. A missing code does not count: every log-in with a second factor starts like
 * that. It does not reset the count either.
 */
const failures: ReadonlySet<ErrorName> = new Set(['invalid_credentials', 'invalid_totp']);

/** The account that a log-in names, by its user name or its e-mail address; or a name that no account has. */
export type LoginSubject = { readonly userId: number } | { readonly name: string };

/** A name that no account has is hashed: it may be any text, such as a password that was typed into the wrong field. */
const keyOfSubject = (subject: LoginSubject): string =>
  'userId' in subject
    ? `account#${subject.userId}`
    : `name#${createHash('sha256').update(subject.name.toLowerCase()).digest('base64url')}`;

/**
 * Resets the failed log-ins to an account: those from one address, and those from anywhere. The count of the address
 * over all accounts stays.
 */
export const clearLoginFailures = async (
  userId: number,
  address: string,
  { rateLimits }: Pick<RateLimitEffects, 'rateLimits'> = liveRateLimits,
): Promise<void> => {
  const account = `login-${keyOfSubject({ userId })}`;
  await Promise.all([rateLimits.clear(account), rateLimits.clear(`${account}#${addressBlock(address)}`)]);
};

/**
 * Runs a log-in within three limits on failures: per account and address, per address, and per account. An attacker
 * who guesses passwords from one address does not lock out the owner elsewhere.
 *
 * An attempt is counted before its outcome is known, so that a burst cannot exceed a limit. It is given back unless
 * it fails because of its credentials; a refused attempt is not given back. A name that no account has is limited
 * like an account, and the two names of an account count as one.
 *
 * @param find looks up the subject, concurrently with the limit per address
 * @param address the client's IP address
 * @param logIn throws ServiceError `invalid_credentials` or `invalid_totp` for a failure that counts
 * @throws ServiceError `rate_limited`, with a wait that grows with each refusal
 */
export const withinLoginLimits = async <Subject extends LoginSubject, T>(
  find: () => Promise<Subject>,
  address: string,
  logIn: (subject: Subject) => Promise<T>,
  { rateLimits, clock, areOn }: RateLimitEffects = liveRateLimits,
): Promise<T> => {
  if (!areOn()) return logIn(await find());
  const block = addressBlock(address);
  const place = `login-address#${block}`;
  const now = epochSeconds(clock());
  const [ofAddress, found] = await Promise.allSettled([rateLimits.take(place, perAddress, now), find()]);
  if (ofAddress.status === 'rejected') throw ofAddress.reason;
  if (ofAddress.value > 0) refuse('Too many failed log-ins from your address.', ofAddress.value);
  if (found.status === 'rejected') {
    await rateLimits.giveBack(place);
    throw found.reason;
  }
  const subject = keyOfSubject(found.value);
  const pair = `login-${subject}#${block}`;
  const ofPair = await rateLimits.take(pair, perAccountAndAddress, now);
  if (ofPair > 0) refuse('Too many failed log-ins to this account from your address.', ofPair);
  const account = `login-${subject}`;
  const ofAccount = await rateLimits.take(account, perAccount, now);
  if (ofAccount > 0) refuse('Too many failed log-ins to this account.', ofAccount);
  return runCountedAttempt(() => logIn(found.value), {
    succeeded: () =>
      Promise.all([rateLimits.clear(pair), rateLimits.giveBack(account), rateLimits.giveBack(place)]),
    failed: async (reason) => {
      const isFailure = reason instanceof ServiceError && failures.has(reason.error);
      if (!isFailure) await Promise.all([pair, account, place].map((key) => rateLimits.giveBack(key)));
    },
  });
};
