import { limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds } from '../platform/clock.ts';
import { addressBlock } from './address-block.ts';
import { liveRateLimits, refuse, type RateLimitEffects } from './live.ts';
import { perHour } from './per-hour.ts';
import { runCountedAttempt } from './run-counted-attempt.ts';

const registrations = perHour(limits.registrations_per_address);
const registrationFailures = perHour(limits.registration_failures_per_address);

const isTaken = (error: unknown): boolean =>
  error instanceof ServiceError && (error.error === 'username_taken' || error.error === 'email_taken');

/**
 * Runs a registration within two limits per address: on accounts, and on attempts whose names were taken, which
 * reveal who has an account. An attempt whose names are free counts as an account, and is given back when it creates
 * none.
 *
 * @param address the client's IP address
 * @param look throws when the account cannot be created; must be fast
 * @param register creates the account
 * @throws ServiceError `rate_limited`
 */
export const withinRegistrationLimits = async <T>(
  address: string,
  look: () => Promise<void>,
  register: () => Promise<T>,
  { rateLimits, clock, areOn }: RateLimitEffects = liveRateLimits,
): Promise<T> => {
  if (!areOn()) {
    await look();
    return register();
  }
  const block = addressBlock(address);
  const failures = `registration-failures#${block}`;
  const made = `registrations#${block}`;
  const now = epochSeconds(clock());
  const [failed, looked] = await Promise.allSettled([
    rateLimits.take(failures, registrationFailures, now),
    look(),
  ]);
  if (failed.status === 'rejected') throw failed.reason;
  if (failed.value > 0) refuse('Too many failed registrations from your address.', failed.value);
  const giveBackUnlessTaken = async (error: unknown): Promise<void> => {
    if (!isTaken(error)) await rateLimits.giveBack(failures);
  };
  if (looked.status === 'rejected') {
    await giveBackUnlessTaken(looked.reason);
    throw looked.reason;
  }
  const wait = await rateLimits.take(made, registrations, now);
  if (wait > 0) refuse('Too many accounts have been made from your address.', wait);
  return runCountedAttempt(register, {
    succeeded: () => rateLimits.giveBack(failures),
    failed: (reason) => Promise.all([rateLimits.giveBack(made), giveBackUnlessTaken(reason)]),
  });
};
