import { limits } from '../routes/limits.ts';
import type { Tokens } from '../routes/users.ts';
import { endConnections } from './end-connections.ts';
import { ServiceError } from './service-error.ts';
import { rotateRefreshToken } from './sessions.ts';
import { issueAccessToken } from './tokens.ts';

export interface RefreshEffects {
  readonly rotate: typeof rotateRefreshToken;
  readonly issueAccessToken: typeof issueAccessToken;
  readonly endConnections: typeof endConnections;
}

const liveEffects: RefreshEffects = { rotate: rotateRefreshToken, issueAccessToken, endConnections };

/**
 * New tokens for a refresh token, which is good once. One that comes back after it was rotated away may be stolen:
 * its whole family ends, with its sockets.
 *
 * @throws ServiceError `invalid_refresh_token` or `refresh_token_reused`
 */
export const refreshSession = async (
  token: string,
  effects: RefreshEffects = liveEffects,
): Promise<Tokens> => {
  const rotation = await effects.rotate(token);
  if (rotation.outcome === 'reused') {
    await effects.endConnections(rotation.userId, [rotation.sessionId]);
    throw new ServiceError('refresh_token_reused');
  }
  return {
    access_token: await effects.issueAccessToken(rotation.subject),
    token_type: 'bearer',
    expires_in: limits.access_token_seconds,
    refresh_token: rotation.refreshToken,
  };
};
