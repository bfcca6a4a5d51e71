import { chatStore, participantStore } from '../chats/live.ts';
import type { ChatRow, ChatStore, Membership } from '../chats/stores/chats.ts';
import type { ParticipantStore } from '../chats/stores/participants.ts';
import { toChats } from '../chats/to-chat.ts';
import { toParticipant } from '../chats/to-participant.ts';
import { SYNC_DETAILS_MAX, SYNC_JOINED_MAX } from '../contract/limits.ts';
import type { Chat, Message, Participant } from '../contract/schemas.ts';
import { contentStore, messageStore } from '../messages/live.ts';
import {
  readConsistently,
  type ReadConsistentlyEffects,
  type ReadParts,
} from '../messages/read-consistently.ts';
import type { MessageStore } from '../messages/stores/messages.ts';
import type { MessageMetadata } from '../platform/mysql/message-rows.ts';
import { toMessages } from '../messages/to-message.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { findPresences } from '../presence/find-presences.ts';
import { liveConnections } from '../presence/live.ts';
import type { ConnectionStore } from '../presence/stores/connections.ts';
import { messageFiles } from '../files/live.ts';
import { reactionStore } from '../reactions/live.ts';
import type { Actor } from '../sessions/actor.ts';
import type { SyncAnswer, SyncBody } from './contract.ts';

