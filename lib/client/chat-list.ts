import type { getChat, listChats } from '../../functions/chats/contract.ts';
import type { SyncAnswer } from '../../functions/sync/contract.ts';
import type { Chat, Message, Participant } from '../../functions/contract/schemas.ts';
import type { Blocks } from './blocks.ts';
import type { ClientEvents, ClientPlatform } from './chat-client.ts';
import type { Call, ServerFrameOf } from './contract.ts';
import type { Emitter } from './emitter.ts';
import { isMentioned, withQuote } from './quotes.ts';
import { withReaction } from './reactions.ts';
import type { Session } from './session.ts';
import { isWhole } from './whole-message.ts';
import { waitOf } from './http.ts';
import { createTimers } from './timers.ts';

export interface ChatList {
  /** The number of events so far. A request that is sent now cannot have seen events with a higher number. */
  readonly now: () => number;
  readonly get: (chatId: number) => Chat | undefined;
  readonly list: () => readonly Chat[];
  /**
   * Merges a chat from a response or an event, possibly with its members. A response may be older than events that
   * arrived meanwhile: for each field the later state wins.
   *
   * @param asked `now` when the request was sent; undefined for an event
   * @param isSynced whether the chat is from a response of `/sync`: its members are then emitted, too
   */
  readonly set: (chat: ShownChat, asked?: number, isSynced?: boolean) => void;
  readonly forget: (chatId: number) => void;
  /** A message was created or changed. */
  readonly noteMessage: (message: Message) => void;
  /** The service reported the user's read mark, which any of their devices may have moved. */
  readonly noteRead: (chatId: number, seq: number) => void;
  /**
   * All changes up to this `rev` have been emitted.
   *
   * @param change the fields of the chat that the change at this `rev` affected, when it concerned a member
   */
  readonly noteRev: (chatId: number, rev: number, change?: Partial<Pick<Chat, 'is_admin'>>) => void;
  /** A reaction was added or removed; its message may be the chat's last one. */
  readonly noteReaction: (event: ClientEvents['reaction']) => void;
  /** Sets the counts and the read mark of a chat as of a `rev`. */
  readonly noteCounts: (counts: Counts) => void;
  /** The user's blocks have changed: the unread counts must be fetched from the service again. */
  readonly recount: () => void;
  /** A user has opened or closed a chat. */
  readonly notePresence: (userId: number, isPresent: boolean) => void;
  /**
   * Fetches a chat after a change that its event does not show in full; once for several changes.
   *
   * @param rev the `rev` of the change: older responses do not include it
   */
  readonly refresh: (chatId: number, rev?: number) => void;
  /**
   * Called after a connection was opened and synced: fetches the chats whose last fetch failed and, once, the latest
   * chats when fewer are known than the user is in.
   *
   * @param count how many chats the user is in
   * @throws ChatError, TypeError
   */
  readonly reload: (count: number) => Promise<void>;
  readonly clear: () => void;
}

/** A chat in a response or an event. A chat's details also contain its members. */
type ShownChat = Chat & { readonly participants?: readonly Participant[] };

type Counts = Pick<
  SyncAnswer['chats'][number],
  'chat_id' | 'rev' | 'last_seq' | 'last_read_seq' | 'unread_count'
>;

export interface ChatListEffects {
  readonly platform: ClientPlatform;
  /** Calls the service; the chats in its responses are passed to `set`. */
  readonly call: Call;
  readonly session: Pick<Session, 'user'>;
  /** Messages of blocked users do not count as unread. */
  readonly blocks: Pick<Blocks, 'has'>;
  readonly emit: Emitter<ClientEvents>['emit'];
  /** Called with a chat that was unknown before. */
  readonly onNew: (chat: Chat) => void;
  /** Called with the user's read mark as the service knows it. */
  readonly onMark: (chatId: number, seq: number) => void;
}

type EventMessage = ServerFrameOf<'new_message'>['message'];

const REFRESH_MS = 200;
/** Stands for the list of the latest chats, in the place of a chat's id, which is never 0. */
const LATEST = 0;
const LATEST_MAX = 100;

/** Unread counts, limited to the number of messages after the read mark. */
const clamped = (
  { unread_count, mention_count }: Pick<Chat, 'unread_count' | 'mention_count'>,
  most: number,
): Pick<Chat, 'unread_count' | 'mention_count'> => ({
  unread_count: Math.max(0, Math.min(unread_count, most)),
  mention_count: Math.max(0, Math.min(mention_count, most)),
});

/** The later of two timestamps in the service's format. */
const later = (a: string, b: string): string => (a > b ? a : b);

