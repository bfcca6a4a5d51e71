/** What a user is in the message's chat. Accounts that are about to leave are still participants. */
export type Role =
  | 'admin'
  | 'member'
  /** Not in the chat, or the chat is closed. */
  | 'nobody';

/** What decides whether a message is pinned or unpinned. */
export interface PinState {
  readonly role: Role;
  readonly chatType: 'direct' | 'group';
  readonly isDeleted: boolean;
  readonly isPinned: boolean;
  /** Pinned messages of the chat. */
  readonly pinCount: number;
}

export type PinAnswer = 'allowed' | 'unchanged' | 'deleted' | 'too_many' | 'not_admin' | 'not_participant';

/** Nobody is an admin of a direct chat: either side may pin there. */
const permissions = {
  group: { admin: 'allowed', member: 'not_admin', nobody: 'not_participant' },
  direct: { admin: 'allowed', member: 'allowed', nobody: 'not_participant' },
} as const satisfies Record<PinState['chatType'], Record<Role, PinAnswer>>;

/**
 * Whether a message is pinned or unpinned. MySQL's routine `pin_message_v1` decides the same under the chat's row lock: a
 * test holds it to this.
 *
 * @param most how many pinned messages a chat may have
 */
export const mayPin = (
  kind: 'pin' | 'unpin',
  { role, chatType, isDeleted, isPinned, pinCount }: PinState,
  most: number,
): PinAnswer => {
  const permission = permissions[chatType][role];
  if (permission !== 'allowed') return permission;
  // A deleted message has no pin.
  if (isDeleted) return kind === 'pin' ? 'deleted' : 'unchanged';
  if (isPinned === (kind === 'pin')) return 'unchanged';
  return kind === 'pin' && pinCount >= most ? 'too_many' : 'allowed';
};