export interface SyncEffects extends ReadConsistentlyEffects {
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
 * Maximum bytes of chats and messages in a response. Lambda's responses are limited to 6 MB, and the body in them is
 * a JSON string, whose quotes are escaped once more. The rest is for the other fields.
 */
const ANSWER_BYTES_MAX = 5_500_000;

/**
 * Tracks the remaining bytes for chats and messages in the response. The first item always fits, so that every call
 * makes progress.
 */
const createRoom = (bytes: number) => {
  let left = bytes;
  let isEmpty = true;
  /** Reserves the bytes of one more item. @returns false when there is not enough room */
  return (item: unknown): boolean => {
    const size = Buffer.byteLength(JSON.stringify(JSON.stringify(item)));
    if (size > left && !isEmpty) return false;
    left -= size;
    isEmpty = false;
    return true;
  };
};

/** A chat that differs from the client's state, and how much of the difference the response may contain. */
interface Position {
  readonly membership: Membership;
  /** The client's `rev`. */
  readonly from: number;
  /** How many changed messages the response has room for. */
  readonly limit: number;
  /**
   * Whether the response contains the chat and its participants, because its own fields or its members have changed.
   */
  readonly hasDetails: boolean;
}

const takeWhile = <Item>(items: readonly Item[], holds: (item: Item) => boolean): Item[] => {
  const end = items.findIndex((item) => !holds(item));
  return items.slice(0, end === -1 ? items.length : end);
};

/**
 * The memberships as of the rows, for chats that have changed, or were read further, since the memberships were read.
 * Counts that were read concurrently with the rows may be older than these: a client that takes a chat at a `rev` ignores
 * the events up to it, and would keep the count of an earlier one.
 */
const movedOn = (
  memberships: readonly Membership[],
  rows: readonly Pick<ChatRow, 'id' | 'rev' | 'last_seq' | 'last_read_seq'>[],
): Membership[] => {
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  return memberships.flatMap((membership) => {
    const row = rowOf.get(membership.chatId);
    if (row === undefined) return [];
    const { rev, last_seq: lastSeq, last_read_seq: lastReadSeq } = row;
    return rev === membership.rev && lastReadSeq === membership.lastReadSeq
      ? []
      : [{ ...membership, rev, lastSeq, lastReadSeq }];
  });
};

type SyncedChat = SyncAnswer['chats'][number];

/** Latest activity first. */
const byActivity = (a: Membership, b: Membership): number =>
  b.updatedAt.getTime() - a.updatedAt.getTime() || b.chatId - a.chatId;

/**
 * The chats that differ from the client's state, in the requested order. Each change takes one `rev`, so a chat has
 * at most as many changed messages as its `rev` is ahead of the client's: this bounds each chat's share before
 * anything is read.
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
    // A chat whose members do not fit into this response waits for the next call.
    const limit = hasDetails && details === 0 ? 0 : Math.min(room, Math.max(0, membership.rev - from));
    room -= limit;
    if (hasDetails && limit > 0) details -= 1;
    return [{ membership, from, limit, hasDetails: hasDetails && limit > 0 }];
  });
};

/**
 * Splits the changes of a chat, oldest first and one more than the position's limit, at the `rev` of the membership.
 * Later changes are left to the next call: they may include details that this call does not read. `isOutdated` says that
 * a message which this call should contain may be among them, because it was changed once more between the two queries.
 * Without that message, the client's state is not that of the `rev`.
 */
const splitChanges = (
  { membership, from, limit }: Position,
  changes: readonly MessageMetadata[],
): { readonly shown: MessageMetadata[]; readonly isOutdated: boolean } => {
  const { rev, lastSeq } = membership;
  const due = takeWhile(changes, (message) => message.rev <= rev);
  const later = changes.slice(due.length);
  // Every `rev` that has no message may belong to one that has moved on. When the limit is reached, it may be out of sight.
  const isOutdated =
    due.length < rev - from &&
    (later.some(({ seq }) => seq <= lastSeq) || (later.length > 0 && changes.length > limit));
  return { shown: due.slice(0, limit), isOutdated };
};

/** Reads the differences at the positions, and the chats that the client did not name. */
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
  const memberships = [...positions.map(({ membership }) => membership), ...joined];
  const [changes, rows, unread, people] = await Promise.all([
    effects.messages.listChanges(
      positions
        .filter(({ limit }) => limit > 0)
        .map(({ membership, from, limit }) => ({
          chatId: membership.chatId,
          after: from,
          limit: limit + 1,
        })),
    ),
    effects.chats.findMany(actor.userId, [...detailed, ...joined.map(({ chatId }) => chatId)]),
    effects.chats.countUnread(actor.userId, memberships),
    effects.participants.listParticipantsOfChats(detailed, actor.userId),
  ]);
  const changesOf = Map.groupBy(changes, (message) => message.chat_id);
  const split = positions.map((position) => ({
    chatId: position.membership.chatId,
    ...splitChanges(position, changesOf.get(position.membership.chatId) ?? []),
  }));
  const moved = movedOn(memberships, rows);
  const recounted = moved.length === 0 ? [] : await effects.chats.countUnread(actor.userId, moved);
  const counts = new Map([...unread, ...recounted]);
  const [messages, chats, presences] = await Promise.all([
    toMessages(
      split.flatMap(({ shown }) => shown),
      readParts,
    ),
    toChats(
      rows.map((row) => {
        const { unread_count = 0, mention_count = 0 } = counts.get(row.id) ?? {};
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
    outdated: new Set(split.filter(({ isOutdated }) => isOutdated).map(({ chatId }) => chatId)),
    messages: Map.groupBy<number, Message>(messages, (message) => message.chat_id),
    chats: new Map<number, Chat>(chats.map((chat) => [chat.id, chat])),
    participants: new Map<number, Participant[]>(
      [...people].map(([chatId, members]) => [chatId, members.map((one) => toParticipant(one, presences))]),
    ),
  };
};

/**
 * Everything that differs from the client's state: messages by `rev`, oldest change first; chats whose name or
 * members have changed; read marks; chats that the client did not name; and chats that the user is no longer in.
 * Takes three round trips, however many chats there are, and a fourth when a chat changes meanwhile. A client that
 * repeats the call with each returned `rev` until nothing `has_more` has exactly the server's state.
 */
export const sync = async (
  actor: Actor,
  input: SyncBody,
  effects: SyncEffects = liveEffects,
): Promise<SyncAnswer> => {
  const memberships = await effects.chats.listMemberships(actor.userId);
  const known = new Map(memberships.map((membership) => [membership.chatId, membership]));
  const asked = new Set(input.chats.map((chat) => chat.chat_id));
  // A hidden direct chat is compared when the client names it, but not announced otherwise.
  const others = memberships
    .filter(({ chatId, isHidden }) => !isHidden && !asked.has(chatId))
    .toSorted(byActivity);
  const positions = positionsOf(input, known);
  const found = await readConsistently(actor.userId, effects, (readParts) =>
    readDifferences(actor, positions, others.slice(0, SYNC_JOINED_MAX), effects, readParts),
  );
  const fits = createRoom(ANSWER_BYTES_MAX);

  const toSynced = ({ membership, from, limit, hasDetails }: Position): SyncedChat => {
    const { chatId, rev, lastSeq, lastReadSeq } = membership;
    const chat = hasDetails ? (found.chats.get(chatId) ?? null) : null;
    const participants = hasDetails ? (found.participants.get(chatId) ?? []) : null;
    const hasRoom = chat === null || fits([chat, participants]);
    const all = hasRoom ? (found.messages.get(chatId) ?? []) : [];
    const messages = takeWhile(all, fits);
    // Complete when the last change is included, when fewer messages were found than requested, or when all possible
    // ones were requested.
    const isAll = messages.at(-1)?.rev === rev || all.length < limit || rev <= from + limit;
    const isComplete = hasRoom && messages.length === all.length && isAll && !found.outdated.has(chatId);
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

  // Before `joined`, which every call of a series contains anew: it must not take the room of what was requested.
  const synced = positions.map(toSynced);
  const joined: Chat[] = [];
  for (const { chatId } of others.slice(0, SYNC_JOINED_MAX)) {
    const chat = found.chats.get(chatId);
    // Absent when the user has left since; a chat that does not fit waits for another call.
    if (chat !== undefined && fits(chat)) joined.push(chat);
  }

  return {
    chats: synced,
    joined,
    more_joined: joined.length < others.length,
    left: [...asked].filter((chatId) => !known.has(chatId)),
  };
};
