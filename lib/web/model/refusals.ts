import type { Chat } from '../../../functions/contract/schemas.ts';

/** Why somebody cannot write to a chat. */
export const refusals = {
  onlyAdmins: 'Only admins write here. You can react to what they write.',
  hasBlocked: 'You have blocked this person, so neither of you can write to the other.',
  // Whoever was blocked does not learn by whom, or that it was a block.
  cannotMessage: 'You and this person cannot write to each other.',
} as const;
export type Refusal = keyof typeof refusals;

/**
 * Why the user's messages are not taken by a chat, or undefined when they are.
 *
 * @param user.hasBlockedPeer whether they have blocked the other one of this direct chat
 * @param user.isRefused whether the service has refused what they wrote to it because of a block
 */
export const refusalOf = (
  chat: Pick<Chat, 'chat_type' | 'posting' | 'is_admin'>,
  user: { readonly hasBlockedPeer: boolean; readonly isRefused: boolean },
): Refusal | undefined => {
  if (chat.chat_type === 'direct') {
    if (user.hasBlockedPeer) return 'hasBlocked';
    return user.isRefused ? 'cannotMessage' : undefined;
  }
  return chat.posting === 'admins' && !chat.is_admin ? 'onlyAdmins' : undefined;
};
