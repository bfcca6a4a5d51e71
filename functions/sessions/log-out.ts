import { endConnections } from '../presence/end-connections.ts';
import { endSessionOfToken } from './end-sessions.ts';

export interface LogOutEffects {
  readonly endSessionOfToken: (token: string) => Promise<{ userId: number; sessionId: string } | undefined>;
  readonly endConnections: (userId: number, sessionIds: readonly string[]) => Promise<void>;
}

const liveEffects: LogOutEffects = {
  endSessionOfToken: (token) => endSessionOfToken(token),
  endConnections: (userId, sessionIds) => endConnections(userId, sessionIds),
};

/**
 * Ends the session that issued a refresh token and closes its connections. Any other text is a no-op. Can be repeated:
 * connections of a session that has ended are closed, whoever asks for it.
 */
export const logOut = async (token: string, effects: LogOutEffects = liveEffects): Promise<void> => {
  const ended = await effects.endSessionOfToken(token);
  if (ended !== undefined) await effects.endConnections(ended.userId, [ended.sessionId]);
};
