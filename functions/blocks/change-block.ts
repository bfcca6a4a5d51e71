import { chatStore } from '../chats/live.ts';
import { showChat, type ShowChatEffects } from '../chats/show-chat.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Outcome, Publication } from '../events/publish.ts';
import { messageFiles } from '../files/live.ts';
import { contentStore } from '../messages/live.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { isLive, liveConnections } from '../presence/live.ts';
import { reactionStore } from '../reactions/live.ts';
import type { Actor } from '../sessions/actor.ts';
import { userStore } from '../users/live.ts';
import type { UserStore } from '../users/stores/users.ts';
import { blockStore } from './live.ts';
import type { BlockStore } from './store.ts';

export interface ChangeBlockEffects extends ShowChatEffects {
  readonly blocks: Pick<BlockStore, 'block' | 'unblock' | 'findCommonChats'>;
  readonly users: Pick<UserStore, 'findActiveIds'>;
  readonly clock: Clock;
}

const liveEffects: ChangeBlockEffects = {
  blocks: blockStore,
  users: userStore,
  chats: chatStore,
  contents: contentStore,
  reactions: reactionStore,
  files: messageFiles,
  connections: liveConnections,
  clock: systemClock,
};

/**
 * The events of a new or revoked block. The blocked user gets `user_left` (or `user_joined`) for the actor in each
 * common chat that the actor has open: the same events as when a participant goes offline or online. The actor's own
 * devices get `chat_updated` for the direct chat, upon which clients fetch the list of blocked users. Without a
 * direct chat, clients fetch the list only when they connect.
 */
const eventsOf = async (
  { userId }: Actor,
  otherId: number,
  type: 'user_joined' | 'user_left',
  effects: ChangeBlockEffects,
): Promise<Publication[]> => {
  try {
    const own = await effects.connections.findByUsers([userId]);
    const joined = new Set(
      own.filter((one) => isLive(one, effects.clock)).flatMap(({ joined: chatIds }) => [...chatIds]),
    );
    const { direct, ids } = await effects.blocks.findCommonChats(userId, otherId, [...joined]);
    return [
      ...ids.map((chatId) => ({
        chatId,
        to: [otherId],
        event: { type, chat_id: chatId, user_id: userId },
      })),
      ...(direct === undefined
        ? []
        : [
            {
              chatId: direct.id,
              to: [userId],
              rendered: showChat('chat_updated', { chatId: direct.id, rev: direct.rev }, effects),
            },
          ]),
    ];
  } catch (error) {
    // The block is stored already; clients learn of it with their next request.
    logger.warn('A block was not told', { error: loggedError(error) });
    return [];
  }
};

/**
 * Blocks a user. The blocked user is not notified. Blocking a user who is blocked already changes nothing.
 *
 * @throws ServiceError `profile_not_found`, `too_many_blocks` or `validation_failed`
 */
export const blockUser = async (
  actor: Actor,
  otherId: number,
  effects: ChangeBlockEffects = liveEffects,
): Promise<Outcome<null>> => {
  if (otherId === actor.userId) {
    throw new ServiceError('validation_failed', { path: 'user_id', detail: 'You cannot block yourself' });
  }
  if ((await effects.users.findActiveIds([otherId])).length === 0)
    throw new ServiceError('profile_not_found');
  const outcome = await effects.blocks.block(actor.userId, otherId, effects.clock());
  if (outcome === 'too_many') throw new ServiceError('too_many_blocks');
  return {
    result: null,
    events: outcome === 'blocked' ? await eventsOf(actor, otherId, 'user_left', effects) : [],
  };
};

/** Revokes a block, also of a user whose account is deactivated. Without a block this is a no-op. */
export const unblockUser = async (
  actor: Actor,
  otherId: number,
  effects: ChangeBlockEffects = liveEffects,
): Promise<Outcome<null>> => ({
  result: null,
  events: (await effects.blocks.unblock(actor.userId, otherId))
    ? await eventsOf(actor, otherId, 'user_joined', effects)
    : [],
});
