import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds } from '../platform/clock.ts';
import { createBoundedCache } from '../platform/bounded-cache.ts';
import type { Actor } from './actor.ts';
import { accountSuspended } from './account-suspended.ts';
import { liveSessions, type SessionEffects } from './live.ts';

/**
 * The purpose of using a session. A session that is restricted to the deletion of its account is live only for that.
 */
export type SessionUse = 'anything' | 'deletion';

/**
 * Reads whether a session is live, without a cache. A suspension is marked on the session itself, so checking it
 * costs no extra round trip.
 *
 * @throws ServiceError `session_revoked` or `account_suspended`
 */
export const assertSessionIsLiveNow = async (
  actor: Actor,
  use: SessionUse = 'anything',
  { sessions, clock }: SessionEffects = liveSessions,
): Promise<void> => {
  const now = epochSeconds(clock());
  const session = await sessions.find(actor, now);
  if (session !== undefined && session.suspendedUntil > now) {
    throw accountSuspended(new Date(session.suspendedUntil * 1000));
  }
  if (session === undefined || (session.isForDeletion && use !== 'deletion')) {
    throw new ServiceError('session_revoked');
  }
};

/** How long a check is cached: a session that was ended or suspended is refused at most this many seconds later. */
const CHECK_SECONDS = 55;
/** Size of the cache of live sessions; when it is full, it is emptied. */
const CACHED_MAX = 10_000;

/** Creates a check of sessions with its own cache: a session found live is not read again for `CHECK_SECONDS`. */
export const createSessionCheck = (use: SessionUse = 'anything', effects: SessionEffects = liveSessions) => {
  const checkedAt = createBoundedCache<string, number>(CACHED_MAX);
  /** @throws ServiceError `session_revoked` or `account_suspended` */
  return async (actor: Actor): Promise<void> => {
    const now = epochSeconds(effects.clock());
    const last = checkedAt.get(actor.sessionId);
    if (last !== undefined && now - last < CHECK_SECONDS) return;
    checkedAt.delete(actor.sessionId);
    await assertSessionIsLiveNow(actor, use, effects);
    checkedAt.set(actor.sessionId, now);
  };
};

/**
 * Checks that a session is live, with the cache of this execution environment. @throws ServiceError like
 * `assertSessionIsLiveNow`
 */
export const assertSessionIsLive = createSessionCheck();

/** Like `assertSessionIsLive`, for the deletion of the account. @throws ServiceError like `assertSessionIsLiveNow` */
export const assertSessionMayDelete = createSessionCheck('deletion');
