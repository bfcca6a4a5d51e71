/** What is told of the other people in a chat while they look at it. */
export interface PresenceEvents {
  /** Somebody else types, or stopped; also when it ran out. */
  readonly typing: { readonly chat_id: number; readonly user_id: number; readonly is_typing: boolean };
  /** Somebody else looks at a chat, or looks away. */
  readonly presence: { readonly chat_id: number; readonly user_id: number; readonly is_present: boolean };
}

/** Who looks at the chats of a client, and who types in them. */
export interface Presence {
  /** @returns a function that ends it */
  on<Type extends keyof PresenceEvents>(
    type: Type,
    listener: (event: PresenceEvents[Type]) => void,
  ): () => void;
  /** The user types: call it at every key; it tells the service no more often than needed, and of the end. */
  typing(chatId: number): void;
  stopTyping(chatId: number): void;
  /** The user looks at a chat; kept over reconnections until `leave`. */
  join(chatId: number): void;
  leave(chatId: number): void;
}
