import { limits } from '../contract/limits.ts';
import type { MessageMetadata } from '../platform/mysql/message-rows.ts';
import type { MentionChange, MessageAccess, MessageChange } from './stores/messages.ts';

/**
 * Rules for who may send a message, and who may edit, delete and restore it. MySQL's routines `append_message_v6` and
 * `change_message_v5` implement the same rules under the chat's row lock: a test compares them with these tables.
 */

/** A user's role with regard to a message. */
export type MessageRole =
  /** The sender, who is still in the chat. */
  | 'sender'
  /** An admin of the chat who did not send the message. */
  | 'admin'
  /** Any other participant. Accounts that are about to leave are still participants. */
  | 'member'
  /** Not in the chat, or the chat is closed; includes a sender who has left. */
  | 'nobody';

export type ChangeKind = MessageChange['kind'];

/** The state that decides, besides the role, whether a change is made. */
export interface MessageState {
  readonly isDeleted: boolean;
  /** Whether the restore window is over. */
  readonly isTooLate: boolean;
  /** Whether a moderator has removed the message. */
  readonly isRemoved: boolean;
  /** Whether another edit is in force than the one that the change expects to replace. */
  readonly isStale: boolean;
  /** Whether an edit changes neither the text nor the mentions. */
  readonly isSame: boolean;
}

/** An answer other than `allowed` is the outcome of the refused change. */
export type ChangeAnswer =
  'allowed' | 'unchanged' | 'same' | 'stale' | 'removed' | 'too_late' | 'not_allowed' | 'not_participant';

type ChangeRule = ChangeAnswer | ((state: MessageState) => ChangeAnswer);

const edit = ({ isDeleted, isStale, isSame }: MessageState): ChangeAnswer => {
  if (isDeleted) return 'unchanged';
  if (isStale) return 'stale';
  return isSame ? 'same' : 'allowed';
};

const remove = ({ isDeleted }: MessageState): ChangeAnswer => (isDeleted ? 'unchanged' : 'allowed');

const restore = ({ isDeleted, isRemoved, isTooLate }: MessageState): ChangeAnswer => {
  if (!isDeleted) return 'unchanged';
  if (isRemoved) return 'removed';
  return isTooLate ? 'too_late' : 'allowed';
};

const changeRules: Readonly<Record<ChangeKind, Readonly<Record<MessageRole, ChangeRule>>>> = {
  edit: { sender: edit, admin: 'not_allowed', member: 'not_allowed', nobody: 'not_participant' },
  delete: { sender: remove, admin: remove, member: 'not_allowed', nobody: 'not_participant' },
  restore: { sender: restore, admin: restore, member: 'not_allowed', nobody: 'not_participant' },
};

/** Whether a user with this role may change a message in this state. */
export const mayChange = (role: MessageRole, kind: ChangeKind, state: MessageState): ChangeAnswer => {
  const rule = changeRules[kind][role];
  return typeof rule === 'function' ? rule(state) : rule;
};

/** The state that decides, besides the role, whether a message is stored. */
export interface SendState {
  readonly chatType: 'direct' | 'group';
  /** Whether the sender has already sent a message with this `client_message_id` to this chat. */
  readonly isRepeat: boolean;
  /** Whether the account of another participant has been deactivated. */
  readonly isPeerGone: boolean;
  /** Whether a block exists between the sender and another participant, in either direction. */
  readonly isBlocked: boolean;
  /** Whether only admins may send to the chat. */
  readonly isForAdmins: boolean;
  /** Whether the chat is in slow mode, and the sender's last message is too recent. */
  readonly isTooSoon: boolean;
  /** Whether the message replies to one that is not in the chat or is deleted. */
  readonly lacksTarget: boolean;
}

export type SendAnswer =
  | 'allowed'
  | 'duplicate'
  | 'peer_unreachable'
  | 'posting_not_allowed'
  | 'too_soon'
  | 'reply_target_not_found'
  | 'not_participant';

/**
 * Whether a user may send a message to a chat. A repeated send returns the stored message whatever has changed since.
 * A deactivated peer and a block in either direction get the same answer, so that nobody learns which one it is.
 *
 * @param role `admin` for the owner, too
 */
export const maySend = (role: 'admin' | 'member' | 'nobody', state: SendState): SendAnswer => {
  if (role === 'nobody') return 'not_participant';
  if (state.isRepeat) return 'duplicate';
  if (state.chatType === 'direct' && (state.isPeerGone || state.isBlocked)) return 'peer_unreachable';
  if (role === 'member' && state.isForAdmins) return 'posting_not_allowed';
  if (role === 'member' && state.isTooSoon) return 'too_soon';
  return state.lacksTarget ? 'reply_target_not_found' : 'allowed';
};

/** A participant's role with regard to a message of their chat. */
export const messageRoleOf = (
  { message, isAdmin }: MessageAccess,
  userId: number,
): Exclude<MessageRole, 'nobody'> => {
  if (message.sender_id === userId) return 'sender';
  return isAdmin ? 'admin' : 'member';
};

const isSame = (
  message: Pick<MessageMetadata, 'mentions' | 'mention_all'>,
  { ids = message.mentions, all = message.mention_all }: MentionChange,
): boolean => all === message.mention_all && ids.join(',') === message.mentions.join(',');

/** The state of a message, as a participant has read it, with regard to a change. */
export const stateOf = (
  { message, deletedAt, isRemoved }: MessageAccess,
  change: MessageChange,
): MessageState => ({
  isDeleted: message.is_deleted,
  isRemoved,
  isTooLate: change.kind === 'restore' && deletedAt !== null && deletedAt < change.deletedSince,
  isStale: change.kind === 'edit' && message.edit_id !== change.replaces,
  isSame: change.kind === 'edit' && change.editId === null && isSame(message, change.mentions),
});

const DAY_MS = 24 * 60 * 60 * 1000;

/** The earliest deletion time that can be restored at `now`. */
export const restorableSince = (now: Date): Date => new Date(now.getTime() - limits.restore_days * DAY_MS);
