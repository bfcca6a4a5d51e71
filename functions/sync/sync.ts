import { chatStore, participantStore } from '../chats/live.ts';
import type { ChatStore, Membership } from '../chats/stores/chats.ts';
import type { ParticipantStore } from '../chats/stores/participants.ts';
import { toChats } from '../chats/to-chat.ts';
import { toParticipant } from '../chats/to-participant.ts';
import { SYNC_DETAILS_MAX, SYNC_JOINED_MAX } from '../contract/limits.ts';
import type { Chat, Message, Participant } from '../contract/schemas.ts';
import { contentStore, messageStore } from '../messages/live.ts';
import { readBoth, type ReadBothEffects, type ReadParts } from '../messages/read-both.ts';
import type { MessageStore } from '../messages/stores/messages.ts';
import { toMessages } from '../messages/to-message.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { findPresences } from '../presence/find-presences.ts';
import { liveConnections } from '../presence/live.ts';
import type { ConnectionStore } from '../presence/stores/connections.ts';
import { messageFiles } from '../files/live.ts';
import { reactionStore } from '../reactions/live.ts';
import type { Actor } from '../sessions/actor.ts';
import type { SyncAnswer, SyncBody } from './contract.ts';

export interface SyncEffects extends ReadBothEffects {
  readonly chats: Pick<ChatStore, 'listMemberships' | 'findMany' | 'countUnread'>;
  readonly participants: Pick<ParticipantStore, 'listParticipantsOfChats'>;
  readonly messages: Pick<MessageStore, 'listChanges'>;
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
  readonly clock: Clock;
}

const liveEffects: SyncEffects = {
  chats: chatStore,
  participants: participantStore,
  messages: messageStore,
  contents: contentStore,
  reactions: reactionStore,
  files: messageFiles,
  connections: liveConnections,
  clock: systemClock,
};

/**
 * Lambda answers with at most 6 MB, in which the body is a JSON string, its quotes escaped once more. The rest is for
 * what surrounds the chats and messages.
 */
const ANSWER_BYTES_MAX = 5_500_000;

/** Room for chats and messages in the answer. The first item always fits, so that every call makes progress. */
const createRoom = (bytes: number) => {
  let left = bytes;
  let isEmpty = true;
  /** Takes the room for one more item. @returns false when there is not enough */
  return (item: unknown): boolean => {
    const size = Buffer.byteLength(JSON.stringify(JSON.stringify(item)));
    if (size > left && !isEmpty) return false;
    left -= size;
    isEmpty = false;
    return true;
  };
};

/** A chat that differs from what the client names, and how much of it the answer may hold. */
interface Position {
  readonly membership: Membership;
  /** The client's `rev`. */
  readonly from: number;
  /** How many changed messages the answer has room for. */
  readonly limit: number;
  /** Whether the answer holds the chat and its participants, because its own fields or its members have changed. */
  readonly hasDetails: boolean;
}

const takeWhile = <Item>(items: readonly Item[], holds: (item: Item) => boolean): Item[] => {
  const end = items.findIndex((item) => !holds(item));
  return items.slice(0, end === -1 ? items.length : end);
};

type SyncedChat = SyncAnswer['chats'][number];

/** Latest activity first. */
const byActivity = (a: Membership, b: Membership): number =>
  b.updatedAt.getTime() - a.updatedAt.getTime() || b.chatId - a.chatId;

/**
 * The chats that differ from what the client names, in the order asked. Each change takes one `rev`, so a chat has at most
 * as many changed messages as its `rev` is ahead of the client's: that bounds each chat's share before anything is read.
 */
const positionsOf = (input: SyncBody, known: ReadonlyMap<number, Membership>): Position[] => {
  let room = input.limit;
  let details = SYNC_DETAILS_MAX;
  const asked = new Map(input.chats.map((chat) => [chat.chat_id, chat]));
  return [...asked.values()].flatMap(({ chat_id: chatId, rev: from, last_read_seq: lastReadSeq }) => {
    const membership = known.get(chatId);
    if (membership === undefined) return [];
    const isRead = lastReadSeq === undefined || lastReadSeq === membership.lastReadSeq;
    if (membership.rev === from && isRead) return [];
    const hasDetails = membership.detailsRev > from;
    // A chat whose members have no room in this answer waits for the next call.
    const limit = hasDetails && details === 0 ? 0 : Math.min(room, Math.max(0, membership.rev - from));
    room -= limit;
    if (hasDetails && limit > 0) details -= 1;
    return [{ membership, from, limit, hasDetails: hasDetails && limit > 0 }];
  });
};

