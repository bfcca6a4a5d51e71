import { createHash } from 'node:crypto';
import { limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds } from '../platform/clock.ts';
import { addressBlock } from './address-block.ts';
import { liveRateLimits, refuse, type RateLimitEffects } from './live.ts';
import { perHour } from './per-hour.ts';
import { runCountedAttempt } from './run-counted-attempt.ts';
import type { CountLimit } from './store.ts';

const perRecipient = perHour(limits.mails_per_recipient);
const perEmail = perHour(limits.mails_asked_per_hour);
const perAddress = perHour(limits.forgotten_passwords_per_address);
const perChange = perHour(limits.email_changes_per_hour);

/**
 * The key of an e-mail address in a limit: case-insensitive, and hashed, since the text may be a password that was
 * typed into the wrong field.
 */
const emailKey = (email: string): string =>
  createHash('sha256').update(email.toWellFormed().toLowerCase()).digest('base64url');

interface Count {
  readonly key: string;
  readonly limit: CountLimit;
  /** What the refusal says. */
  readonly detail: string;
}

/**
 * Runs an attempt within limits.
 *
 * @param isFree whether an attempt that failed with this error does not count
 * @throws ServiceError `rate_limited`, without running the attempt
 */
const within = async <T>(
  counts: readonly Count[],
  run: () => Promise<T>,
  { rateLimits, clock, areOn }: RateLimitEffects,
  isFree: (error: unknown) => boolean = () => true,
): Promise<T> => {
  if (!areOn()) return run();
  for (const { key, limit, detail } of counts) {
    const wait = await rateLimits.take(key, limit, epochSeconds(clock()));
    if (wait > 0) refuse(detail, wait);
  }
  return runCountedAttempt(run, {
    failed: async (cause) => {
      if (isFree(cause)) await Promise.all(counts.map(({ key }) => rateLimits.giveBack(key)));
    },
  });
};

/**
 * Requests a password reset within two limits: per e-mail address as it was given, whether or not a user has it, and
 * per IP address. A failed request does not count.
 *
 * @throws ServiceError `rate_limited`, without running the request
 */
export const withinForgottenLimits = (
  email: string,
  address: string,
  request: () => Promise<void>,
  effects: RateLimitEffects = liveRateLimits,
): Promise<void> =>
  within(
    [
      {
        key: `forgotten-address#${addressBlock(address)}`,
        limit: perAddress,
        detail: 'Too many forgotten passwords from your address.',
      },
      {
        key: `forgotten#${emailKey(email)}`,
        limit: perEmail,
        detail: 'A message was sent to this address often.',
      },
    ],
    request,
    effects,
  );

/**
 * Requests a verification mail within the hourly limit of a user. A failed request does not count.
 *
 * @throws ServiceError `rate_limited`, without running the request
 */
export const withinVerificationLimit = (
  userId: number,
  request: () => Promise<void>,
  effects: RateLimitEffects = liveRateLimits,
): Promise<void> =>
  within(
    [{ key: `verification#${userId}`, limit: perEmail, detail: 'The message was sent often already.' }],
    request,
    effects,
  );

/**
 * Changes a user's e-mail address within the hourly limit, since each change sends a mail. A failed change is given
 * back, unless the address was taken: such an attempt counts, since it reveals who has an account.
 *
 * @throws ServiceError `rate_limited`, without running the change
 */
export const withinEmailChangeLimit = <T>(
  userId: number,
  change: () => Promise<T>,
  effects: RateLimitEffects = liveRateLimits,
): Promise<T> =>
  within(
    [
      {
        key: `email-change#${userId}`,
        limit: perChange,
        detail: 'You are changing your e-mail address too often.',
      },
    ],
    change,
    effects,
    (error) => !(error instanceof ServiceError && error.error === 'email_taken'),
  );

/**
 * Sends one of the mails that an address may get within an hour, whoever caused them: this also stops an attacker
 * from flooding a mailbox by registering many accounts with its address. A mail that could not be sent does not count:
 * its retries would use up the limit.
 *
 * @returns undefined when the limit is used up; the mail is then not sent
 */
export const withinRecipientLimit = async <T>(
  email: string,
  send: () => Promise<T>,
  effects: RateLimitEffects = liveRateLimits,
): Promise<T | undefined> => {
  const { rateLimits, clock, areOn } = effects;
  if (!areOn()) return send();
  const key = `mail#${emailKey(email)}`;
  if ((await rateLimits.take(key, perRecipient, epochSeconds(clock()))) > 0) return undefined;
  return runCountedAttempt(send, { failed: () => rateLimits.giveBack(key) });
};
