import type { Session, SessionStore } from '../../functions/sessions/stores/sessions.ts';

/** Sessions in memory, by id, with the conditions of the real store. */
export const createFakeSessions = (): {
  readonly rows: Map<string, Session>;
  readonly sessions: SessionStore;
} => {
  const rows = new Map<string, Session>();
  const change = (sessionId: string, holds: (session: Session) => boolean, fields: Partial<Session>) => {
    const session = rows.get(sessionId);
    if (session === undefined || !holds(session)) return false;
    rows.set(sessionId, { ...session, ...fields });
    return true;
  };
  const sessions: SessionStore = {
    insert: async (session) =>
      void rows.set(session.sessionId, { ...session, isForDeletion: false, suspendedUntil: 0 }),
    find: async ({ userId, sessionId }, now) => {
      const session = rows.get(sessionId);
      return session?.userId === userId && session.expiresAt > now ? session : undefined;
    },
    findLive: async (keys, now) =>
      keys.flatMap(({ userId, sessionId }) => {
        const session = rows.get(sessionId);
        return session?.userId === userId && session.expiresAt > now && !session.isForDeletion
          ? [session]
          : [];
      }),
    rotate: async ({ sessionId }, generation, { hash, ...next }) =>
      change(sessionId, (session) => session.generation === generation, {
        ...next,
        generation: generation + 1,
        previous: rows.get(sessionId)?.current ?? [],
        current: [hash],
      }),
    addToken: async ({ sessionId }, generation, hash, max) =>
      change(sessionId, (session) => session.generation === generation && session.current.length < max, {
        current: [...(rows.get(sessionId)?.current ?? []), hash],
      }),
    addPassword: async ({ sessionId }, fingerprint) =>
      change(sessionId, () => true, {
        passwords: [...(rows.get(sessionId)?.passwords ?? []), fingerprint],
      }),
    removePassword: async ({ sessionId }, fingerprint) => {
      change(sessionId, () => true, {
        passwords: (rows.get(sessionId)?.passwords ?? []).filter((other) => other !== fingerprint),
      });
    },
    restrictToDeletion: async ({ sessionId }) => change(sessionId, () => true, { isForDeletion: true }),
    setSuspendedUntil: async (_, sessionIds, suspendedUntil) => {
      for (const sessionId of sessionIds) change(sessionId, () => true, { suspendedUntil });
    },
    remove: async ({ sessionId }) => rows.delete(sessionId),
    removeAll: async (_, sessionIds) => {
      for (const sessionId of sessionIds) rows.delete(sessionId);
    },
    list: async (userId) => [...rows.values()].filter((session) => session.userId === userId),
  };
  return { rows, sessions };
};
