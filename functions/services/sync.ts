import { mysql } from '../platform/mysql.ts';
import { createMessageRepository, type MessageRepository } from '../repositories/mysql/messages.ts';
import { SYNC_CHATS_MAX } from '../routes/limits.ts';
import type { SyncAnswer, SyncBody } from '../routes/messages.ts';
import type { Message } from '../routes/schemas.ts';
import type { Actor } from './actor.ts';
import { liveChats, toChats, type ChatEffects } from './chats.ts';
import { withContents } from './messages.ts';

export interface SyncEffects extends ChatEffects {
  readonly messages: Pick<MessageRepository, 'listChanges'>;
}

const liveEffects: SyncEffects = { ...liveChats, messages: createMessageRepository(mysql) };

/** Lambda answers with at most 6 MB; what is around the messages has the rest. */
const ANSWER_BYTES_MAX = 4_500_000;

/**
 * Takes messages from the front of one list after the other while they fit into an answer, the first of all in any
 * case: whoever asks again gets further.
 */
const createBudget = (bytes: number) => {
  let left = bytes;
  let isFirst = true;
  return (messages: readonly Message[]): Message[] => {
    const taken: Message[] = [];
    for (const message of messages) {
      left -= Buffer.byteLength(JSON.stringify(message));
      if (left < 0 && !isFirst) break;
      isFirst = false;
      taken.push(message);
    }
    return taken;
  };
};

/**
 * Everything that changed in the caller's chats since the client last looked: messages by `rev`, oldest change
 * first, chats that it does not know, chats that it is no longer in. Three trips, however many chats.
 *
 * Each change of a chat takes one `rev`, so a chat has at most as many changed messages as revs have passed: that
 * bounds what is asked for, before anything is read. A client that repeats the call with each answered `rev` until
 * nothing `has_more` has exactly what the server has.
 */
export const sync = async (
  actor: Actor,
  input: SyncBody,
  effects: SyncEffects = liveEffects,
): Promise<SyncAnswer> => {
  const asked = new Map(input.chats.map(({ chat_id: chatId, rev }) => [chatId, rev]));
  // One more than is told of tells whether there are more.
  const findOthers = effects.chats.listOthers(actor.userId, [...asked.keys()], SYNC_CHATS_MAX + 1);
  // It is awaited beside what comes next.
  findOthers.catch(() => undefined);
  const memberships = await effects.chats.listMemberships(actor.userId);
  const known = new Map(memberships.map((membership) => [membership.chatId, membership]));

  let room = input.limit;
  const positions = [...asked].flatMap(([chatId, rev]) => {
    const membership = known.get(chatId);
    if (membership === undefined) return [];
    const limit = Math.min(room, Math.max(0, membership.rev - rev));
    room -= limit;
    return [{ ...membership, from: rev, limit }];
  });

  const [changes, others] = await Promise.all([
    effects.messages.listChanges(
      positions
        .filter(({ limit }) => limit > 0)
        .map(({ chatId, from, limit }) => ({ chatId, rev: from, limit })),
    ),
    findOthers,
  ]);
  const [messages, joined] = await Promise.all([
    withContents(changes, effects.contents),
    toChats(others.slice(0, SYNC_CHATS_MAX), effects),
  ]);
  const byChat = Map.groupBy<number, Message>(messages, (message) => message.chat_id);
  const takeFitting = createBudget(ANSWER_BYTES_MAX);

  return {
    chats: positions.map(({ chatId, from, limit, rev, lastSeq }) => {
      const found = byChat.get(chatId) ?? [];
      const own = takeFitting(found);
      const lastRev = own.at(-1)?.rev ?? from;
      // Fewer than there was room for: that is all of them.
      const isComplete = own.length === found.length && (own.length < limit || lastRev >= rev);
      const answeredRev = isComplete ? Math.max(from, rev, lastRev) : lastRev;
      const hasMore = limit === 0 ? rev > from : !isComplete;
      return {
        chat_id: chatId,
        rev: limit === 0 ? from : answeredRev,
        last_seq: Math.max(lastSeq, ...own.map((message) => message.seq)),
        messages: own,
        has_more: hasMore,
      };
    }),
    joined,
    more_joined: others.length > SYNC_CHATS_MAX,
    left: [...asked.keys()].filter((chatId) => !known.has(chatId)),
  };
};