/** Reads what differs in the positions, and the chats that the client did not name. */
const readDifferences = async (
  actor: Actor,
  positions: readonly Position[],
  joined: readonly Membership[],
  effects: SyncEffects,
  readParts: ReadParts,
) => {
  const detailed = positions
    .filter(({ hasDetails }) => hasDetails)
    .map(({ membership }) => membership.chatId);
  const [changes, rows, unread, people] = await Promise.all([
    effects.messages.listChanges(
      positions
        .filter(({ limit }) => limit > 0)
        .map(({ membership, from, limit }) => ({
          chatId: membership.chatId,
          after: from,
          // Not beyond the `rev` of the membership: details that changed after it were not asked for.
          upTo: membership.rev,
          limit,
        })),
    ),
    effects.chats.findMany(actor.userId, [...detailed, ...joined.map(({ chatId }) => chatId)]),
    effects.chats.countUnread(actor.userId, [...positions.map(({ membership }) => membership), ...joined]),
    effects.participants.listParticipantsOfChats(detailed, actor.userId),
  ]);
  const [messages, chats, presences] = await Promise.all([
    toMessages(changes, readParts),
    toChats(
      rows.map((row) => {
        const { unread_count = 0, mention_count = 0 } = unread.get(row.id) ?? {};
        return { ...row, unread_count, mention_count };
      }),
      effects,
      readParts,
    ),
    findPresences(
      [...people.values()].flat().map(({ id }) => id),
      effects,
    ),
  ]);
  return {
    unread,
    messages: Map.groupBy<number, Message>(messages, (message) => message.chat_id),
    chats: new Map<number, Chat>(chats.map((chat) => [chat.id, chat])),
    participants: new Map<number, Participant[]>(
      [...people].map(([chatId, members]) => [chatId, members.map((one) => toParticipant(one, presences))]),
    ),
  };
};

/**
 * Everything that differs from what the client names: messages by `rev`, oldest change first; chats whose name or members
 * have changed; read marks; chats that the client did not name, and chats that the user is no longer in. Three trips,
 * however many chats. A client that repeats the call with each answered `rev` until nothing `has_more` has exactly what
 * the server has.
 */
export const sync = async (
  actor: Actor,
  input: SyncBody,
  effects: SyncEffects = liveEffects,
): Promise<SyncAnswer> => {
  const memberships = await effects.chats.listMemberships(actor.userId);
  const known = new Map(memberships.map((membership) => [membership.chatId, membership]));
  const asked = new Set(input.chats.map((chat) => chat.chat_id));
  // A hidden direct chat is compared for clients that name it, and announced to none.
  const others = memberships
    .filter(({ chatId, isHidden }) => !isHidden && !asked.has(chatId))
    .toSorted(byActivity);
  const positions = positionsOf(input, known);
  const found = await readBoth(actor.userId, effects, (readParts) =>
    readDifferences(actor, positions, others.slice(0, SYNC_JOINED_MAX), effects, readParts),
  );
  const fits = createRoom(ANSWER_BYTES_MAX);

  const joined: Chat[] = [];
  for (const { chatId } of others.slice(0, SYNC_JOINED_MAX)) {
    const chat = found.chats.get(chatId);
    // Left since; or without room, and for another call.
    if (chat !== undefined && fits(chat)) joined.push(chat);
  }

  const toSynced = ({ membership, from, limit, hasDetails }: Position): SyncedChat => {
    const { chatId, rev, lastSeq, lastReadSeq } = membership;
    const chat = hasDetails ? (found.chats.get(chatId) ?? null) : null;
    const participants = hasDetails ? (found.participants.get(chatId) ?? []) : null;
    const hasRoom = chat === null || fits([chat, participants]);
    const all = hasRoom ? (found.messages.get(chatId) ?? []) : [];
    const messages = takeWhile(all, fits);
    // Complete when the last change is among them, fewer were found than asked for, or all possible ones were asked for.
    const isAll = messages.at(-1)?.rev === rev || all.length < limit || rev <= from + limit;
    const isComplete = hasRoom && messages.length === all.length && isAll;
    return {
      chat_id: chatId,
      rev: isComplete ? rev : (messages.at(-1)?.rev ?? from),
      last_seq: lastSeq,
      last_read_seq: lastReadSeq,
      unread_count: found.unread.get(chatId)?.unread_count ?? 0,
      chat: hasRoom ? chat : null,
      participants: hasRoom && chat !== null ? participants : null,
      messages,
      has_more: !isComplete,
    };
  };

  return {
    chats: positions.map(toSynced),
    joined,
    more_joined: joined.length < others.length,
    left: [...asked].filter((chatId) => !known.has(chatId)),
  };
};
