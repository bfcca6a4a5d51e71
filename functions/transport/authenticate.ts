import { ServiceError } from '../contract/service-error.ts';
import type { Actor } from '../sessions/actor.ts';
import { assertSessionIsLive } from '../sessions/sessions.ts';
import { verifyAccessToken } from '../sessions/tokens.ts';

/** Who an access token speaks for, when its session is still on. @throws ServiceError */
export const authenticateToken = async (token: string): Promise<Actor> => {
  const actor = await verifyAccessToken(token);
  await assertSessionIsLive(actor);
  return actor;
};

/** The token in an Authorization header (RFC 6750). @throws ServiceError */
const bearerToken = (header: string | undefined): string => {
  const token = /^Bearer +(\S+)$/i.exec(header?.trim() ?? '')?.[1];
  if (token === undefined) throw new ServiceError('not_authenticated');
  return token;
};

/** Who sends a request, by its Authorization header. @throws ServiceError */
export const authenticateHeader = async (header: string | undefined): Promise<Actor> =>
  authenticateToken(bearerToken(header));

/**
 * Who sends a request by what the token itself says, and the check of its session, which is under way: nobody may see
 * anything before it has come to a good end. @throws ServiceError
 */
export const beginAuthentication = async (
  header: string | undefined,
): Promise<{ readonly actor: Actor; readonly sessionCheck: Promise<void> }> => {
  const actor = await verifyAccessToken(bearerToken(header));
  const sessionCheck = assertSessionIsLive(actor);
  // It is awaited later; until then nobody listens.
  sessionCheck.catch(() => undefined);
  return { actor, sessionCheck };
};
