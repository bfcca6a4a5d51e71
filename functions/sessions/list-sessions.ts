import { itemsOf, toPage } from '../contract/pages.ts';
import type { Page, PageQuery } from '../contract/schemas.ts';
import { epochSeconds } from '../platform/clock.ts';
import { liveConnections } from '../presence/live.ts';
import type { ConnectionStore } from '../presence/stores/connections.ts';
import type { Actor } from './actor.ts';
import type { UserSession } from './contract.ts';
import { listedSessions, type SessionEffects } from './live.ts';
import type { SessionStore } from './stores/sessions.ts';

export interface ListSessionsEffects extends Pick<SessionEffects, 'clock'> {
  readonly sessions: Pick<SessionStore, 'list'>;
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
}

const liveEffects: ListSessionsEffects = { ...listedSessions, connections: liveConnections };

/**
 * Lists the caller's sessions, most recently seen first.
 *
 * `last_seen` is the later of the session's last refresh and the last frame on its connections. A session in use
 * refreshes its access token whenever that expires, so `last_seen` lags by at most `limits.access_token_seconds`,
 * without a write per request.
 */
export const listSessions = async (
  { userId, sessionId: currentId }: Pick<Actor, 'userId' | 'sessionId'>,
  query: PageQuery,
  { sessions, connections, clock }: ListSessionsEffects = liveEffects,
): Promise<Page<UserSession>> => {
  const now = epochSeconds(clock());
  const [stored, open] = await Promise.all([sessions.list(userId), connections.findByUsers([userId])]);
  const frameAtMs = new Map<string, number>();
  for (const { sessionId, seenAtMs } of open) {
    frameAtMs.set(sessionId, Math.max(seenAtMs, frameAtMs.get(sessionId) ?? 0));
  }
  const live = stored
    .filter(({ expiresAt }) => expiresAt > now)
    .map(({ sessionId, startedAt, rotatedAt, userAgent }) => ({
      sessionId,
      startedAt,
      userAgent,
      seenAt: Math.max(startedAt, rotatedAt, frameAtMs.get(sessionId) ?? 0),
    }))
    .toSorted((a, b) => b.seenAt - a.seenAt || (a.sessionId < b.sessionId ? -1 : 1));
  const items = itemsOf(live, query).map(({ sessionId, startedAt, seenAt, userAgent }) => ({
    id: sessionId,
    created_at: new Date(startedAt).toISOString(),
    last_seen: new Date(seenAt).toISOString(),
    user_agent: userAgent,
    current: sessionId === currentId,
  }));
  return toPage(items, live.length, query);
};
