import type { ParticipantStore } from '../chats/stores/participants.ts';
import type { BroadcastEffects } from '../events/broadcast.ts';
import type { Publication } from '../events/publish.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { ConnectionNotRegisteredError } from './live.ts';
import { presenceChanges } from './rules.ts';
import type { Connection } from './stores/connections.ts';

export interface EndPresenceEffects {
  readonly connections: Pick<BroadcastEffects['connections'], 'leave'>;
  readonly participants: Pick<ParticipantStore, 'findBlocked'>;
}

/**
 * Ends the presence in a chat of users who are no longer members; they are told nothing. Never throws: a connection
 * that cannot be updated now stays present until it closes.
 *
 * @param chat with the members that remain
 * @param found the connections of the removed users
 * @returns `user_left` for each user who was present, for all members but whom that user has blocked: they learn that the
 * user is no longer a member, and not whether the user was there
 */
export const endPresence = async (
  chat: { readonly id: number; readonly memberIds: readonly number[] },
  found: readonly Connection[],
  { connections, participants }: EndPresenceEffects,
): Promise<Publication[]> => {
  const events = await Promise.all(
    found
      .filter(({ joined }) => joined.has(chat.id))
      .map(async ({ userId, connectionId }) => {
        try {
          const change = await connections.leave(userId, connectionId, chat.id);
          const events = presenceChanges(change, chat, userId);
          if (events.length === 0) return [];
          const blocked = await participants.findBlocked(userId, chat.memberIds);
          return events.map((event) => ({ ...event, to: event.to.filter((id) => !blocked.includes(id)) }));
        } catch (error) {
          // Whatever removed a connection that is not registered has told its chats.
          if (!(error instanceof ConnectionNotRegisteredError)) {
            logger.warn('The presence of a removed member was not ended', {
              chat_id: chat.id,
              error: loggedError(error),
            });
          }
          return [];
        }
      }),
  );
  return events.flat();
};
