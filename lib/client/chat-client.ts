import type { Chat, ErrorBody, Message, OwnProfile, Participant, RegisterBody } from './types.ts';

/**
 * Where a client keeps what must survive a restart of its application: the session, the cursors, the outbox.
 * `localStorage` fits with three one-line functions, and so does React Native's `AsyncStorage`.
 */
export interface ClientStorage {
  get(key: string): string | null | Promise<string | null>;
  set(key: string, value: string): void | Promise<void>;
  remove(key: string): void | Promise<void>;
}

/**
 * - `signed-out`: there is no session
 * - `connecting`: a socket is being opened, or what was missed is being fetched
 * - `online`: everything that happens arrives at once, and nothing is missing
 * - `offline`: there is no connection; the next attempt follows by itself
 * - `stopped`: there is a session, and the application wants no connection
 * - `displaced`: the user has more devices connected than the service allows, and this one had to go; `start` takes a
 *   place back, from whichever has been connected longest
 */
export type ClientState = 'signed-out' | 'stopped' | 'displaced' | 'connecting' | 'online' | 'offline';

/** What a message has beside its text. */
export interface SendOptions {
  /** The message of the same chat that it replies to. */
  readonly reply_to_id?: number | undefined;
  /** Ids of the people whom it mentions. */
  readonly mentions?: number[] | undefined;
  /** Whether it mentions everybody in the chat. */
  readonly mention_all?: boolean | undefined;
  /** Ids of the user's files that are uploaded and in no message yet, in the order in which they are shown. */
  readonly attachment_ids?: string[] | undefined;
  /** Files that are uploaded when it is the message's turn: `send` of `chat-service/files` names them. */
  readonly files?: readonly PendingFile[] | undefined;
}

/** A file of a message on its way. Its bytes are not in the outbox: `chat-service/files` keeps them. */
export interface PendingFile {
  /** By which this device knows the file. */
  readonly id: string;
  readonly name: string;
  /** Its media type. */
  readonly type: string;
  /** In bytes. */
  readonly size: number;
}

/** A message on its way: in the outbox until the service has acknowledged it. */
export interface PendingMessage extends SendOptions {
  readonly client_message_id: string;
  readonly chat_id: number;
  readonly content: string;
  /** ISO 8601. */
  readonly created_at: string;
  /** `failed`: the service refused it for good; `retry` or `discard` it. */
  readonly state: 'sending' | 'failed';
  readonly error?: { readonly code: string; readonly detail: string };
}

/** What a client tells its application. Each change of a message is told once, in the order of `rev`, chat by chat. */
export interface ClientEvents {
  readonly state: { readonly state: ClientState };
  /** The service ended the session, or its tokens cannot be renewed: one must log in again. */
  readonly session_ended: { readonly code: string };
  /**
   * A moderator has suspended the account. The connection is closed; session and outbox stay for when the suspension is
   * over: `start` tries again.
   */
  readonly suspended: { readonly detail: string };
  /**
   * A message is new, or was edited, deleted, restored, pinned or unpinned: this is how it stands. Of replies to it,
   * nothing is told: `withQuote` shows what they quote now.
   */
  readonly message: { readonly message: Message };
  /**
   * Somebody reacted to a message, or took it back: `withReaction` applies it. In the order of `rev` with `message`, which
   * tells of reactions that were missed.
   */
  readonly reaction: {
    readonly chat_id: number;
    /** The message's `rev` with this reaction. */
    readonly rev: number;
    /** The message's `id`. */
    readonly id: number;
    readonly emoji: string;
    readonly user_id: number;
    /** How many reactions with this emoji there are now. */
    readonly count: number;
    readonly is_added: boolean;
    /** Whether the user reacts with this emoji; only where the reaction is the user's own. */
    readonly me?: boolean;
  };
  /** A chat is new, or its name, members, last message, unread count or read mark changed. */
  readonly chat: { readonly chat: Chat };
  /** The user is no longer in this chat. */
  readonly chat_left: { readonly chat_id: number };
  readonly participants: {
    readonly chat_id: number;
    readonly added: readonly number[];
    readonly removed: readonly number[];
  };
  /** Somebody has another role in a group. */
  readonly participant: { readonly chat_id: number; readonly participant: Participant };
  /** Who is in a chat now, after what was missed of it. */
  readonly members: { readonly chat_id: number; readonly participants: readonly Participant[] };
  readonly read: { readonly chat_id: number; readonly user_id: number; readonly seq: number };
  /** Whom the user has blocked changed, here or on another device. */
  readonly blocks: { readonly user_ids: readonly number[] };
  /** The outbox changed. `message` is there when it was acknowledged. */
  readonly outbox: { readonly pending: PendingMessage; readonly message?: Message };
  /**
   * A frame of the service, as the contract of the WebSocket API defines it, when the client has taken it in. The other events
   * say more: each change once, and in order.
   */
  readonly frame: { readonly type: string };
}

