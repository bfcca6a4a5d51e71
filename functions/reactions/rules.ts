/** The state that decides whether a reaction may be changed. */
export interface ReactionState {
  /** Whether the user is in the message's chat, and the chat is open. */
  readonly isParticipant: boolean;
  readonly isDeleted: boolean;
  /** Whether the user has already reacted with this emoji. */
  readonly isThere: boolean;
  /** Whether anybody has reacted with this emoji. */
  readonly isUsed: boolean;
  /** How many distinct emoji the message has. */
  readonly emojiCount: number;
}

/** `hidden`: the reaction is removed from a deleted message; nobody sees that, so it takes no `rev`. */
export type ReactionAnswer = 'allowed' | 'hidden' | 'unchanged' | 'deleted' | 'too_many' | 'not_participant';

/**
 * Whether a reaction may be added or removed. MySQL's routine `react_v1` implements the same rules under the chat's
 * row lock: a test compares the two.
 *
 * @param most how many distinct emoji a message may have
 */
export const mayReact = (
  kind: 'add' | 'remove',
  { isParticipant, isDeleted, isThere, isUsed, emojiCount }: ReactionState,
  most: number,
): ReactionAnswer => {
  if (!isParticipant) return 'not_participant';
  if (kind === 'remove') {
    if (!isThere) return 'unchanged';
    return isDeleted ? 'hidden' : 'allowed';
  }
  if (isDeleted) return 'deleted';
  if (isThere) return 'unchanged';
  return !isUsed && emojiCount >= most ? 'too_many' : 'allowed';
};

/**
 * Whether a text is exactly one emoji as keyboards produce it: of Unicode's set that is recommended for general
 * interchange (UTS #51), including sequences of several code points. The JavaScript engine determines the version of
 * the set.
 */
export const isEmoji = (text: string): boolean => /^\p{RGI_Emoji}$/v.test(text);
