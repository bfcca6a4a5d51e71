import type { Chat, PublicProfile } from '../types.ts';

/** What people call themselves: two may do so alike, so the user name stands beside it (`Name`, `labelOf`). */
export const nameOf = ({ full_name, username }: Pick<PublicProfile, 'full_name' | 'username'>): string =>
  full_name ?? username;

/** What a chat is called for its viewer: a direct chat by what the other person calls themselves. */
export const titleOf = (chat: Pick<Chat, 'name' | 'peer'>): string =>
  chat.name ?? (chat.peer === undefined ? 'Deleted user' : nameOf(chat.peer));
