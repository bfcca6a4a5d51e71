import type { Chat, PublicProfile } from '../types.ts';

/**
 * The display name of a user. Two users may have the same one, so the user name is shown next to it (`Name`,
 * `labelOf`).
 */
export const nameOf = ({ full_name, username }: Pick<PublicProfile, 'full_name' | 'username'>): string =>
  full_name ?? username;

/** The title of a chat for its viewer: a direct chat has the peer's display name. */
export const titleOf = (chat: Pick<Chat, 'name' | 'peer'>): string =>
  chat.name ?? (chat.peer === undefined ? 'Deleted user' : nameOf(chat.peer));
