/** A user's role in the message's chat. Accounts that are about to leave are still participants. */
export type PinRole =
  | 'admin'
  | 'member'
  /** Not in the chat, or the chat is closed. */
  | 'nobody';

/** The state that decides whether a message may be pinned or unpinned. */
export interface PinState {
  readonly role: PinRole;
  readonly chatType: 'direct' | 'group';
  readonly isDeleted: boolean;
  readonly isPinned: boolean;
  /** How many messages of the chat are pinned. */
  readonly pinCount: number;
}

export type PinAnswer = 'allowed' | 'unchanged' | 'deleted' | 'too_many' | 'not_admin' | 'not_participant';

/** A direct chat has no admins: both participants may pin there. */
const permissions = {
  group: { admin: 'allowed', member: 'not_admin', nobody: 'not_participant' },
  direct: { admin: 'allowed', member: 'allowed', nobody: 'not_participant' },
} as const satisfies Record<PinState['chatType'], Record<PinRole, PinAnswer>>;

/**
 * Whether a message may be pinned or unpinned. MySQL's routine `pin_message_v1` implements the same rules under the
 * chat's row lock: a test compares the two.
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
