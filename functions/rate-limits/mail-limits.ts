import { createHash } from 'node:crypto';
import { limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds } from '../platform/clock.ts';
import { addressBlock } from './address-block.ts';
import { liveRateLimits, refuse, type RateLimitEffects } from './live.ts';
import { perHour } from './per-hour.ts';
import { settled } from './settled.ts';
import type { CountLimit } from './store.ts';

const perRecipient = perHour(limits.mails_per_recipient);
const perEmail = perHour(limits.mails_asked_per_hour);
const perAddress = perHour(limits.forgotten_passwords_per_address);
const perChange = perHour(limits.email_changes_per_hour);

/** An e-mail address as a limit counts it: in any case, and hashed, since it may be a password in the wrong field. */
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
 * Limits how often a new password can be asked for: by the e-mail address as it is given, whether or not somebody has it,
 * and by the IP address.
 *
 * @throws ServiceError `rate_limited`
 */
export const assertForgottenLimits = async (
  email: string,
  address: string,
  effects: RateLimitEffects = liveRateLimits,
): Promise<void> => {
  if (!effects.areOn()) return;
  const place = `forgotten-address#${addressBlock(address)}`;
  await take(place, perAddress, 'Too many forgotten passwords from your address.', effects);
  await take(`forgotten#${emailKey(email)}`, perEmail, 'A message was sent to this address often.', effects);
};

/** Limits how often a user has the message sent that verifies an address. @throws ServiceError `rate_limited` */
export const assertVerificationLimit = async (
  userId: number,
  effects: RateLimitEffects = liveRateLimits,
): Promise<void> => {
  if (!effects.areOn()) return;
  await take(`verification#${userId}`, perEmail, 'The message was sent often already.', effects);
};

/**
 * Changes a user's e-mail address, within the number of changes in an hour: each of them sends a mail. What fails for another
 * reason than that the address is taken is given back. That one counts, since it tells who has an account.
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
  return settled(change, {
    failed: async (error) => {
      const isTaken = error instanceof ServiceError && error.error === 'email_taken';
      if (!isTaken) await effects.rateLimits.giveBack(key);
    },
  });
};

/**
 * Takes one of the mails that may go to an address within an hour, whoever caused them: accounts that are made one after
 * the other with the same address are no way to fill somebody's mailbox.
 *
 * @returns whether the mail may be sent
 */
export const mayMail = async (
  email: string,
  { rateLimits, clock, areOn }: RateLimitEffects = liveRateLimits,
): Promise<boolean> =>
  !areOn() || (await rateLimits.take(`mail#${emailKey(email)}`, perRecipient, epochSeconds(clock()))) === 0;