/** What a client says beside messages and read marks. */
export type PresenceFrame =
  | { readonly type: 'join' | 'leave'; readonly chat_id: number }
  | { readonly type: 'typing'; readonly chat_id: number; readonly content: 'start' | 'stop' };

/** One user of the service on one device. */
export interface ChatClient {
  readonly state: ClientState;
  /** Who is logged in. */
  readonly user: OwnProfile | undefined;

  /**
   * Calls a route of the HTTP API as the user, with an access token that is renewed when it must. `createApi` of
   * `chat-service/api` has each route as a function. What an answer shows of the user's chats, profile and blocks, the
   * client takes in: chats that are newer than what was told are told as `chat` events. It knows the details of a chat by
   * the field `chat_type`, and the own profile by `email`.
   *
   * @param request such as `GET /chats/7`, the path without the base that `baseUrl` ends with
   * @param field one that every answer of the route has, by which the service is told from a captive portal; empty for
   *   an empty answer
   * @param input the body as JSON; of a GET the query
   * @param asNobody whether to call without an access token, as those routes allow that are for nobody in particular
   * @throws ChatError from 400 up, and when nobody is logged in
   * @throws TypeError when the service cannot be reached, also when something else answers in its place
   */
  call(request: string, field: string, input?: unknown, asNobody?: boolean): Promise<unknown>;

  /** The user's chats as far as they are known here: those that `chat` told of, in their current state. */
  chats(): readonly Chat[];

  /**
   * Whether the user has blocked somebody, whose messages in common groups are not to be shown. Known from the first
   * connection on; read again with each connection, and when another device blocks somebody.
   */
  isBlocked(userId: number): boolean;

  /** @returns a function that ends it */
  on<Type extends keyof ClientEvents>(type: Type, listener: (event: ClientEvents[Type]) => void): () => void;

  /** Makes an account and logs in. @throws ChatError */
  register(account: RegisterBody): Promise<OwnProfile>;
  /**
   * @param username or the e-mail address
   * @param totp a code of the second factor, or a recovery code: after a `ChatError` with the code `totp_required`
   * @throws ChatError
   */
  logIn(username: string, password: string, totp?: string): Promise<OwnProfile>;
  /** Takes up the session that the storage holds, also without a network; undefined when there is none. */
  resume(): Promise<OwnProfile | undefined>;
  /**
   * Ends the session here and, when it can be reached, at the service. What has not been sent waits for the same user
   * to log in again, as when the service ends the session, unless it is to be discarded.
   */
  logOut(options?: { readonly discard?: boolean }): Promise<void>;

  /**
   * Opens the connection and keeps it open: heartbeat, reconnection, `/sync`, outbox.
   *
   * @throws ChatError with the code `no_websocket` on a platform without `WebSocket`, when the options bring none
   */
  start(): void;
  /** Closes it; the session and the outbox stay. */
  stop(): Promise<void>;
  /** Tries at once instead of at the next attempt: the device says that its network is back. */
  reconnect(): void;

