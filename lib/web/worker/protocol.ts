/** A message that may cause a notification, as pushed by the service or as passed on by an open page. */
export interface NotableMessage {
  readonly chat_id: number;
  readonly seq: number;
  /** Null for a direct chat. */
  readonly chat_name: string | null;
  readonly sender_username: string;
  /** The beginning of the text; null when the user wants no previews, or there is no text. */
  readonly preview: string | null;
  readonly mention: boolean;
  /** The number of unread messages in all chats that are not muted; null from a page, which sets the badge itself. */
  readonly unread_total: number | null;
}

/** Messages from a page to its service worker. */
export type ToWorker =
  | ({ readonly type: 'message' } & NotableMessage)
  /** The user's read marks, by chat. */
  | { readonly type: 'read'; readonly marks: readonly (readonly [chatId: number, seq: number])[] }
  | { readonly type: 'sound'; readonly isOn: boolean }
  /** Nobody is logged in any more, or the user has turned notifications off. */
  | { readonly type: 'forget' };

/** Messages from the service worker to a page. A page that does not hold the session does not answer. */
export type ToPage =
  /** Asks whether the page shows a chat. */
  | { readonly type: 'shows'; readonly chat_id: number }
  /** Opens a chat at a message; the page answers `true`. */
  | { readonly type: 'open'; readonly chat_id: number; readonly seq: number }
  /** Says that the browser has replaced the push subscription. */
  | { readonly type: 'subscription_changed' };

/** The address at which the page opens a chat at a message. */
export const addressOfMessage = (chatId: number, seq: number): string => `/chats/${chatId}#${seq}`;
