import { ServiceError } from '../contract/service-error.ts';
import { epochSeconds } from '../platform/clock.ts';
import { createMemory } from '../platform/memory.ts';
import type { Actor } from './actor.ts';
import { accountSuspended } from './account-suspended.ts';
import { liveSessions, type SessionEffects } from './live.ts';

/** What a session is used for. One that is restricted to the deletion of its account counts as live for that alone. */
export type SessionUse = 'anything' | 'deletion';

/**
 * Reads whether a session is live, without a cache. The mark of a suspension is on the session itself, so that no check
 * takes another trip for it.
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

/** How long a check is cached: a session that was ended or suspended is refused at the latest this many seconds later. */
const CHECK_SECONDS = 55;
/** Sessions in the cache; beyond that it is emptied. */
const CACHED_MAX = 10_000;

/** Makes a check of sessions with a cache of its own: a session found live is not read again for `CHECK_SECONDS`. */
export const createSessionCheck = (use: SessionUse = 'anything', effects: SessionEffects = liveSessions) => {
  const checkedAt = createMemory<string, number>(CACHED_MAX);
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

/** Checks that a session is live, with the cache of this Lambda function. @throws ServiceError as `assertSessionIsLiveNow` */
export const assertSessionIsLive = createSessionCheck();

/** As `assertSessionIsLive`, for the deletion of the account. @throws ServiceError as `assertSessionIsLiveNow` */
export const assertSessionMayDelete = createSessionCheck('deletion');
