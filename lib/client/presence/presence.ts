/** Events about other users, in chats that the user has open. */
export interface PresenceEvents {
  /** Another user has started or stopped typing, or their indicator has expired. */
  readonly typing: { readonly chat_id: number; readonly user_id: number; readonly is_typing: boolean };
  /** Another user has opened or closed a chat. */
  readonly presence: { readonly chat_id: number; readonly user_id: number; readonly is_present: boolean };
}

/** Presence and typing in a client's chats. */
export interface Presence {
  /** @returns a function that removes the listener */
  on<Type extends keyof PresenceEvents>(
    type: Type,
    listener: (event: PresenceEvents[Type]) => void,
  ): () => void;
  /**
   * The user is typing: call it on every key press; it informs the service only as often as needed, and when the
   * typing ends.
   */
  typing(chatId: number): void;
  stopTyping(chatId: number): void;
  /** The user has opened a chat; kept across reconnections until `leave`. */
  join(chatId: number): void;
  leave(chatId: number): void;
}
