import { chatStore } from '../chats/live.ts';
import { type ChatStore } from '../chats/stores/chats.ts';
import { limits } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { liveBroadcast, type BroadcastEffects } from '../events/broadcast.ts';
import { publish, type Outcome, type Publication } from '../events/publish.ts';
import { allDone } from '../platform/all-done.ts';
import { epochSeconds } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
import type { Actor } from '../sessions/actor.ts';
import { assertSessionIsLiveNow } from '../sessions/sessions.ts';
import { userStore } from '../users/live.ts';
import { type UserStore } from '../users/stores/users.ts';
import { endConnection } from './end-connections.ts';
import { newConnection, onRegistered, type ConnectionIdentity } from './lease.ts';
import { isLive } from './live.ts';
import {
  ConnectionNotRegisteredError,
  type Connection,
  type ConnectionChange,
} from './stores/connections.ts';

export interface PresenceEffects extends BroadcastEffects {
  readonly chats: Pick<ChatStore, 'findMemberIds' | 'findMemberIdsOfChats'>;
  readonly users: Pick<UserStore, 'touchLastSeen'>;
}

export interface OpeningEffects extends PresenceEffects {
  readonly assertSessionIsLive: (actor: Actor) => Promise<void>;
}

/** The stores and the WebSocket API of this stage. */
export const livePresence: PresenceEffects = {
  ...liveBroadcast,
  chats: chatStore,
  users: userStore,
};
const liveOpening: OpeningEffects = {
  ...livePresence,
  assertSessionIsLive: (actor) => assertSessionIsLiveNow(actor),
};

/**
 * Whether any of the connections looks at the chat. One whose lease is over counts until the reaper has removed it
 * and told the chat: so each coming and going is told exactly once.
 */
const isPresent = (connections: readonly Connection[], chatId: number): boolean =>
  connections.some((connection) => connection.joined.has(chatId));

/** Whether any of the connections types in the chat. */
const types = (connections: readonly Connection[], chatId: number, now: Date): boolean =>
  connections.some(({ typing }) => (typing.get(chatId) ?? 0) > now.getTime());

const membersOf = async (
  chatId: number,
  userId: number,
  { chats }: Pick<PresenceEffects, 'chats'>,
): Promise<number[]> => {
  const memberIds = await chats.findMemberIds(chatId, userId);
  if (memberIds === undefined) throw new ServiceError('chat_not_found');
  return memberIds;
};

/** What tells a chat that a change of connections made a user present there, or absent. */
const presenceEvents = (
  change: ConnectionChange,
  chat: { readonly id: number; readonly memberIds: readonly number[] },
  userId: number,
  except?: string,
): Publication[] => {
  const before = isPresent(change.before, chat.id);
  const after = isPresent(change.after, chat.id);
  if (before === after) return [];
  return [
    {
      chatId: chat.id,
      to: chat.memberIds,
      event: { type: after ? 'user_joined' : 'user_left', chat_id: chat.id, user_id: userId },
      ...(except === undefined ? {} : { except }),
    },
  ];
};

/** Closes the oldest connections beyond the number that a user may have. */
const closeSurplus = async (connections: readonly Connection[], effects: PresenceEffects): Promise<void> => {
  const live = connections
    .filter((connection) => isLive(connection, effects.clock))
    .toSorted((a, b) => a.connectedAtMs - b.connectedAtMs);
  const surplus = live.slice(0, Math.max(0, live.length - limits.connections_per_user));
  // $disconnect forgets them and tells their chats.
  await Promise.all(
    surplus.map(({ connectionId }) => endConnection(connectionId, 'too_many_connections', null, effects)),
  );
};

/**
 * Registers a connection that is about to open. With a scope it is at once present in that chat.
 *
 * Whether its session has ended is asked only then: who ends a session afterwards finds the connection and closes it.
 *
 * @throws ServiceError `chat_not_found` when the scope is a chat that the user is not in; `session_revoked`
 */
export const openConnection = async (
  actor: Actor,
  identity: ConnectionIdentity,
  effects: OpeningEffects = liveOpening,
): Promise<void> => {
  const { scope } = identity;
  const memberIds = scope === null ? [] : await membersOf(scope, actor.userId, effects);
  const change = await effects.connections.register(newConnection(actor, identity, effects.clock));
  if (change === undefined) return;
  try {
    await effects.assertSessionIsLive(actor);
  } catch (error) {
    await effects.connections.remove(actor.userId, identity.connectionId);
    throw error;
  }
  await Promise.all([
    closeSurplus(change.after, effects),
    scope === null
      ? undefined
      : publish(
          presenceEvents(change, { id: scope, memberIds }, actor.userId, identity.connectionId),
          effects,
        ),
  ]);
};

