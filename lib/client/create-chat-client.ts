import type { sendMessage } from '../../functions/messages/contract.ts';
import type { markRead } from '../../functions/reading/contract.ts';
import type { OwnProfile, registerUser } from '../../functions/users/contract.ts';
import type { Chat } from './types.ts';
import {
  ChatError,
  type ChatClient,
  type ChatClientOptions,
  type ClientEvents,
  type ClientState,
} from './chat-client.ts';
import { createBlocks } from './blocks.ts';
import { createChatList } from './chat-list.ts';
import { createConnection } from './connection.ts';
import type { Call, MessageType, Receivers, ServerFrame, ServerFrameOf, TypingType } from './contract.ts';
import { createEmitter } from './emitter.ts';
import { createFreshAnswers } from './fresh-answers.ts';
import { createCall, isPassing, waitOf, type Request } from './http.ts';
import { memoryStorage } from './memory-storage.ts';
import { createOutbox } from './outbox.ts';
import { createPacer, type PacedFrame } from './pacer.ts';
import { backOffMs, platformOf } from './platform.ts';
import { createReplica } from './replica.ts';
import { createSession } from './session.ts';
import { createStore } from './store.ts';
import { createTimers } from './timers.ts';
import { isWhole } from './whole-message.ts';

/**
 * A lost event shows as a gap when the next one arrives, which may never happen: the client syncs after this long
 * without a sync, in milliseconds.
 */
const RECHECK_MS = 12 * 60_000;

/** A chat's own fields, as opposed to its members and messages. */
const OWN_FIELDS = ['name', 'description', 'posting', 'slow_seconds'] as const;

/**
 * A client of the chat service: logs in, keeps one connection open, emits every change once and in order, and
 * delivers everything in its outbox exactly once. Needs only the platform's `fetch` and `WebSocket`.
 */
