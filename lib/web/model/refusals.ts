import type { Chat } from '../../../functions/contract/schemas.ts';

/** The reasons for which a user cannot write to a chat. */
export const refusals = {
  onlyAdmins: 'Only admins write here. You can react to what they write.',
  hasBlocked: 'You have blocked this person, so neither of you can write to the other.',
  // A blocked user must not learn who blocked whom, or that a block is the reason.
  cannotMessage: 'You and this person cannot write to each other.',
} as const;
export type Refusal = keyof typeof refusals;

/**
 * Why a chat does not accept the user's messages; undefined when it accepts them.
 *
 * @param user.hasBlockedPeer whether the user has blocked the peer of this direct chat
 * @param user.isRefused whether the service has refused a message of the user to this chat because of a block
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
