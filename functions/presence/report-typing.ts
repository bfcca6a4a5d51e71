import { participantStore } from '../chats/live.ts';
import type { ParticipantStore } from '../chats/stores/participants.ts';
import { TYPING_EXPIRES_MS } from '../contract/limits.ts';
import type { Outcome } from '../events/publish.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import type { Actor } from '../sessions/actor.ts';
import { findTypingAudience } from './find-audience.ts';
import { liveConnections } from './live.ts';
import type { ConnectionKey } from './removed-connection.ts';
import { isTyping } from './rules.ts';
import type { Connection, ConnectionStore } from './stores/connections.ts';

export interface ReportTypingEffects {
  readonly participants: Pick<ParticipantStore, 'findUnblockedIds'>;
  readonly connections: Pick<ConnectionStore, 'startTyping' | 'stopTyping'>;
  readonly clock: Clock;
}

const liveEffects: ReportTypingEffects = {
  participants: participantStore,
  connections: liveConnections,
  clock: systemClock,
};

/**
 * A `start` is not published again within this time, in milliseconds, of the last published one. Clients repeat
 * `start` every 8 s; typing that is not repeated expires after `TYPING_EXPIRES_MS`.
 */
const TYPING_REPEAT_MS = 3000;

/** Expired typing is removed from a connection's item once there are this many entries, so that they do not pile up. */
const EXPIRED_MAX = 20;
/** How many chats one update removes: DynamoDB limits expressions to 4 KB. */
const REMOVED_AT_ONCE = 50;

const removeExpired = async (
  connection: Connection | undefined,
  now: number,
  { connections }: Pick<ReportTypingEffects, 'connections'>,
): Promise<void> => {
  const [first, ...rest] = [...(connection?.typing ?? [])]
    .filter(([, until]) => until < now)
    .map(([chatId]) => chatId)
    .slice(0, REMOVED_AT_ONCE);
  if (connection === undefined || first === undefined || rest.length + 1 < EXPIRED_MAX) return;
  await connections.stopTyping(connection.userId, connection.connectionId, [first, ...rest]);
};

/**
 * Stores that a connection types in a chat.
 *
 * @returns whether to publish it: no connection of the user has published a `start` within `TYPING_REPEAT_MS`
 */
const storeStart = async (
  { userId, connectionId }: ConnectionKey,
  chatId: number,
  effects: Pick<ReportTypingEffects, 'connections' | 'clock'>,
): Promise<boolean> => {
  const { connections } = effects;
  const now = effects.clock().getTime();
  const untilMs = now + TYPING_EXPIRES_MS;
  const unlessAfterMs = untilMs - TYPING_REPEAT_MS;
  // Keeps the time of the published `start`, not that of a repeat: otherwise a client that repeats it constantly
  // would never be published again.
  const change = await connections.startTyping(userId, connectionId, chatId, { untilMs, unlessAfterMs });
  if (change === undefined) return false;
  const others = change.before.filter((connection) => connection.connectionId !== connectionId);
  const publishedUntilMs = Math.max(0, ...others.map(({ typing }) => typing.get(chatId) ?? 0));
  const [isRepeat] = await Promise.all([
    publishedUntilMs > unlessAfterMs
      ? connections
          .startTyping(userId, connectionId, chatId, { untilMs: publishedUntilMs, unlessAfterMs: untilMs })
          .then(() => true)
      : false,
    removeExpired(
      change.after.find((connection) => connection.connectionId === connectionId),
      now,
      effects,
    ),
  ]);
  return !isRepeat;
};

/**
 * Stores that a connection has stopped typing. @returns whether to publish it: the user was typing, and on no other
 * connection
 */
const storeStop = async (
  { userId, connectionId }: ConnectionKey,
  chatId: number,
  { connections, clock }: Pick<ReportTypingEffects, 'connections' | 'clock'>,
): Promise<boolean> => {
  const change = await connections.stopTyping(userId, connectionId, [chatId]);
  return change !== undefined && !isTyping(change.after, chatId, clock());
};

/**
 * Stores that the user types in a chat on this connection, or has stopped. Typing expires after `TYPING_EXPIRES_MS`
 * unless it is reported again.
 *
 * @returns `typing_started` or `typing_stopped` for the other members, unless they have been told already
 * @throws ServiceError `chat_not_found`
 */
export const reportTyping = async (
  actor: Actor,
  connectionId: string,
  input: { readonly chat_id: number; readonly content: 'start' | 'stop' },
  effects: ReportTypingEffects = liveEffects,
): Promise<Outcome<void>> => {
  const { chat_id: chatId } = input;
  const memberIds = await findTypingAudience(chatId, actor.userId, effects);
  const starts = input.content === 'start';
  const connection = { userId: actor.userId, connectionId };
  const isNews = await (starts ? storeStart : storeStop)(connection, chatId, effects);
  if (!isNews) return { result: undefined, events: [] };
  const event = {
    type: starts ? ('typing_started' as const) : ('typing_stopped' as const),
    chat_id: chatId,
    user_id: actor.userId,
    expires_in_ms: starts ? TYPING_EXPIRES_MS : 0,
  };
  return {
    result: undefined,
    events: [{ chatId, to: memberIds.filter((id) => id !== actor.userId), event }],
  };
};