/** The user's chats in their current state: updated by events, and fetched when an event does not say enough. */
export const createChatList = ({
  platform,
  call,
  session,
  blocks,
  emit,
  onNew,
  onMark,
}: ChatListEffects): ChatList => {
  const chats = new Map<number, Chat>();
  /** By chat id: the `rev` of the last change of its name, its members or its peer. */
  const changedAt = new Map<number, number>();
  const refreshing = createTimers<number>(platform);
  /** Chats whose unread count is an estimate until the service answers. */
  const guessed = new Set<number>();
  /** Chats that have to be fetched; at first the latest ones. */
  const owed = new Set([LATEST]);
  /** By chat id: the number of its last event. */
  const lastEventAt = new Map<number, number>();
  /** By id of a chat that the user left: the number of that event. */
  const leftAt = new Map<number, number>();
  let clock = 0;

  const countEvent = (chatId: number): number => {
    clock += 1;
    lastEventAt.set(chatId, clock);
    return clock;
  };

  const changed = (chatId: number, rev: number): void =>
    void changedAt.set(chatId, Math.max(changedAt.get(chatId) ?? 0, rev));

  const put = (chat: Chat): void => {
    const before = chats.get(chat.id);
    chats.set(chat.id, chat);
    if (JSON.stringify(before) !== JSON.stringify(chat)) emit('chat', { chat });
  };

  const fetchLatest = async (): Promise<void> => {
    await call<typeof listChats>('GET /chats', 'items', { limit: LATEST_MAX });
    // A message of an unknown chat that arrived during the request may be newer than the response.
    if (!refreshing.has(LATEST)) owed.delete(LATEST);
  };

  /** Fetches a chat, or the latest ones, after a delay, unless another response has made that unnecessary by then. */
  const refresh = (chatId: number, ms = REFRESH_MS): void => {
    if (refreshing.has(chatId) || (chatId && !chats.has(chatId))) return;
    const fetchIt = async (): Promise<void> => {
      if (!owed.has(chatId) && !guessed.has(chatId)) return;
      try {
        await (chatId ? call<typeof getChat>(`GET /chats/${chatId}`, 'chat_type') : fetchLatest());
      } catch (error) {
        // The chat stays in `owed` or `guessed`.
        if (waitOf(error)) refresh(chatId, waitOf(error));
      }
    };
    refreshing.set(chatId, ms, fetchIt);
  };

  const refreshFor = (reason: Set<number>, chatId: number): void => {
    reason.add(chatId);
    refresh(chatId);
  };

  /** Fetches a chat; responses to earlier requests do not suffice. @param rev the change's, if it has one */
  const refetch = (chatId: number, rev = 0): void => {
    countEvent(chatId);
    changed(chatId, rev);
    refreshFor(owed, chatId);
  };

  /** Merges a known chat with a response or an event: for each part the later state wins. */
  const merge = (known: Chat, shown: Chat, isOlder: boolean, isOvertaken: boolean): Chat => {
    const last: EventMessage | null = shown.last_message;
    const isBehind = shown.rev < known.rev || (shown.rev === known.rev && last !== null && !isWhole(last));
    const latest = isBehind ? known : shown;
    const { rev, last_seq, last_message, last_read_seq: mark } = latest;
    const last_read_seq = Math.max(known.last_read_seq, shown.last_read_seq);
    if (mark < last_read_seq) guessed.add(known.id);
    else if (!isBehind) guessed.delete(known.id);
    return {
      ...(isOlder ? known : shown),
      ...(isOvertaken && known.peer && { peer: known.peer }),
      rev,
      last_seq,
      last_message,
      last_read_seq,
      updated_at: later(known.updated_at, shown.updated_at),
      ...clamped(latest, mark < last_read_seq ? last_seq - last_read_seq : Infinity),
    };
  };

  const noteRead = (chatId: number, seq: number): void => {
    const chat = chats.get(chatId);
    if (!chat) return;
    const { last_seq, last_read_seq } = chat;
    if (seq > last_read_seq) {
      // A read mark may arrive before the message to which it refers.
      put({ ...chat, last_read_seq: seq, ...clamped(chat, last_seq - seq) });
      if (seq < last_seq) guessed.add(chatId);
    }
    if (seq >= last_read_seq && guessed.has(chatId)) refresh(chatId);
  };

  return {
    now: () => clock,
    get: (chatId) => chats.get(chatId),
    list: () => [...chats.values()],
    set: ({ participants, ...shown }, asked, isSynced) => {
      const { id, rev } = shown;
      const known = chats.get(id);
      const isOvertaken = (lastEventAt.get(id) ?? 0) > (asked ?? countEvent(id));
      const from = changedAt.get(id) ?? 0;
      const isOwed = owed.has(id);
      const isOlder = rev < from || (rev === from && isOvertaken);
      if (!known) {
        // The user left the chat after the request.
        if ((leftAt.get(id) ?? 0) > (asked ?? clock)) return;
        put(shown);
        onNew(shown);
      } else {
        const chat = merge(known, shown, isOlder, isOvertaken);
        if (participants && !isOvertaken && rev >= known.rev) owed.delete(id);
        put(chat);
        // The service already has the read mark, but the response is older than messages that this client knows.
        if (guessed.has(id) && shown.last_read_seq >= chat.last_read_seq) refresh(id);
      }
      // A caller of `getChat` gets the members from the response. If an event were emitted as well, an application
      // that calls `getChat` upon each such event would loop forever.
      const showsMembers = participants && (isSynced || isOwed);
      if (!isOlder) {
        changed(id, rev);
        if (showsMembers) emit('members', { chat_id: id, participants });
        // The response is older than a change whose event did not bring everything, or than another event of the same
        // change that does not contain the members.
      } else if (rev < from ? !known || participants !== undefined : showsMembers) {
        refreshFor(owed, id);
      }
      onMark(id, shown.last_read_seq);
    },
    forget: (chatId) => {
      refreshing.stop(chatId);
      for (const map of [owed, guessed, changedAt, chats]) map.delete(chatId);
      leftAt.set(chatId, countEvent(chatId));
    },
    noteMessage: (message) => {
      const chat = chats.get(message.chat_id);
      // The user had hidden the chat, or it was not among the latest; a new message makes it one of them.
      if (!chat) return refreshFor(owed, LATEST);
      if (message.rev <= chat.rev) return;
      const { id, rev, seq, timestamp, is_deleted: isDeleted } = message;
      const last = chat.last_message;
      const isLast = last?.id === id;
      const isNew = seq > chat.last_seq;
      const userId = session.user?.id;
      const isOwn = message.sender_id === userId;
      const isUnread = seq > chat.last_read_seq && !blocks.has(message.sender_id);
      const isMention = isUnread && isMentioned(message, userId);
      put({
        ...chat,
        rev,
        last_message: (isDeleted ? isLast : seq >= (last?.seq ?? 0))
          ? message
          : last && withQuote(last, message),
        updated_at: later(timestamp, chat.updated_at),
        // After an edit the exact count is unknown; it is at least one.
        mention_count: isNew
          ? chat.mention_count + Number(isMention)
          : chat.mention_count || Number(isMention),
        ...(isNew && {
          last_seq: seq,
          // Sending a message moves the sender's own read mark.
          ...(isOwn
            ? { last_read_seq: seq, unread_count: 0, mention_count: 0 }
            : { unread_count: chat.unread_count + Number(isUnread && !isDeleted) }),
        }),
      });
      if (isOwn) onMark(chat.id, seq);
      // An unread message was deleted or restored, or its mentions changed. For a message other than the last one, an
      // edit cannot be distinguished from these cases.
      else if (
        !isNew &&
        isUnread &&
        (isDeleted || !isLast || last.is_deleted || isMentioned(last, userId) !== isMention)
      ) {
        refreshFor(guessed, chat.id);
      }
      // Only the service knows which message is now the last one.
      if (isDeleted && isLast) refreshFor(owed, chat.id);
    },
    recount: () => {
      for (const { id, last_seq: end, last_read_seq: mark } of chats.values())
        // Responses to earlier requests contain the old counts; and `/sync` does not say how many unread messages
        // mention the user.
        if (end > mark) refetch(id);
    },
    noteRead,
    noteRev: (chatId, rev, change) => {
      const chat = chats.get(chatId);
      // A response that brings a chat which is not loaded yet may lack this change.
      if (!chat || change) changed(chatId, rev);
      if (chat && rev > chat.rev) put({ ...chat, ...change, rev });
    },
    noteReaction: (event) => {
      const chat = chats.get(event.chat_id);
      const last = chat?.last_message;
      if (!chat || last?.id !== event.id || event.rev <= chat.rev) return;
      put({ ...chat, rev: event.rev, last_message: withReaction(last, event) });
    },
    noteCounts: ({ chat_id: chatId, rev, last_seq, last_read_seq, unread_count }) => {
      const chat = chats.get(chatId);
      if (!chat) return;
      // The response's counts do not apply when there are newer messages or a later read mark.
      if (chat.rev > rev || chat.last_read_seq > last_read_seq) noteRead(chatId, last_read_seq);
      else {
        // The response does not say how many of the unread messages mention the user.
        const isUnsure = guessed.has(chatId) || last_read_seq > chat.last_read_seq;
        if (isUnsure && unread_count && chat.mention_count) refreshFor(guessed, chatId);
        else guessed.delete(chatId);
        const { mention_count } = chat;
        put({
          ...chat,
          rev,
          last_seq,
          last_read_seq,
          ...clamped({ unread_count, mention_count }, unread_count),
        });
      }
      onMark(chatId, last_read_seq);
    },
    notePresence: (id, isPresent) => {
      for (const chat of chats.values()) {
        if (chat.peer?.id !== id) continue;
        countEvent(chat.id);
        if (isPresent) put({ ...chat, peer: { ...chat.peer, online: true } });
        // The peer may still be present in another chat: only the service knows whether they are online.
        else refreshFor(owed, chat.id);
      }
    },
    refresh: refetch,
    reload: async (count) => {
      if (owed.has(LATEST) && chats.size < count) await fetchLatest();
      else owed.delete(LATEST);
      for (const chatId of [...owed, ...guessed]) refresh(chatId);
    },
    clear: () => {
      refreshing.stopAll();
      for (const map of [guessed, owed, lastEventAt, leftAt, changedAt, chats]) map.clear();
      owed.add(LATEST);
    },
  };
};
