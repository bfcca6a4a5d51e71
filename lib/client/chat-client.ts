import type {
  Chat,
  ErrorBody,
  ErrorCode,
  Message,
  OwnProfile,
  Participant,
  RegisterBody,
  ServerFrame,
} from './types.ts';

/**
 * The storage for everything that must survive a restart of the application: the session, the cursors, the outbox.
 * `localStorage` can be adapted by three one-line functions, and so can React Native's `AsyncStorage`.
 */
export interface ClientStorage {
  get(key: string): string | null | Promise<string | null>;
  set(key: string, value: string): void | Promise<void>;
  remove(key: string): void | Promise<void>;
}

/**
 * - `signed-out`: there is no session
 * - `connecting`: a socket is being opened, or missed changes are being fetched
 * - `online`: all changes arrive immediately, and none is missing
 * - `offline`: there is no connection; the client tries again by itself
 * - `stopped`: there is a session, but the application wants no connection
 * - `displaced`: the user has more devices connected than the service allows, and this one was disconnected; `start`
 *   connects again and displaces the device that has been connected longest
 */
export type ClientState = 'signed-out' | 'stopped' | 'displaced' | 'connecting' | 'online' | 'offline';

/** A newer service may return codes that this version of the client does not know. */
export type AnyErrorCode = ErrorCode | (string & Record<never, never>);

/** The parts of a message other than its text. */
export interface SendOptions {
  /** The id of the message, in the same chat, that this one replies to. */
  readonly reply_to_id?: number | undefined;
  /** Ids of the mentioned users. */
  readonly mentions?: number[] | undefined;
  /** Whether it mentions everybody in the chat. */
  readonly mention_all?: boolean | undefined;
  /** Ids of the user's files, in display order. They must be uploaded and in no message yet. */
  readonly attachment_ids?: string[] | undefined;
  /** Files that are uploaded when the message's turn to be sent comes; `send` of `chat-service/files` sets them. */
  readonly files?: readonly PendingFile[] | undefined;
  /**
   * A UUID that identifies the message; a new one by default. The service stores one message with it per sender and
   * chat: an application that may run twice for one cause, such as a bot, derives it from the cause.
   */
  readonly client_message_id?: string | undefined;
}

/** A file of an unsent message. Its bytes are not in the outbox: `chat-service/files` keeps them. */
export interface PendingFile {
  /** Identifies the file on this device. */
  readonly id: string;
  readonly name: string;
  /** Its media type. */
  readonly type: string;
  /** In bytes. */
  readonly size: number;
}

/** An unsent message: it stays in the outbox until the service has acknowledged it. */
export interface PendingMessage extends SendOptions {
  readonly client_message_id: string;
  readonly chat_id: number;
  readonly content: string;
  /** ISO 8601. */
  readonly created_at: string;
  /** `failed`: the service refused the message for good; `retry` or `discard` it. */
  readonly state: 'sending' | 'failed';
  readonly error?: { readonly code: AnyErrorCode; readonly detail: string };
}

