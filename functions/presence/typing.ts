import { chatStore } from '../chats/live.ts';
import { type ChatStore } from '../chats/stores/chats.ts';
import { TYPING_EXPIRES_MS } from '../contract/limits.ts';
import { ServiceError } from '../contract/service-error.ts';
import { broadcast, liveBroadcast, type BroadcastEffects } from '../events/broadcast.ts';
import type { Outcome } from '../events/publish.ts';
import type { Actor } from '../sessions/actor.ts';
import { carries } from './live.ts';
import type { Connection } from './stores/connections.ts';

export interface TypingEffects extends BroadcastEffects {
  readonly chats: Pick<ChatStore, 'findMemberIds'>;
}

const liveEffects: TypingEffects = {
  ...liveBroadcast,
  chats: chatStore,
};

/** A start so soon after one that was told says nothing new; clients renew every 8 s, and what is not renewed ends after 12 s. */
export const TYPING_REPEAT_MS = 3000;

/** Notes of typing that ended by itself are removed when a connection has so many, so that they do not pile up. */
const STALE_NOTES_MAX = 20;
/** DynamoDB takes expressions of 4 KB at most. */
const FORGOTTEN_AT_ONCE = 50;

const forgetStale = async (
  connection: Connection | undefined,
  now: number,
  { connections }: Pick<BroadcastEffects, 'connections'>,
): Promise<void> => {
  const [first, ...rest] = [...(connection?.typing ?? [])]
    .filter(([, until]) => until < now)
    .map(([chatId]) => chatId)
    .slice(0, FORGOTTEN_AT_ONCE);
  if (connection === undefined || first === undefined || rest.length + 1 < STALE_NOTES_MAX) return;
  await connections.stopTyping(connection.userId, connection.connectionId, [first, ...rest]);
};

/**
 * Notes that a connection types in a chat.
 *
 * @returns whether that is news: neither this connection nor another one of the user said so a moment ago
 */
const noteStart = async (
  { userId, connectionId }: Pick<Connection, 'userId' | 'connectionId'>,
  chatId: number,
  effects: BroadcastEffects,
): Promise<boolean> => {
  const { connections } = effects;
  const now = effects.clock().getTime();
  const untilMs = now + TYPING_EXPIRES_MS;
  const unlessAfterMs = untilMs - TYPING_REPEAT_MS;
  // Not the time of a repeat but of what was told is kept: or whoever repeats it all the time is never heard again.
  const change = await connections.startTyping(userId, connectionId, chatId, { untilMs, unlessAfterMs });
  if (change === undefined) return false;
  const others = change.before.filter((connection) => connection.connectionId !== connectionId);
  const told = Math.max(0, ...others.map(({ typing }) => typing.get(chatId) ?? 0));
  const [isRepeat] = await Promise.all([
    told > unlessAfterMs
      ? connections
          .startTyping(userId, connectionId, chatId, { untilMs: told, unlessAfterMs: untilMs })
          .then(() => true)
      : false,
    forgetStale(
      change.after.find((connection) => connection.connectionId === connectionId),
      now,
      effects,
    ),
  ]);
  return !isRepeat;
};

/** Notes that a connection types no longer. @returns whether that is news: the user typed, and on no other connection */
const noteStop = async (
  { userId, connectionId }: Pick<Connection, 'userId' | 'connectionId'>,
  chatId: number,
  { connections, clock }: Pick<BroadcastEffects, 'connections' | 'clock'>,
): Promise<boolean> => {
  const change = await connections.stopTyping(userId, connectionId, [chatId]);
  if (change === undefined) return false;
  return !change.after.some(({ typing }) => (typing.get(chatId) ?? 0) > clock().getTime());
};

/**
 * Someone types in a chat, or stopped: the others hear it, unless it says nothing new. It ends by itself after
 * `TYPING_EXPIRES_MS` unless it is said again.
 *
 * @throws ServiceError `chat_not_found`
 */
export const reportTyping = async (
  actor: Actor,
  connectionId: string,
  input: { readonly chat_id: number; readonly content: 'start' | 'stop' },
  effects: TypingEffects = liveEffects,
): Promise<Outcome<void>> => {
  const { chat_id: chatId } = input;
  const memberIds = await effects.chats.findMemberIds(chatId, actor.userId);
  if (memberIds === undefined) throw new ServiceError('chat_not_found');
  const starts = input.content === 'start';
  const connection = { userId: actor.userId, connectionId };
  const isNews = await (starts ? noteStart : noteStop)(connection, chatId, effects);
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

/**
 * Ends a user's typing in a chat, and tells the others.
 *
 * @param found connections of everyone in the chat
 */
export const stopTyping = async (
  userId: number,
  chatId: number,
  found: readonly Connection[],
  effects: BroadcastEffects = liveBroadcast,
): Promise<void> => {
  const typing = found.filter((own) => own.userId === userId && own.typing.has(chatId));
  if (typing.length === 0) return;
  const others = found.filter((other) => other.userId !== userId && carries(other, chatId));
  await Promise.all([
    ...typing.map((own) => effects.connections.stopTyping(own.userId, own.connectionId, [chatId])),
    broadcast(
      others,
      { type: 'typing_stopped', chat_id: chatId, user_id: userId, expires_in_ms: 0 },
      effects,
    ),
  ]);
};
