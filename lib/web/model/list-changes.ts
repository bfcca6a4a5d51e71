import { isMentioned } from '../../client/quotes.ts';
import type { Attachment, Message } from '../../../functions/contract/schemas.ts';
import type { ChatAttachment } from '../../../functions/files/contract.ts';

// These functions tell whether a list of the service, newest first, has changed because a message is new or has
// changed. Reactions and pins change a message, too, but none of these lists.

/**
 * The loaded part of a list; without `items` the list is still loading, and its response may be older than the message.
 */
interface Loaded<Item> {
  readonly items: readonly Item[] | undefined;
  readonly hasMore: boolean;
}

/** Whether a message belongs below the loaded part: that part of the list is loaded when the user scrolls there. */
const isFurtherDown = (
  { id }: Message,
  { items = [], hasMore }: Loaded<{ readonly id: number }>,
): boolean => {
  const last = items.at(-1);
  return hasMore && last !== undefined && id < last.id;
};

/**
 * Whether a message changes the list of a chat's files of one kind.
 *
 * @param message a message of this chat, in its current state
 */
export const changesFiles = (
  message: Message,
  list: Loaded<ChatAttachment>,
  kind: Attachment['kind'],
): boolean => {
  const now = new Set(message.attachments.filter((one) => one.kind === kind).map(({ id }) => id));
  if (list.items === undefined) return message.is_deleted || now.size > 0;
  const shown = list.items.filter(({ id }) => id === message.id);
  if (shown.length === 0 && isFurtherDown(message, list)) return false;
  return shown.length !== now.size || shown.some(({ attachment }) => !now.has(attachment.id));
};

/** Whether a message changes the list of messages that mention a user, or a text in it. */
export const changesMentions = (
  message: Message,
  list: Loaded<Message>,
  userId: number | undefined,
): boolean => {
  const isOne = !message.is_deleted && isMentioned(message, userId);
  if (list.items === undefined) return message.is_deleted || isOne;
  const shown = list.items.find(({ id }) => id === message.id);
  if (shown === undefined) return isOne && !isFurtherDown(message, list);
  return !isOne || shown.content !== message.content;
};
