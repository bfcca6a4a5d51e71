interface Counted {
  readonly id?: number;
  readonly chat_id?: number;
  readonly last_seq: number;
  readonly last_read_seq: number;
  readonly unread_count: number;
  readonly mention_count?: number;
}

/** The chats anywhere in a response, and the entries of a sync, which have no `mention_count`. */
const countedIn = (value: unknown): Counted[] => {
  if (typeof value !== 'object' || value === null) return [];
  const parts = Object.values(value).flatMap(countedIn);
  return 'unread_count' in value && 'last_seq' in value ? [value as Counted, ...parts] : parts;
};

/**
 * Compares the chats in a response with themselves: each shows one moment, so no more messages are unread than there
 * are after its read mark.
 *
 * @param isPlain whether the user counts every message of a chat: none was deleted, and the user has blocked nobody
 * @returns each chat that is wrong
 */
export const countFaults = (body: unknown, isPlain: (chatId: number) => boolean): string[] =>
  countedIn(body).flatMap((chat) => {
    const { last_seq: end, last_read_seq: mark, unread_count: unread, mention_count: mentions = 0 } = chat;
    const id = chat.chat_id ?? chat.id ?? 0;
    const isPossible = 0 <= mentions && mentions <= unread && unread <= end - mark;
    if (isPossible && (!isPlain(id) || unread === end - mark)) return [];
    return [
      `chat ${id}, read up to ${mark} of ${end}, has ${unread} unread messages and ${mentions} mentions`,
    ];
  });