/** The events that a client emits. Each change of a message is emitted once, in the order of `rev` within its chat. */
export interface ClientEvents {
  readonly state: { readonly state: ClientState };
  /** The user's own profile was fetched or changed by this client. */
  readonly user: { readonly user: OwnProfile };
  /** The service has ended the session, or its tokens cannot be renewed: the user must log in again. */
  readonly session_ended: { readonly code: AnyErrorCode };
  /**
   * A moderator has suspended the account. The connection is closed; session and outbox are kept until the suspension
   * ends: `start` tries again.
   */
  readonly suspended: { readonly detail: string };
  /**
   * The current state of a message that is new, or was edited, deleted, restored, pinned or unpinned. Its replies get
   * no event of their own: `withQuote` updates what they quote.
   */
  readonly message: { readonly message: Message };
  /**
   * A reaction was added to a message, or removed: `withReaction` applies it. Emitted in the order of `rev` together
   * with `message`, which also covers reactions that were missed.
   */
  readonly reaction: {
    readonly chat_id: number;
    /** The message's `rev` with this reaction. */
    readonly rev: number;
    /** The message's `id`. */
    readonly id: number;
    readonly emoji: string;
    readonly user_id: number;
    /** The number of reactions with this emoji after the change. */
    readonly count: number;
    readonly is_added: boolean;
    /** Whether the user has reacted with this emoji; present only when the reaction is the user's own. */
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
  /** A participant's role in a group has changed. */
  readonly participant: { readonly chat_id: number; readonly participant: Participant };
  /** The current participants of a chat, after changes were missed. */
  readonly members: { readonly chat_id: number; readonly participants: readonly Participant[] };
  readonly read: { readonly chat_id: number; readonly user_id: number; readonly seq: number };
  /** The user's blocks have changed, on this or another device. */
  readonly blocks: { readonly user_ids: readonly number[] };
  /** The outbox has changed. `message` is present when the message was acknowledged. */
  readonly outbox: { readonly pending: PendingMessage; readonly message?: Message };
  /**
   * A raw frame of the service, as the contract of the WebSocket API defines it, after the client has processed it.
   * The other events are more useful: each change once, and in order. A newer service may send frames of other types.
   */
  readonly frame: ServerFrame;
}

/** The client's frames other than messages and read marks. */
export type PresenceFrame =
  | { readonly type: 'join' | 'leave'; readonly chat_id: number }
  | { readonly type: 'typing'; readonly chat_id: number; readonly content: 'start' | 'stop' };

/** One user of the service on one device. */
export interface ChatClient {
  readonly state: ClientState;
  /** The logged-in user. */
  readonly user: OwnProfile | undefined;

  /**
   * Calls a route of the HTTP API as the user, with an access token that is renewed when necessary. `createApi` of
   * `chat-service/api` has each route as a function. The client updates its own state from the user's chats, profile
   * and blocks in the response: a chat that is newer than the last `chat` event causes another one. A response with
   * the field `chat_type` is taken for a chat's details, one with `email` for the user's own profile.
   *
   * @param request such as `GET /chats/7`, with the path relative to `baseUrl`
   * @param field a field of every response of the route, by which a response of the service is distinguished from a
   *   captive portal's; empty for an empty response
   * @param input the body as JSON; for a GET the query
   * @param asNobody whether to call without an access token; for routes that require no log-in
   * @throws ChatError for a status of 400 or above, and when no user is logged in
   * @throws TypeError when the service cannot be reached, also when something else responds in its place
   */
  call(request: string, field: string, input?: unknown, asNobody?: boolean): Promise<unknown>;

  /** The user's chats as far as this client knows them: those of earlier `chat` events, in their current state. */
  chats(): readonly Chat[];

  /**
   * Whether the user has blocked another user, whose messages in common groups should be hidden. Known from the first
   * connection on; fetched again with each connection, and when another device changes the blocks.
   */
  isBlocked(userId: number): boolean;

  /** @returns a function that removes the listener */
  on<Type extends keyof ClientEvents>(type: Type, listener: (event: ClientEvents[Type]) => void): () => void;

  /** Creates an account and logs in. @throws ChatError */
  register(account: RegisterBody): Promise<OwnProfile>;
  /**
   * @param username the user name or the e-mail address
   * @param totp a code of the second factor, or a recovery code: needed after a `ChatError` with the code
   *   `totp_required`
   * @throws ChatError
   */
  logIn(username: string, password: string, totp?: string): Promise<OwnProfile>;
  /**
   * Reads the session of an earlier start from the storage, also without a network; undefined when there is none.
   * Closes the connection if there is one: `start` opens the next.
   */
  resume(): Promise<OwnProfile | undefined>;
  /**
   * Ends the session on this device and, when it can be reached, at the service. Unless `discard` is set, unsent
   * messages wait until the same user logs in again, as they do when the service ends the session.
   */
  logOut(options?: { readonly discard?: boolean }): Promise<void>;