export const createChatClient = ({
  baseUrl,
  storage = memoryStorage(),
  platform: own,
}: ChatClientOptions): ChatClient => {
  const platform = platformOf(own);
  const { on, emit } = createEmitter<ClientEvents>();
  const store = createStore(storage, platform);
  const call = createCall(baseUrl.replace(/\/+$/, ''), platform);
  let state: ClientState = 'signed-out';
  /** Read marks, by chat id, that the service has not confirmed yet, and the id of their user. */
  const marks = new Map<number, number>();
  let marksOf: number | undefined;
  let syncedAt = 0;
  let syncFailures = 0;
  const timers = createTimers<'sync' | 'marks'>(platform);
  let quitting = Promise.resolve();

  const settleMark = (chatId: number, seq: number): void => {
    if (seq >= (marks.get(chatId) ?? Infinity)) marks.delete(chatId);
  };

  const become = (next: ClientState): void => {
    if (next === state) return;
    state = next;
    emit('state', { state });
  };

  const session = createSession(call, store, platform, (code) => {
    void quit().then(() => emit('session_ended', { code }));
  });
  const ownProfile = createFreshAnswers();
  /**
   * Calls a route as the user. Updates the client's state from chats, the own profile and blocks in the response,
   * whoever made the call.
   */
  const callRoute: ChatClient['call'] = async (request, field, input, asNobody) => {
    // The response shows a chat as of this time or later.
    const asked = chats.now();
    const question = (): Promise<unknown> =>
      ((asNobody ? call : session.call) as Request)(request, field, input);
    const answer = await (request === 'GET /users/me' ? ownProfile.ask(question) : question());
    if (field === 'chat_type') chats.set(answer as Chat, asked);
    if (request === 'GET /chats') {
      for (const chat of (answer as { items: Chat[] }).items) chats.set(chat, asked);
    }
    // No other response has an e-mail address.
    if (field === 'email') {
      ownProfile.changed();
      // Also updates the stored profile, which the next start of the application begins with.
      await session.setUser(answer as OwnProfile);
      emit('user', { user: answer as OwnProfile });
    }
    const blocked = Number(request.split('/me/blocks/')[1]);
    if (blocked) blocks.note(blocked, request[0] === 'P');
    return answer;
  };
  const ask = callRoute as Call;
  const blocks = createBlocks(ask, (userIds, isFirst) => {
    emit('blocks', { user_ids: userIds });
    if (!isFirst) chats.recount();
  });

  const chats = createChatList({
    platform,
    call: ask,
    session,
    blocks,
    emit,
    onNew: (chat) => replica.receiveChat(chat),
    onMark: settleMark,
  });

  const leftChat = (chatId: number, rev?: number): void => {
    replica.forget(chatId, rev);
    chats.forget(chatId);
    marks.delete(chatId);
    emit('chat_left', { chat_id: chatId });
  };

  const replica = createReplica({
    store,
    platform,
    call: ask,
    onMessage: (message) => {
      emit('message', { message });
      chats.noteMessage(message);
    },
    chats,
    onLeft: leftChat,
  });

  const connection = createConnection(call, session, platform, {
    onConnecting: () => become('connecting'),
    onOpen: () => {
      syncFailures = 0;
      void blocks.reload();
      void catchUp();
    },
    onFrame: (frame) => receive(frame),
    onClosed: () => {
      quieten();
      become('offline');
    },
    onSuspended: (error) => suspended(error),
  });

  const pacer = createPacer(platform, connection.send);
  const say = (key: string, frameOf: () => PacedFrame | undefined): boolean => {
    if (connection.isOpen) pacer.say(key, frameOf);
    return connection.isOpen;
  };

  const outbox = createOutbox({
    store,
    platform,
    connection,
    sendByHttp: async (body) => {
      const { duplicate: _, ...message } = await session.call<typeof sendMessage>(
        'POST /messages',
        'message_id',
        body,
      );
      if (session.user) replica.receive(message);
      return message;
    },
    emit,
  });

  /** @throws ChatError, TypeError */
  const sync = async (): Promise<void> => {
    await replica.sync();
    syncedAt = platform.now();
  };

  /** Fetches missed changes; the client is online only after that. */
  const catchUp = async (): Promise<void> => {
    try {
      await sync();
      if (!connection.isOpen) return;
      await chats.reload(replica.chatIds.size);
      if (!connection.isOpen) return;
      become('online');
      outbox.open();
      void repeatReads();
    } catch (error) {
      if (!connection.isOpen) return;
      timers.set('sync', Math.max(waitOf(error), backOffMs(syncFailures, platform)), catchUp);
      syncFailures += 1;
    }
  };

  const sayRead = (chatId: number): void =>
    void say(`read ${chatId}`, () => {
      const seq = marks.get(chatId);
      return seq === undefined ? undefined : { type: 'read', chat_id: chatId, seq };
    });

  /** Repeats read marks over HTTP, which confirms them: a `read` frame may have been lost with its socket. */
  const repeatReads = async (): Promise<void> => {
    for (const [chatId, seq] of marks) {
      // The next connection repeats the marks. By then another user may be logged in.
      if (!connection.isOpen) return;
      try {
        const { last_read_seq } = await ask<typeof markRead>(`POST /chats/${chatId}/read`, 'last_read_seq', {
          seq,
        });
        chats.noteRead(chatId, last_read_seq);
      } catch (error) {
        if (!(error instanceof ChatError) || error.status === 401 || !connection.isOpen) return;
        if (isPassing(error)) return timers.set('marks', Math.max(waitOf(error), 1000), repeatReads);
      }
      if (marks.get(chatId) === seq) marks.delete(chatId);
    }
  };

  const suspended = ({ message }: ChatError): void => {
    halt('stopped');
    emit('suspended', { detail: message });
  };

  /**
   * The service refused a frame other than a message. The frame's `ref` identifies it; frames other than read marks
   * are not repeated.
   */
  const frameRefused = (ref: string, error: ChatError): void => {
    const chatId = Number(ref.split('read ')[1]);
    if (isPassing(error)) {
      pacer.wait(Math.max(waitOf(error), 1000));
      sayRead(chatId);
    } else if (error.status === 404) marks.delete(chatId);
  };

  const failed = (frame: ServerFrameOf<'error'>): void => {
    const error = new ChatError(frame);
    const { ref } = frame;
    if (typeof ref === 'string' && error.status !== 401 && !outbox.refused(ref, error)) {
      frameRefused(ref, error);
    }
    // The connection is about to end. Renewing the token will show whether the session has ended, too.
    if (error.code === 'token_expired') connection.reconnect();
    // The session resumes when the suspension ends; until then connecting is pointless.
    if (error.code === 'account_suspended') suspended(error);
    // Reconnecting would displace another device, which would reconnect in turn.
    if (error.code === 'too_many_connections') halt('displaced');
    if (error.code === 'session_revoked') {
      session.renew(undefined).then(connection.reconnect, () => {
        // Either the session has ended, which the session emits by itself, or the network is down, which the
        // connection notices.
      });
    }
  };

  const chatShown = (chat: ServerFrameOf<'chat_updated'>['chat']): void => {
    const { id, last_message: last } = chat;
    // The event's last message may lack its content: the chat is then fetched as well.
    chats.set(chat as Chat);
    if (last !== null && !isWhole(last)) chats.refresh(id);
  };

  /** The members of a chat changed. The event contains only their ids, so the chat is fetched. */
  const membersChanged = (chatId: number, rev: number, added: number[], removed: number[]): void => {
    replica.note(chatId, rev, () => {
      emit('participants', { chat_id: chatId, added, removed });
      chats.refresh(chatId, rev);
    });
  };

  const reacted =
    (isAdded: boolean) =>
    (frame: ServerFrameOf<'reaction_added' | 'reaction_removed'>): void => {
      const { type: _, ...reaction } = frame;
      replica.note(reaction.chat_id, reaction.rev, () => {
        const own = reaction.user_id === session.user?.id && { me: isAdded };
        const event = { ...reaction, is_added: isAdded, ...own };
        emit('reaction', event);
        chats.noteReaction(event);
      });
    };

  /** Handles each type of frame of the service. */
  const receivers: Receivers<Exclude<ServerFrame['type'], MessageType | TypingType>> = {
    ack: (frame) => {
      if ('message' in frame && frame.client_message_id !== null)
        outbox.acknowledged(frame.client_message_id, frame.message);
    },
    pong: () => {
      if (Math.abs(platform.now() - syncedAt) < RECHECK_MS) return;
      sync().catch(() => {
        // The next pong tries again.
      });
    },
    error: failed,
    reaction_added: reacted(true),
    reaction_removed: reacted(false),
    chat_created: ({ chat_id, rev, chat }) => {
      if (replica.note(chat_id, rev)) chatShown(chat);
    },
    chat_updated: ({ chat_id, rev, chat }) => {
      const known = chats.get(chat_id);
      if (replica.chatIds.has(chat_id)) chatShown(chat);
      // An unknown chat was left, or its `chat_created` was lost. This event does not stand for the change under its
      // `rev`: after a block it carries the `rev` of some earlier change.
      else replica.miss(chat_id, rev);
      // In a direct chat this is the user's own change: of their notifications, or a block of the peer.
      if (chat.chat_type === 'direct') void blocks.reload();
      // A change of the user's own role has the same `rev` in `participant_updated`, and only that event reports the
      // role to the application. So for a known chat this event does not advance the cursor, unless it is the latest
      // and changes the chat's own fields.
      if (known && rev > known.rev && OWN_FIELDS.some((name) => chat[name] !== known[name]))
        replica.note(chat_id, rev);
    },
    participants_added: ({ chat_id, rev, user_ids }) => membersChanged(chat_id, rev, user_ids, []),
    participants_removed: ({ chat_id, rev, user_ids }) => {
      // The event is outdated when the chat is known at a later `rev`: the user was added again.
      if (!user_ids.includes(session.user?.id ?? 0) || rev <= (chats.get(chat_id)?.rev ?? -1)) {
        membersChanged(chat_id, rev, [], user_ids);
      } else {
        emit('participants', { chat_id, added: [], removed: user_ids });
        leftChat(chat_id, rev);
      }
    },
    participant_updated: ({ chat_id, rev, participant }) => {
      const { id, is_admin } = participant;
      replica.note(chat_id, rev, () => {
        emit('participant', { chat_id, participant });
        chats.noteRev(chat_id, rev, id === session.user?.id ? { is_admin } : {});
      });
    },
    user_joined: ({ user_id }) => chats.notePresence(user_id, true),
    user_left: ({ user_id }) => chats.notePresence(user_id, false),
    read_receipt: ({ chat_id, user_id, seq }) => {
      if (user_id === session.user?.id) {
        settleMark(chat_id, seq);
        chats.noteRead(chat_id, seq);
      }
      emit('read', { chat_id, user_id, seq });
    },
  };

  /**
   * A newer service may send frames of unknown types. A message in such a frame is processed by its `rev` like any
   * other; the rest of the frame is ignored.
   */
  const receive = (frame: ServerFrame): void => {
    const { message } = frame as Partial<ServerFrameOf<MessageType>>;
    if (message?.seq) replica.receive(message);
    (receivers as Readonly<Record<string, ((frame: never) => void) | undefined>>)[frame.type]?.(
      frame as never,
    );
    emit('frame', frame);
  };

  /** Stops everything that needs an open connection. */
  const quieten = (): void => {
    timers.stopAll();
    pacer.clear();
    outbox.close();
  };

  const halt = (into: 'stopped' | 'displaced'): void => {
    quieten();
    connection.stop();
    replica.stop();
    if (session.user) become(into);
  };

  /** Unloads everything of the user. Unsent messages stay in the storage unless they are to be discarded. */
  const quit = (discard = false): Promise<void> => {
    const discarded = discard ? outbox.clear() : outbox.unload();
    quitting = (async () => {
      halt('stopped');
      chats.clear();
      blocks.clear();
      await Promise.all([discarded, replica.clear()]);
      become('signed-out');
    })();
    return quitting;
  };

  /** Loads everything of a user from the storage. */
  const begin = async (user: OwnProfile): Promise<OwnProfile> => {
    // Removes chats from responses to an earlier user's requests.
    chats.clear();
    if (marksOf !== user.id) marks.clear();
    marksOf = user.id;
    await Promise.all([replica.load(user.id), outbox.load(user.id)]);
    become('stopped');
    return user;
  };

  const logIn = async (username: string, password: string, totp?: string): Promise<OwnProfile> => {
    const user = await session.logIn({ username, password, ...(totp && { totp }) }, quit);
    return begin(user);
  };

  return {
    get state() {
      return state;
    },
    get user() {
      return session.user;
    },
    call: callRoute,
    chats: chats.list,
    isBlocked: blocks.has,
    on,
    register: async (account) => {
      await call<typeof registerUser>('POST /users/register', 'username', account);
      return logIn(account.username, account.password);
    },
    logIn,
    resume: async () => {
      // The frames of an open connection belong to the state that is replaced here.
      halt('stopped');
      await quitting;
      const user = await session.load();
      if (user) return begin(user);
      await quit();
      return undefined;
    },
    logOut: async ({ discard = false } = {}) => {
      marks.clear();
      await quit(discard);
      await session.logOut();
    },
    start: () => {
      if (session.user) connection.start();
    },
    stop: async () => halt('stopped'),
    reconnect: connection.reconnect,
    send: outbox.add,
    retry: outbox.retry,
    discard: outbox.discard,
    uploadBy: outbox.uploadBy,
    pending: outbox.list,
    markRead: (chatId, seq) => {
      marks.set(chatId, Math.max(seq, marks.get(chatId) ?? 0));
      // A read mark past the end counts as the end.
      chats.noteRead(chatId, Math.min(seq, chats.get(chatId)?.last_seq ?? 0));
      sayRead(chatId);
    },
    say,
    refresh: chats.refresh,
    platform,
  };
};