/** Tells the chats in which a connection that was removed was the user's last, or typed. */
const announceRemoval = async (
  change: ConnectionChange,
  { userId, connectionId }: Pick<Connection, 'userId' | 'connectionId'>,
  effects: PresenceEffects,
): Promise<void> => {
  const gone = change.before.find((connection) => connection.connectionId === connectionId);
  if (gone === undefined) return;
  const now = effects.clock();
  // What it said of typing and never took back; a client that missed its end is helped by hearing it late, too.
  const typing = [...gone.typing.keys()].filter((chatId) => !types(change.after, chatId, now));
  const members = await effects.chats.findMemberIdsOfChats([...new Set([...gone.joined, ...typing])], userId);
  await publish(
    [
      ...[...gone.joined].flatMap((id) =>
        presenceEvents(change, { id, memberIds: members.get(id) ?? [] }, userId),
      ),
      ...typing.map((id) => ({
        chatId: id,
        to: (members.get(id) ?? []).filter((member) => member !== userId),
        event: { type: 'typing_stopped' as const, chat_id: id, user_id: userId, expires_in_ms: 0 },
      })),
    ],
    effects,
  );
};

/** Notes in MySQL that a user was there until now. Never throws: a connection is forgotten in any case. */
const noteGoing = async (
  userId: number,
  { users, clock }: Pick<PresenceEffects, 'users' | 'clock'>,
): Promise<void> => {
  try {
    await users.touchLastSeen(userId, clock());
  } catch (error) {
    logger.warn('That a user was seen could not be noted', { error: loggedError(error) });
  }
};

/** Forgets a connection, and tells the chats in which it was the user's last, or typed. Never throws. */
export const closeConnection = async (
  userId: number,
  connectionId: string,
  effects: PresenceEffects = livePresence,
): Promise<void> => {
  // Ahead of forgetting what the connection itself knows of that: `last_seen` never moves back.
  await noteGoing(userId, effects);
  try {
    const change = await effects.connections.remove(userId, connectionId);
    await announceRemoval(change, { userId, connectionId }, effects);
  } catch (error) {
    // API Gateway does not ask again. The lease ends the connection's presence.
    logger.error('A connection was not forgotten', { error: loggedError(error) });
  }
};

/**
 * Ends a connection whose lease is over, as its `$disconnect` would have. A socket that is open and was silent for
 * so long is closed: its client shall notice that it gets nothing any more.
 *
 * @returns whether it was ended, and not renewed or forgotten in the meantime
 */
export const endExpiredConnection = async (
  { userId, connectionId }: Pick<Connection, 'userId' | 'connectionId'>,
  effects: PresenceEffects = livePresence,
): Promise<boolean> => {
  const change = await effects.connections.removeExpired(userId, connectionId, epochSeconds(effects.clock()));
  if (change === undefined) return false;
  await Promise.all([
    noteGoing(userId, effects),
    effects.gateway.close(connectionId),
    announceRemoval(change, { userId, connectionId }, effects),
  ]);
  return true;
};

/** Notes that the user looks at a chat on this connection, or no longer, and tells the others when that is news. */
const changePresence =
  (change: 'join' | 'leave') =>
  /** @throws ServiceError `chat_not_found` */
  async (
    actor: Actor,
    identity: ConnectionIdentity,
    chatId: number,
    effects: PresenceEffects = livePresence,
  ): Promise<Outcome<void>> => {
    const memberIds = await membersOf(chatId, actor.userId, effects);
    const { connectionId } = identity;
    const changed = await onRegistered(actor, identity, effects, () =>
      effects.connections[change](actor.userId, connectionId, chatId),
    );
    return {
      result: undefined,
      events: presenceEvents(changed, { id: chatId, memberIds }, actor.userId, connectionId),
    };
  };

/** The user looks at a chat on this connection. */
export const joinChat = changePresence('join');

/** The user looks at a chat no longer on this connection. */
export const leaveChat = changePresence('leave');

/**
 * Ends the presence in a chat of users who are in it no more; nothing is told to them.
 *
 * @param found their connections
 */
export const endPresence = async (
  chat: { readonly id: number; readonly memberIds: readonly number[] },
  found: readonly Connection[],
  effects: BroadcastEffects = liveBroadcast,
): Promise<void> => {
  await allDone(
    found
      .filter(({ joined }) => joined.has(chat.id))
      .map(async ({ userId, connectionId }) => {
        try {
          const change = await effects.connections.leave(userId, connectionId, chat.id);
          await publish(presenceEvents(change, chat, userId), effects);
        } catch (error) {
          // A connection that is gone has told so itself.
          if (!(error instanceof ConnectionNotRegisteredError)) throw error;
        }
      }),
  );
};
