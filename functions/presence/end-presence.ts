import type { BroadcastEffects } from '../events/broadcast.ts';
import type { Publication } from '../events/publish.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { ConnectionNotRegisteredError } from './live.ts';
import { presenceEndEvents, type PresenceEndEffects } from './removed-connection.ts';
import type { Connection } from './stores/connections.ts';

export interface EndPresenceEffects extends PresenceEndEffects {
  readonly connections: Pick<BroadcastEffects['connections'], 'leave'>;
}

/**
 * Ends the presence and the typing of removed members in a chat; these users get no event. Never throws: a connection
 * that cannot be updated now stays present until it closes.
 *
 * @param found the connections of the removed users
 * @returns `user_left` for each user who was present, to all members except those whom that user has blocked: these
 *   members learn of the removal, but not whether the user was present. `typing_stopped` for each user who typed
 */
export const endPresence = async (
  chatId: number,
  found: readonly Connection[],
  effects: EndPresenceEffects,
): Promise<Publication[]> => {
  const events = await Promise.all(
    found
      .filter(({ joined, typing }) => joined.has(chatId) || typing.has(chatId))
      .map(async (connection) => {
        try {
          const { userId, connectionId } = connection;
          const change = await effects.connections.leave(userId, connectionId, chatId);
          return await presenceEndEvents(change, connection, effects);
        } catch (error) {
          // The code that removed an unregistered connection has published its events.
          if (!(error instanceof ConnectionNotRegisteredError)) {
            logger.warn('The presence of a removed member was not ended', {
              chat_id: chatId,
              error: loggedError(error),
            });
          }
          return [];
        }
      }),
  );
  return events.flat();
};