  /**
   * Puts a message in the outbox, from where it is sent exactly once, however often the network breaks.
   *
   * @throws ChatError when nobody is logged in
   */
  send(chatId: number, content: string, options?: SendOptions): PendingMessage;
  retry(clientMessageId: string): void;
  discard(clientMessageId: string): void;
  /**
   * Sets what uploads the files of a message when it is the message's turn; until then the message waits, and what was
   * written after it in its chat. `createFiles` of `chat-service/files` calls it.
   *
   * @param upload resolves to the ids of the files. What it throws is treated as an answer to the message
   */
  uploadBy(upload: (pending: PendingMessage) => Promise<string[]>): void;
  /** The outbox in the order of sending. */
  pending(chatId?: number): readonly PendingMessage[];

  /** Moves the read mark forward: here at once, and at the service as soon as it can be reached. */
  markRead(chatId: number, seq: number): void;

  /**
   * Sends a frame now or as soon as the service's limit for frames allows, in the place of a waiting one of the same key.
   * `presenceOf` of `chat-service/presence` does it for typing, and for the chats that the user looks at.
   *
   * @param frameOf makes the frame when its turn comes; undefined when it is obsolete by then
   * @returns false when there is no open connection. True does not mean that the frame arrives
   */
  say(key: string, frameOf: () => PresenceFrame | undefined): boolean;
  /** Fetches a chat soon, once for many calls: the events `chat` and `members` tell how it stands. */
  refresh(chatId: number): void;
  /** The effects of this client on its platform. */
  readonly platform: ClientPlatform;
}

/** The used part of a WebSocket. Those of browsers, of Node.js from 22 on and of the package `ws` fit. */
export interface ClientSocket {
  readonly readyState: number;
  send(text: string): void;
  close(): void;
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

/** The type of the platform's `AbortSignal`. */
type Signal = typeof globalThis extends { AbortController: new () => { readonly signal: infer Own } }
  ? Own
  : unknown;

/** What a client passes to `fetch`. */
export interface ClientRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly redirect: 'error';
  readonly signal: Signal;
}

/** The used part of what `fetch` answers. */
export interface ClientResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/** The effects of a client on its platform; the platform's own by default. */
export interface ClientPlatform {
  readonly fetch: (url: string, request: ClientRequest) => Promise<ClientResponse>;
  /** Undefined on a platform that has none, such as Node.js 20: then `start` throws. */
  readonly WebSocket: (new (url: string) => ClientSocket) | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
  readonly setTimeout: (run: () => void, ms: number) => unknown;
  readonly clearTimeout: (timer: unknown) => void;
  /** Between two pings: 45 s in a browser, 4 minutes elsewhere. */
  readonly heartbeatMs: number;
  /**
   * Tells when the device may have slept or changed its network, so that a dead connection is noticed at once.
   * Browsers say so by themselves; in React Native, `AppState` does.
   *
   * @returns a function that ends it
   */
  readonly onWake: (wake: () => void) => () => void;
}

export interface ChatClientOptions {
  /** The one address that a client needs, such as `https://chat.example.org/api/v1`. */
  readonly baseUrl: string;
  /** In memory by default: forgotten with the client. */
  readonly storage?: ClientStorage;
  readonly platform?: Partial<ClientPlatform>;
}

/**
 * An answer of the service from 400 up, or a frame that says so. What this side cannot do by itself has the `status` 0.
 */
export class ChatError extends Error {
  override readonly name = 'ChatError';
  declare readonly status: number;
  declare readonly code: string;
  /** Seconds to wait before another attempt, where the service says so. */
  declare readonly retryAfter: number | undefined;
  declare readonly errors: NonNullable<ErrorBody['errors']>;

  /** @param body its `code` may be one that this version of the client does not know */
  constructor(body: Omit<ErrorBody, 'code'> & { readonly code: string }) {
    super(body.detail);
    this.status = body.status_code;
    this.code = body.code;
    this.retryAfter = body.retry_after;
    this.errors = body.errors ?? [];
  }
}
