import type { ErrorBody, Message, OwnProfile } from '../../functions/routes/schemas.ts';
import {
  ChatError,
  type ChatClient,
  type ChatClientOptions,
  type ClientEvents,
  type ClientState,
} from './chat-client.ts';
import { createChatList } from './chat-list.ts';
import { createConnection, type ServerFrame } from './connection.ts';
import { createEmitter } from './emitter.ts';
import { createHttpApi } from './http-api.ts';
import { createCall } from './http.ts';
import { createOutbox } from './outbox.ts';
import { backOffMs, memoryStorage, platformOf } from './platform.ts';
import { createReplica, type EventChat, type EventMessage } from './replica.ts';
import { createSession } from './session.ts';
import { createTyping } from './typing.ts';

/** An event that was lost shows by the gap before the next one; after so long without one the client asks. */
const RECHECK_MS = 12 * 60_000;

/**
 * A client of the chat service: logs in, keeps one connection open, tells every change once and in order, and sends
 * what is put into its outbox exactly once. Needs nothing but the platform's `fetch` and `WebSocket`.
 */
export const createChatClient = ({
  baseUrl,
  storage = memoryStorage(),
  platform: own,
}: ChatClientOptions): ChatClient => {
  const platform = platformOf(own);
  const { on, emit } = createEmitter<ClientEvents>();
  const call = createCall(baseUrl.replace(/\/+$/, ''), platform);
  let state: ClientState = 'signed-out';
  /** Chats that the user looks at, whatever happens to the socket. */
  const joined = new Set<number>();
  /** Read marks that no socket has taken yet. */
  const unsentReads = new Map<number, number>();
  let syncedAt = 0;
  let syncFailures = 0;
  let syncTimer: unknown;

  const become = (next: ClientState): void => {
    if (next === state) return;
    state = next;
    emit('state', { state });
  };

  const session = createSession(call, storage, platform, (code) => {
    void quit().then(() => emit('session_ended', { code }));
  });
  const api = createHttpApi(session);

  const chats = createChatList({
    platform,
    api,
    userId: () => session.user?.id,
    onChange: (chat) => emit('chat', { chat }),
  });

  const leftChat = (chatId: number): void => {
    replica.forget(chatId);
    chats.forget(chatId);
    joined.delete(chatId);
    emit('chat_left', { chat_id: chatId });
  };

  const replica = createReplica({
    storage,
    platform,
    api,
    onMessage: (message) => {
      emit('message', { message });
      chats.noteMessage(message);
    },
    onJoined: chats.set,
    onLeft: leftChat,
  });

  const connection = createConnection(
    { call, session, platform },
    {
      onConnecting: () => become('connecting'),
      onOpen: () => {
        for (const chatId of joined) connection.send({ type: 'join', chat_id: chatId });
        syncFailures = 0;
        void catchUp();
      },
      onFrame: (frame) => receive(frame),
      onClosed: () => {
        platform.clearTimeout(syncTimer);
        outbox.close();
        typing.reset();
        become('offline');
      },
    },
  );

  const outbox = createOutbox({
    storage,
    platform,
    sendFrame: connection.send,
    sendByHttp: async (body) => {
      const { duplicate: _, ...message } = await session.request<Message & { duplicate?: boolean }>(
        'POST',
        '/messages',
        body,
      );
      replica.receive(message);
      return message;
    },
    onSilence: connection.reconnect,
    onChange: (pending, message) =>
      emit('outbox', message === undefined ? { pending } : { pending, message }),
  });

  const typing = createTyping({
    platform,
    sendFrame: connection.send,
    onChange: (chatId, userId, isTyping) =>
      emit('typing', { chat_id: chatId, user_id: userId, is_typing: isTyping }),
  });

  /** Fetches what was missed; only then is the client online. */
  const catchUp = async (): Promise<void> => {
    try {
      await replica.sync();
      syncedAt = platform.now();
      await chats.reload();
      if (!connection.isOpen) return;
      become('online');
      for (const [chatId, seq] of unsentReads) sendRead(chatId, seq);
      outbox.open();
    } catch {
      if (!connection.isOpen) return;
      syncTimer = platform.setTimeout(() => void catchUp(), backOffMs(syncFailures, platform));
      syncFailures += 1;
    }
  };

  const recheck = async (): Promise<void> => {
    try {
      await replica.sync();
      syncedAt = platform.now();
    } catch {
      // The next pong asks again.
    }
  };

  const sendRead = (chatId: number, seq: number): void => {
    if (connection.send({ type: 'read', chat_id: chatId, seq })) unsentReads.delete(chatId);
    else unsentReads.set(chatId, Math.max(seq, unsentReads.get(chatId) ?? 0));
  };

  const failed = (frame: ServerFrame): void => {
    const error = new ChatError(frame as unknown as ErrorBody);
    if (typeof frame['ref'] === 'string' && error.status !== 401) outbox.refused(frame['ref'], error);
    // The connection ends; whether the session does too, renewing its token tells.
    if (error.code === 'token_expired') connection.reconnect();
    // To connect again would displace another device, which would do the same.
    if (error.code === 'too_many_connections') void halt('displaced');
    if (error.code === 'session_revoked') {
      session.renew(undefined).then(connection.reconnect, () => undefined);
    }
  };

  /** What each frame means, by its type. Frames of a type that is not known yet are left alone. */
  const receivers: Readonly<Record<string, (frame: never) => void>> = {
    ack: ({ client_message_id: id, message }: { client_message_id?: string; message?: EventMessage }) => {
      if (message === undefined) return;
      replica.receive(message);
      if (id !== undefined) outbox.acknowledged(id, message);
    },
    pong: () => {
      if (platform.now() - syncedAt >= RECHECK_MS) void recheck();
    },
    error: failed,
    ...Object.fromEntries(
      ['new_message', 'message_updated', 'message_deleted', 'message_restored'].map((type) => [
        type,
        ({ message }: { message: EventMessage }) => {
          typing.othersStopped(message.chat_id, message.sender_id);
          replica.receive(message);
        },
      ]),
    ),
    ...Object.fromEntries(
      ['chat_created', 'chat_updated'].map((type) => [
        type,
        ({ chat }: { chat: EventChat }) => {
          chats.set(chat);
          // Too large for an event: the chat is fetched whole.
          if (chat.last_message?.truncated === true) chats.refresh(chat.id);
          replica.receiveChat(chat);
        },
      ]),
    ),
    participants_added: ({ chat_id, user_ids }: { chat_id: number; user_ids: number[] }) => {
      emit('participants', { chat_id, added: user_ids, removed: [] });
      chats.refresh(chat_id);
    },
    participants_removed: ({ chat_id, user_ids }: { chat_id: number; user_ids: number[] }) => {
      emit('participants', { chat_id, added: [], removed: user_ids });
      if (user_ids.includes(session.user?.id ?? 0)) leftChat(chat_id);
      else chats.refresh(chat_id);
    },
    typing_started: (frame: { chat_id: number; user_id: number; expires_in_ms: number }) =>
      typing.othersStarted(frame.chat_id, frame.user_id, frame.expires_in_ms),
    typing_stopped: (frame: { chat_id: number; user_id: number }) =>
      typing.othersStopped(frame.chat_id, frame.user_id),
    user_joined: ({ chat_id, user_id }: { chat_id: number; user_id: number }) =>
      emit('presence', { chat_id, user_id, is_present: true }),
    user_left: ({ chat_id, user_id }: { chat_id: number; user_id: number }) =>
      emit('presence', { chat_id, user_id, is_present: false }),
    read_receipt: ({ chat_id, user_id, seq }: ClientEvents['read']) => {
      if (user_id === session.user?.id) chats.noteRead(chat_id, seq);
      emit('read', { chat_id, user_id, seq });
    },
  };

  const receive = (frame: ServerFrame): void => receivers[frame.type]?.(frame as never);

  const halt = async (into: 'stopped' | 'displaced'): Promise<void> => {
    platform.clearTimeout(syncTimer);
    await connection.stop();
    replica.stop();
    outbox.close();
    typing.reset();
    if (session.user !== undefined) become(into);
  };

  const stop = (): Promise<void> => halt('stopped');

  /** Forgets everything of the user on this device. */
  const quit = async (): Promise<void> => {
    await stop();
    chats.clear();
    joined.clear();
    unsentReads.clear();
    await Promise.all([outbox.clear(), replica.clear()]);
    become('signed-out');
  };

  /** Everything that the storage holds of a user. */
  const begin = async (user: OwnProfile): Promise<OwnProfile> => {
    await Promise.all([replica.load(user.id), outbox.load()]);
    become('stopped');
    return user;
  };

  const logIn = async (username: string, password: string): Promise<OwnProfile> => {
    if (session.user !== undefined) await quit();
    return begin(await session.logIn(username, password));
  };

  return {
    get state() {
      return state;
    },
    get user() {
      return session.user;
    },
    api,
    on,
    register: async (account) => {
      await call('POST', '/users/register', { body: account });
      return logIn(account.username, account.password);
    },
    logIn,
    resume: async () => {
      const user = await session.load();
      return user === undefined ? undefined : begin(user);
    },
    logOut: async () => {
      await quit();
      await session.logOut();
      become('signed-out');
    },
    start: () => {
      if (session.user !== undefined) connection.start();
    },
    stop,
    reconnect: connection.reconnect,
    send: outbox.add,
    retry: outbox.retry,
    discard: outbox.discard,
    pending: outbox.list,
    typing: typing.typed,
    stopTyping: typing.stopped,
    join: (chatId) => {
      joined.add(chatId);
      connection.send({ type: 'join', chat_id: chatId });
    },
    leave: (chatId) => {
      if (joined.delete(chatId)) connection.send({ type: 'leave', chat_id: chatId });
    },
    markRead: (chatId, seq) => {
      chats.noteRead(chatId, seq);
      sendRead(chatId, seq);
    },
  };
};
