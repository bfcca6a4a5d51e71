import { isMentioned } from '../../client/quotes.ts';
import type { Attachment, Message } from '../../../functions/contract/schemas.ts';
import type { ChatAttachment } from '../../../functions/files/contract.ts';

// Whether a list of the service, newest first, is another one since a message came or changed. Reactions and pins change
// a message, too, and none of these lists.

/** A list as far as it is loaded; without `items` it is on its way, and may be older than the message. */
interface Loaded<Item> {
  readonly items: readonly Item[] | undefined;
  readonly hasMore: boolean;
}

/** Whether a message stands below what is loaded: there the list is read when somebody gets there. */
const isFurtherDown = (
  { id }: Message,
  { items = [], hasMore }: Loaded<{ readonly id: number }>,
): boolean => {
  const last = items.at(-1);
  return hasMore && last !== undefined && id < last.id;
};

/**
 * Whether the files of a kind in a chat are others.
 *
 * @param message of this chat, as it is now
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

/** Whether the messages that mention a user are others, or say something else. */
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
