import type { Actor } from '../services/actor.ts';
import { ServiceError } from '../services/service-error.ts';
import { assertSessionIsLive } from '../services/sessions.ts';
import { verifyAccessToken } from '../services/tokens.ts';

/** Who an access token speaks for, when its session is still on. @throws ServiceError */
export const authenticateToken = async (token: string): Promise<Actor> => {
  const actor = await verifyAccessToken(token);
  await assertSessionIsLive(actor);
  return actor;
};

/** Who sends a request, by its Authorization header (RFC 6750). @throws ServiceError */
export const authenticateHeader = async (header: string | undefined): Promise<Actor> => {
  const token = /^Bearer +(\S+)$/i.exec(header?.trim() ?? '')?.[1];
  if (token === undefined) throw new ServiceError('not_authenticated');
  return authenticateToken(token);
};
