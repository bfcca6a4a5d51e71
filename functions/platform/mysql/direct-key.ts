/** The value of `chats.direct_key` for a pair of users, in either order: two users have one direct chat. */
export const directKeyOf = (one: number, other: number): string =>
  `${Math.min(one, other)}:${Math.max(one, other)}`;
