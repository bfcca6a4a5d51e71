import { ServiceError } from '../contract/service-error.ts';
import { verifyAccessTokenOnce } from '../sessions/access-tokens.ts';
import type { Actor } from '../sessions/actor.ts';
import { assertSessionIsLive, assertSessionMayDelete, type SessionUse } from '../sessions/check-session.ts';

/** Verifies an access token and checks that its session is live. @throws ServiceError */
export const authenticateToken = async (token: string, use: SessionUse = 'anything'): Promise<Actor> => {
  const actor = await verifyAccessTokenOnce(token);
  await (use === 'deletion' ? assertSessionMayDelete : assertSessionIsLive)(actor);
  return actor;
};

/** The bearer token in an Authorization header (RFC 6750). @throws ServiceError `not_authenticated` */
const bearerToken = (header: string | undefined): string => {
  const token = /^Bearer +(\S+)$/i.exec(header?.trim() ?? '')?.[1];
  if (token === undefined) throw new ServiceError('not_authenticated');
  return token;
};

/** Authenticates a request by its Authorization header, and checks that the session is live. @throws ServiceError */
export const authenticateHeader = async (header: string | undefined, use?: SessionUse): Promise<Actor> =>
  authenticateToken(bearerToken(header), use);

/**
 * Authenticates a request by its Authorization header, and starts the check of the session without waiting for it.
 *
 * @returns the actor, and the check: no result may leave the service before it has been awaited
 * @throws ServiceError
 */
export const beginAuthentication = async (
  header: string | undefined,
): Promise<{ readonly actor: Actor; readonly sessionCheck: Promise<void> }> => {
  const actor = await verifyAccessTokenOnce(bearerToken(header));
  const sessionCheck = assertSessionIsLive(actor);
  // The check is awaited later: without a handler, its rejection would end the process.
  sessionCheck.catch(() => undefined);
  return { actor, sessionCheck };
};
