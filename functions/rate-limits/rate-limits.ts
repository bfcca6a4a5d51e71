import { createHash } from 'node:crypto';
import { limits } from '../contract/limits.ts';
import type { Pace } from '../contract/route.ts';
import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
import { dynamodb } from '../platform/dynamodb.ts';
import { baseEnvironment, environmentOf } from '../platform/environment.ts';
import type { Actor } from '../sessions/actor.ts';
import { addressBlock } from './address-block.ts';
import { createRateLimitStore, type CountLimit, type PaceLimit, type RateLimitStore } from './store.ts';

export interface RateLimitEffects {
  readonly rateLimits: RateLimitStore;
  readonly clock: Clock;
  /** Whether limits hold; they can be switched off in the local cloud only. */
  readonly areOn: () => boolean;
}

const liveEffects: RateLimitEffects = {
  rateLimits: createRateLimitStore(dynamodb, () => environmentOf('rate-limits').SESSIONS_TABLE),
  clock: systemClock,
  areOn: () => {
    const { RATE_LIMITS, STAGE } = baseEnvironment();
    return !(RATE_LIMITS === 'off' && STAGE === 'local');
  },
};

const refuse = (detail: string, retryAfter: number): never => {
  throw new ServiceError('rate_limited', { detail, retryAfter });
};

/** How fast each kind of request may go, and what a person who goes faster is told. */
const paces: Readonly<Record<Pace, PaceLimit & { readonly detail: string }>> = {
  sends: {
    perSecond: limits.sends_per_second,
    burst: limits.sends_burst,
    detail: 'You are sending too many messages.',
  },
  frames: {
    perSecond: limits.frames_per_second,
    burst: limits.frames_burst,
    detail: 'You are sending too many frames.',
  },
  changes: {
    perSecond: limits.changes_per_second,
    burst: limits.changes_burst,
    detail: 'You are changing too much at once.',
  },
  searches: {
    perSecond: limits.searches_per_second,
    burst: limits.searches_burst,
    detail: 'You are searching too often.',
  },
  tickets: {
    perSecond: limits.tickets_per_second,
    burst: limits.tickets_burst,
    detail: 'You are asking for too many tickets.',
  },
  logins: {
    perSecond: limits.sessions_per_second,
    burst: limits.sessions_burst,
    detail: 'You are logging in too often.',
  },
  refreshes: {
    perSecond: limits.sessions_per_second,
    burst: limits.sessions_burst,
    detail: 'You are refreshing too often.',
  },
  connects: {
    perSecond: limits.connects_per_second,
    burst: limits.connects_burst,
    detail: 'You are opening too many connections.',
  },
};

/**
 * Takes one step of a user's pace, counted over all functions and connections of the user.
 *
 * @throws ServiceError `rate_limited` when the user is ahead of it
 */
export const assertPace = async (
  pace: Pace,
  userId: number,
  { rateLimits, clock, areOn }: RateLimitEffects = liveEffects,
): Promise<void> => {
  if (!areOn()) return;
  const { detail, ...limit } = paces[pace];
  const wait = await rateLimits.pace(`${pace}#${userId}`, limit, clock().getTime());
  if (wait > 0) refuse(detail, wait);
};

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
  // Tries from one address reach this limit now and then, and must not keep it up.
  endsOnTime: true,
};

/** Whose log-in it is: an account, by whichever of its names, or a name that nobody has. */
export type LoginSubject = { readonly userId: number } | { readonly name: string };

/** A name that nobody has is hashed: it may be any text, also a password typed into the wrong field. */
const keyOfSubject = (subject: LoginSubject): string =>
  'userId' in subject
    ? `account#${subject.userId}`
    : `name#${createHash('sha256').update(subject.name.toLowerCase()).digest('base64url')}`;

/**
 * Runs a log-in within its limits: of an account from one address, of an address, and of an account from anywhere. So
 * who tries passwords from one address locks out nobody elsewhere. A try is counted before its outcome is known, so that
 * of a burst no more pass than may; one that does not fail for its credentials is given back, one that is refused is
 * not. Unknown names are counted as accounts are, and an account is one whether it is called by its user name or its
 * e-mail address.
 *
 * @param find says whose log-in it is; it may take as long as counting the address does
 * @throws ServiceError `rate_limited`, with a wait that grows
 */
export const withinLoginLimits = async <Subject extends LoginSubject, T>(
  find: () => Promise<Subject>,
  address: string,
  logIn: (subject: Subject) => Promise<T>,
  { rateLimits, clock, areOn }: RateLimitEffects = liveEffects,
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
  try {
    const result = await logIn(found.value);
    await Promise.all([rateLimits.clear(pair), rateLimits.giveBack(account), rateLimits.giveBack(place)]);
    return result;
  } catch (error) {
    const isFailure = error instanceof ServiceError && error.error === 'invalid_credentials';
    if (!isFailure) await Promise.all([pair, account, place].map((key) => rateLimits.giveBack(key)));
    throw error;
  }
};

/**
 * Runs what asks a logged-in user for the password, within a limit of failures of this session: who holds a stolen
 * token shall neither try passwords without end, nor keep the owner from logging in or from throwing the thief out.
 *
 * @throws ServiceError `rate_limited`, with a wait that grows
 */
export const withinPasswordLimit = async <T>(
  { userId, sessionId }: Pick<Actor, 'userId' | 'sessionId'>,
  run: () => Promise<T>,
  { rateLimits, clock, areOn }: RateLimitEffects = liveEffects,
): Promise<T> => {
  if (!areOn()) return run();
  const key = `password#${userId}#${sessionId}`;
  const wait = await rateLimits.take(key, perAccountAndAddress, epochSeconds(clock()));
  if (wait > 0) refuse('Too many wrong passwords.', wait);
  try {
    const result = await run();
    await rateLimits.clear(key);
    return result;
  } catch (error) {
    const isFailure = error instanceof ServiceError && error.error === 'wrong_password';
    if (!isFailure) await rateLimits.giveBack(key);
    throw error;
  }
};

const perHour = (max: number): CountLimit => ({ max, windowSeconds: 60 * 60, backsOff: false });
const registrations = perHour(limits.registrations_per_address);
const registrationFailures = perHour(limits.registration_failures_per_address);

const isTaken = (error: unknown): boolean =>
  error instanceof ServiceError && (error.error === 'username_taken' || error.error === 'email_taken');

/**
 * Runs a registration within its limits, by address: of accounts that were made, and of tries that found a name taken,
 * which tell who has an account. Only a try whose names are free takes one of the accounts, and gives it back when it
 * makes none.
 *
 * @param look throws what keeps the account from being made, without doing anything that takes long
 * @throws ServiceError `rate_limited`
 */
export const withinRegistrationLimits = async <T>(
  address: string,
  look: () => Promise<void>,
  register: () => Promise<T>,
  { rateLimits, clock, areOn }: RateLimitEffects = liveEffects,
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
  try {
    const result = await register();
    await rateLimits.giveBack(failures);
    return result;
  } catch (error) {
    await Promise.all([rateLimits.giveBack(made), giveBackUnlessTaken(error)]);
    throw error;
  }
};
