/** What decides whether a reaction is changed. */
export interface ReactionState {
  /** Whether the user is in the message's chat, and the chat is open. */
  readonly isParticipant: boolean;
  readonly isDeleted: boolean;
  /** Whether the user reacts with this emoji already. */
  readonly isThere: boolean;
  /** Whether anybody does. */
  readonly isUsed: boolean;
  /** Different emoji under the message. */
  readonly emojiCount: number;
}

/** `hidden`: the reaction is removed from a deleted message, which nobody sees: it takes no `rev`. */
export type ReactionAnswer = 'allowed' | 'hidden' | 'unchanged' | 'deleted' | 'too_many' | 'not_participant';

/**
 * Whether a reaction is added or removed. MySQL's routine `react_v1` decides the same under the chat's row lock: a test
 * holds it to this.
 *
 * @param most how many different emoji a message may have
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
 * Whether a text is exactly one emoji as keyboards write it: of Unicode's list of those recommended for general
 * interchange (UTS #51), sequences of several code points included. The list is the one that the JavaScript engine has.
 */
export const isEmoji = (text: string): boolean => /^\p{RGI_Emoji}$/v.test(text);