  /**
   * Opens the connection and keeps it open, including heartbeats, reconnection, `/sync` and the outbox.
   *
   * @throws ChatError with the code `no_websocket` on a platform without `WebSocket`, when the options provide none
   */
  start(): void;
  /** Closes the connection; the session and the outbox stay. */
  stop(): Promise<void>;
  /**
   * Reconnects at once instead of at the next attempt, for example when the device reports that its network is back.
   */
  reconnect(): void;

  /**
   * Puts a message into the outbox; it is delivered exactly once, however often the network fails.
   *
   * @throws ChatError when no user is logged in
   */
  send(chatId: number, content: string, options?: SendOptions): PendingMessage;
  retry(clientMessageId: string): void;
  discard(clientMessageId: string): void;
  /**
   * Sets the function that uploads a message's files when its turn to be sent comes. Until the function is set, the
   * message waits, and so do later messages of its chat. `createFiles` of `chat-service/files` calls this.
   *
   * @param upload resolves to the ids of the files. An error that it throws is treated like a response to the message
   */
  uploadBy(upload: (pending: PendingMessage) => Promise<string[]>): void;
  /** The outbox in the order of sending. */
  pending(chatId?: number): readonly PendingMessage[];

  /** Moves the read mark forward: at once on this device, and at the service as soon as it can be reached. */
  markRead(chatId: number, seq: number): void;

  /**
   * Sends a frame now or as soon as the service's limit for frames allows, and replaces a waiting frame with the same
   * key. `presenceOf` of `chat-service/presence` uses it for typing, and for the chats that the user has open.
   *
   * @param frameOf creates the frame when its turn comes; returns undefined when it is obsolete by then
   * @returns false when there is no open connection. True does not mean that the frame arrives
   */
  say(key: string, frameOf: () => PresenceFrame | undefined): boolean;
  /** Fetches a chat soon, once for several calls; the events `chat` and `members` then report its state. */
  refresh(chatId: number): void;
  /** The effects of this client on its platform. */
  readonly platform: ClientPlatform;
}

/**
 * The used subset of a WebSocket. The WebSockets of browsers, of Node.js from version 22 on and of the package `ws`
 * satisfy it.
 */
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

/** The request options that a client passes to `fetch`. */
export interface ClientRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly redirect: 'error';
  readonly signal: Signal;
}

/** The used subset of a `fetch` response. */
export interface ClientResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/** The effects of a client on its platform; the platform's own by default. */
export interface ClientPlatform {
  readonly fetch: (url: string, request: ClientRequest) => Promise<ClientResponse>;
  /** Undefined on a platform without WebSocket, such as Node.js 20: `start` then throws. */
  readonly WebSocket: (new (url: string) => ClientSocket) | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
  readonly setTimeout: (run: () => void, ms: number) => unknown;
  readonly clearTimeout: (timer: unknown) => void;
  /** Milliseconds between two pings: 45 s in a browser, 4 minutes elsewhere. */
  readonly heartbeatMs: number;
  /**
   * Registers a callback for when the device may have slept or changed its network, so that a dead connection is
   * noticed at once. Browsers are supported by default; in React Native, use `AppState`.
   *
   * @returns a function that removes the callback
   */
  readonly onWake: (wake: () => void) => () => void;
}

export interface ChatClientOptions {
  /** The base URL of the API, such as `https://chat.example.org/api/v1`. */
  readonly baseUrl: string;
  /** In memory by default: lost with the client. */
  readonly storage?: ClientStorage;
  readonly platform?: Partial<ClientPlatform>;
}

/**
 * An error response of the service (400 or above), or an error frame. Errors that arise in the client have the
 * `status` 0.
 */
export class ChatError extends Error {
  override readonly name = 'ChatError';
  declare readonly status: number;
  declare readonly code: AnyErrorCode;
  /** Seconds to wait before another attempt, when the service says so. */
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
