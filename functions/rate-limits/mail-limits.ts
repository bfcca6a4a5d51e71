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

/** Takes one of the attempts that a limit allows. @throws ServiceError `rate_limited` */
const take = async (
  key: string,
  limit: CountLimit,
  detail: string,
  { rateLimits, clock }: RateLimitEffects,
): Promise<void> => {
  const wait = await rateLimits.take(key, limit, epochSeconds(clock()));
  if (wait > 0) refuse(detail, wait);
};

/**
 * Requests a password reset within two limits: per e-mail address as it was given, whether or not a user has it, and
 * per IP address. A failed request does not count.
 *
 * @throws ServiceError `rate_limited`, without running the request
 */
export const withinForgottenLimits = async (
  email: string,
  address: string,
  request: () => Promise<void>,
  effects: RateLimitEffects = liveRateLimits,
): Promise<void> => {
  if (!effects.areOn()) return request();
  const place = `forgotten-address#${addressBlock(address)}`;
  const recipient = `forgotten#${emailKey(email)}`;
  await take(place, perAddress, 'Too many forgotten passwords from your address.', effects);
  await take(recipient, perEmail, 'A message was sent to this address often.', effects);
  return runCountedAttempt(request, {
    failed: () => Promise.all([place, recipient].map((key) => effects.rateLimits.giveBack(key))),
  });
};

/**
 * Requests a verification mail within the hourly limit of a user. A failed request does not count.
 *
 * @throws ServiceError `rate_limited`, without running the request
 */
export const withinVerificationLimit = async (
  userId: number,
  request: () => Promise<void>,
  effects: RateLimitEffects = liveRateLimits,
): Promise<void> => {
  if (!effects.areOn()) return request();
  const key = `verification#${userId}`;
  await take(key, perEmail, 'The message was sent often already.', effects);
  return runCountedAttempt(request, { failed: () => effects.rateLimits.giveBack(key) });
};

/**
 * Changes a user's e-mail address within the hourly limit, since each change sends a mail. A failed change is given
 * back, unless the address was taken: such an attempt counts, since it reveals who has an account.
 *
 * @throws ServiceError `rate_limited`, without running the change
 */
export const withinEmailChangeLimit = async <T>(
  userId: number,
  change: () => Promise<T>,
  effects: RateLimitEffects = liveRateLimits,
): Promise<T> => {
  if (!effects.areOn()) return change();
  const key = `email-change#${userId}`;
  await take(key, perChange, 'You are changing your e-mail address too often.', effects);
  return runCountedAttempt(change, {
    failed: async (error) => {
      const isTaken = error instanceof ServiceError && error.error === 'email_taken';
      if (!isTaken) await effects.rateLimits.giveBack(key);
    },
  });
};

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
