import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
import { dynamodb } from '../platform/dynamodb.ts';
import { baseEnvironment, environmentOf } from '../platform/environment.ts';
import {
  createRateLimitRepository,
  type CountLimit,
  type PaceLimit,
  type RateLimitRepository,
} from '../repositories/dynamodb/rate-limits.ts';
import { limits } from '../routes/limits.ts';
import type { Pace } from '../routes/route.ts';
import { ServiceError } from './service-error.ts';

export interface RateLimitEffects {
  readonly rateLimits: RateLimitRepository;
  readonly clock: Clock;
  /** Whether limits hold; they can be switched off in the local cloud only. */
  readonly areOn: () => boolean;
}

const liveEffects: RateLimitEffects = {
  rateLimits: createRateLimitRepository(dynamodb, () => environmentOf('rate-limits').SESSIONS_TABLE),
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

const perAccount: CountLimit = {
  max: limits.login_failures_per_account,
  windowSeconds: limits.login_window_seconds,
  backsOff: true,
};
const perAddress: CountLimit = {
  max: limits.login_failures_per_address,
  windowSeconds: limits.login_window_seconds,
  backsOff: true,
};

/** Whose log-in it is: an account, by whichever of its names, or a name that nobody has. */
export type LoginSubject = { readonly userId: number } | { readonly name: string };

const keyOfSubject = (subject: LoginSubject): string =>
  'userId' in subject ? `login-account#${subject.userId}` : `login-name#${subject.name.toLowerCase()}`;

/**
 * Runs a log-in within its limits. A try is counted before its outcome is known, so that of a burst no more pass
 * than may; one that does not fail for its credentials is given back. Unknown names are counted as accounts are, and
 * an account is one whether it is called by its user name or its e-mail address.
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
  const place = `login-address#${address}`;
  const now = epochSeconds(clock());
  const [ofAddress, found] = await Promise.allSettled([rateLimits.take(place, perAddress, now), find()]);
  if (ofAddress.status === 'rejected') throw ofAddress.reason;
  if (ofAddress.value > 0) refuse('Too many failed log-ins from your address.', ofAddress.value);
  if (found.status === 'rejected') {
    await rateLimits.giveBack(place);
    throw found.reason;
  }
  const account = keyOfSubject(found.value);
  const ofAccount = await rateLimits.take(account, perAccount, now);
  if (ofAccount > 0) {
    await rateLimits.giveBack(place);
    refuse('Too many failed log-ins to this account.', ofAccount);
  }
  try {
    const result = await logIn(found.value);
    await Promise.all([rateLimits.clear(account), rateLimits.giveBack(place)]);
    return result;
  } catch (error) {
    const isFailure = error instanceof ServiceError && error.error === 'invalid_credentials';
    if (!isFailure) await Promise.all([rateLimits.giveBack(account), rateLimits.giveBack(place)]);
    throw error;
  }
};

/**
 * Runs what asks a logged-in user for the password, within the limit of failed log-ins, counted apart: who holds a
 * stolen token shall neither try passwords without end, nor keep the owner from logging in.
 *
 * @throws ServiceError `rate_limited`, with a wait that grows
 */
export const withinPasswordLimit = async <T>(
  userId: number,
  run: () => Promise<T>,
  { rateLimits, clock, areOn }: RateLimitEffects = liveEffects,
): Promise<T> => {
  if (!areOn()) return run();
  const key = `password#${userId}`;
  const wait = await rateLimits.take(key, perAccount, epochSeconds(clock()));
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

const HOUR_SECONDS = 60 * 60;

/** Runs a registration within its limit; one that makes no account does not count. @throws ServiceError `rate_limited` */
export const withinRegistrationLimit = async <T>(
  address: string,
  register: () => Promise<T>,
  { rateLimits, clock, areOn }: RateLimitEffects = liveEffects,
): Promise<T> => {
  if (!areOn()) return register();
  const key = `registrations#${address}`;
  const limit = { max: limits.registrations_per_address, windowSeconds: HOUR_SECONDS, backsOff: false };
  const wait = await rateLimits.take(key, limit, epochSeconds(clock()));
  if (wait > 0) refuse('Too many accounts have been made from your address.', wait);
  try {
    return await register();
  } catch (error) {
    await rateLimits.giveBack(key);
    throw error;
  }
};
