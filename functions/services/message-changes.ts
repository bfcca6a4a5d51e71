import { v7 as uuidv7 } from 'uuid';
import type { MessageAccess, MessageChange, MessageMetadata } from '../repositories/mysql/messages.ts';
import { limits } from '../routes/limits.ts';
import type { Message } from '../routes/schemas.ts';
import type { Actor } from './actor.ts';
import { liveMessages, toMessage, withContents, type MessageEffects } from './messages.ts';
import type { Outcome, Publication } from './publish.ts';
import { ServiceError } from './service-error.ts';

export type ChangeEffects = Pick<MessageEffects, 'messages' | 'contents' | 'clock'>;

/** The event of a message that changed. */
const eventOf = (
  type: 'message_updated' | 'message_deleted' | 'message_restored',
  message: Message,
  memberIds: readonly number[],
): Publication => ({
  chatId: message.chat_id,
  to: memberIds,
  event: { type, chat_id: message.chat_id, rev: message.rev, message },
});

const findAccess = async (
  actor: Actor,
  id: number,
  { messages }: Pick<ChangeEffects, 'messages'>,
): Promise<MessageAccess> => {
  const access = await messages.find(id, actor.userId);
  if (access === undefined) throw new ServiceError('message_not_found');
  return access;
};

const toView = async (
  metadata: MessageMetadata,
  { contents }: Pick<ChangeEffects, 'contents'>,
): Promise<Message> => {
  const [message] = await withContents([metadata], contents);
  // `withContents` returns one message per input.
  return message as Message;
};

/** One message; a deleted one without its content. @throws ServiceError `message_not_found` */
export const getMessage = async (
  actor: Actor,
  id: number,
  effects: ChangeEffects = liveMessages,
): Promise<Message> => toView((await findAccess(actor, id, effects)).message, effects);

/**
 * Makes a change. Whether the actor may, and whether there is something to change, is asked under the chat's lock.
 *
 * @throws ServiceError `message_not_found`, `not_message_sender` or `restore_window_over`
 */
const apply = async (actor: Actor, id: number, change: MessageChange, { messages }: ChangeEffects) => {
  const result = await messages.change(id, actor.userId, change);
  switch (result.outcome) {
    case 'not_participant':
      throw new ServiceError('message_not_found');
    case 'not_allowed':
      throw new ServiceError('not_message_sender');
    case 'too_late':
      throw new ServiceError('restore_window_over');
    case 'changed':
    case 'unchanged':
    case 'stale':
      return result;
  }
};

/**
 * Changes the content of a message that the actor sent. The new text is staged beside the old one; the transaction
 * that takes the `rev` puts it in force, for every reader in the same moment. That it then takes the old one's place
 * nobody has to wait for.
 *
 * A text that is the content already changes nothing. MySQL does not know texts: the transaction refuses when another
 * edit is in force than the one whose text was compared, and the comparison is made again. Each time somebody else's
 * edit has come through, so this ends.
 *
 * @throws ServiceError `message_not_found`, `not_message_sender` or `message_deleted`
 */
export const editMessage = async (
  actor: Actor,
  id: number,
  content: string,
  effects: ChangeEffects = liveMessages,
): Promise<Outcome<Message>> => {
  let { message } = await findAccess(actor, id, effects);
  if (message.sender_id !== actor.userId) throw new ServiceError('not_message_sender');
  if (message.is_deleted) throw new ServiceError('message_deleted');

  const edit = { edit_id: uuidv7(), content };
  const at = effects.clock();
  const [first] = await Promise.all([toView(message, effects), effects.contents.stageEdit(message, edit)]);
  let current = first;
  while (current.content !== content) {
    const change = { kind: 'edit', editId: edit.edit_id, replaces: message.edit_id, at } as const;
    const result = await apply(actor, id, change, effects);
    if (result.outcome === 'changed') {
      const settle = (): Promise<void> =>
        effects.contents.settleEdit(message, { ...edit, rev: result.message.rev, at });
      const edited = toMessage(result.message, new Map([[message.message_id, content]]));
      return { result: edited, events: [eventOf('message_updated', edited, result.memberIds)], settle };
    }
    if (result.outcome === 'unchanged') {
      await effects.contents.discardEdit(message, edit.edit_id);
      throw new ServiceError('message_deleted');
    }
    message = result.message;
    current = await toView(message, effects);
  }
  await effects.contents.discardEdit(message, edit.edit_id);
  return { result: current, events: [] };
};

/**
 * Deletes a message, for everyone; once more does nothing. Its sender may, and admins of its group.
 *
 * @throws ServiceError `message_not_found` or `not_message_sender`
 */
export const deleteMessage = async (
  actor: Actor,
  id: number,
  effects: ChangeEffects = liveMessages,
): Promise<Outcome<null>> => {
  const change = await apply(actor, id, { kind: 'delete', at: effects.clock() }, effects);
  if (change.outcome !== 'changed') return { result: null, events: [] };
  const deleted = toMessage(change.message, new Map());
  return {
    result: null,
    events: [eventOf('message_deleted', deleted, change.memberIds)],
    // Searches ask MySQL, too: until then the words only make them look at a match in vain.
    settle: () => effects.contents.hide(change.message, deleted.rev),
  };
};

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Puts the words of a deleted message back into the index. Ahead of the restoration: if that fails, a match is looked at
 * in vain, but no visible message is ever without its words.
 */
const putWordsBack = async (
  message: MessageMetadata,
  { contents }: Pick<ChangeEffects, 'contents'>,
): Promise<void> => {
  const content = (await contents.findMany([message])).get(message.message_id);
  if (content !== undefined) await contents.show(message, { content, rev: message.rev });
};

/**
 * Takes back a deletion, by whoever may delete the message; of a message that is not deleted, nothing.
 *
 * @throws ServiceError `message_not_found`, `not_message_sender` or `restore_window_over`
 */
export const restoreMessage = async (
  actor: Actor,
  id: number,
  effects: ChangeEffects = liveMessages,
): Promise<Outcome<Message>> => {
  const { message, isAdmin } = await findAccess(actor, id, effects);
  const deletedSince = new Date(effects.clock().getTime() - limits.restore_days * DAY_MS);
  // Whether they may is asked again under the lock.
  const mayRestore = message.sender_id === actor.userId || isAdmin;
  if (message.is_deleted && mayRestore) await putWordsBack(message, effects);
  const change = await apply(actor, id, { kind: 'restore', deletedSince }, effects);
  const restored = await toView(change.message, effects);
  return {
    result: restored,
    events: change.outcome === 'changed' ? [eventOf('message_restored', restored, change.memberIds)] : [],
  };
};
