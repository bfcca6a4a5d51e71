/** A message that somebody may be notified of: as it is pushed, or as an open page hands it over. */
export interface NotableMessage {
  readonly chat_id: number;
  readonly seq: number;
  /** Null for a direct chat. */
  readonly chat_name: string | null;
  readonly sender_username: string;
  /** The beginning of the text; null where its reader wants none, or there is none. */
  readonly preview: string | null;
  readonly mention: boolean;
  /** What is unread in all chats that are not muted; null when the page tells, which sends read marks itself. */
  readonly unread_total: number | null;
}

/** What the page tells its service worker. */
export type ToWorker =
  | ({ readonly type: 'message' } & NotableMessage)
  /** Up to which message the user has read, by chat. */
  | { readonly type: 'read'; readonly marks: readonly (readonly [chatId: number, seq: number])[] }
  | { readonly type: 'sound'; readonly isOn: boolean }
  /** Nobody is logged in any more, or nobody wants to be notified. */
  | { readonly type: 'forget' };

/** What the service worker asks of a page. A page that does not hold the session does not answer. */
export type ToPage =
  /** Whether the page shows a chat. */
  | { readonly type: 'shows'; readonly chat_id: number }
  /** To open a chat at a message. @returns true */
  | { readonly type: 'open'; readonly chat_id: number; readonly seq: number }
  /** The browser has replaced the subscription by another one. */
  | { readonly type: 'subscription_changed' };

/** Where the page opens a chat at a message. */
export const addressOfMessage = (chatId: number, seq: number): string => `/chats/${chatId}#${seq}`;
