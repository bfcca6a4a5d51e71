import { v7 as uuidv7 } from 'uuid';
import { loggedError, logger } from '../platform/logger.ts';
import type { MessageAccess, MessageChange, MessageMetadata } from '../repositories/mysql/messages.ts';
import { limits } from '../routes/limits.ts';
import type { Message } from '../routes/schemas.ts';
import type { Actor } from './actor.ts';
import { liveMessages, toMessage, withContents, type MessageEffects } from './messages.ts';
import { ServiceError } from './service-error.ts';

export type ChangeEffects = Pick<MessageEffects, 'messages' | 'contents' | 'clock'>;

/** A message after a change, and who is to be told; nobody when nothing changed. */
export interface ChangedMessage {
  readonly message: Message;
  readonly memberIds: readonly number[];
}

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
  // One in, one out.
  return message as Message;
};

/** One message; a deleted one without its content. @throws ServiceError `message_not_found` */
export const getMessage = async (
  actor: Actor,
  id: number,
  effects: ChangeEffects = liveMessages,
): Promise<Message> => toView((await findAccess(actor, id, effects)).message, effects);

/** Makes a change and says whether there was something to change. @throws ServiceError `message_not_found` */
const apply = async (actor: Actor, id: number, change: MessageChange, { messages }: ChangeEffects) => {
  const result = await messages.change(id, actor.userId, change);
  // Removed between the look and the change.
  if (result.outcome === 'not_participant') throw new ServiceError('message_not_found');
  return result;
};

/** A message after a change that searches are still to be told of. */
export interface SettledMessage extends ChangedMessage {
  /** Puts the change where searches look. To be called once; never throws. */
  readonly settle: () => Promise<void>;
}

/**
 * Changes the content of a message that the actor sent. The new text is staged beside the old one; the transaction
 * that takes the `rev` puts it in force, for every reader in the same moment. That it then takes the old one's place
 * nobody has to wait for.
 *
 * @throws ServiceError `message_not_found`, `not_message_sender` or `message_deleted`
 */
export const editMessage = async (
  actor: Actor,
  id: number,
  content: string,
  effects: ChangeEffects = liveMessages,
): Promise<SettledMessage> => {
  const { message } = await findAccess(actor, id, effects);
  if (message.sender_id !== actor.userId) throw new ServiceError('not_message_sender');
  if (message.is_deleted) throw new ServiceError('message_deleted');

  const edit = { edit_id: uuidv7(), content };
  const at = effects.clock();
  await effects.contents.stageEdit(message, edit);
  const result = await apply(actor, id, { kind: 'edit', editId: edit.edit_id, at }, effects);
  if (result.outcome === 'unchanged') {
    await effects.contents.discardEdit(message, edit.edit_id);
    throw new ServiceError('message_deleted');
  }
  const settle = async (): Promise<void> => {
    try {
      await effects.contents.settleEdit(message, { ...edit, rev: result.message.rev, at });
    } catch (error) {
      // Readers find the staged text; only the search does not see it until the next edit.
      logger.warn('An edit was not settled', { message_id: message.message_id, error: loggedError(error) });
    }
  };
  const text = new Map([[message.message_id, content]]);
  return { message: toMessage(result.message, text), memberIds: result.memberIds, settle };
};

/** Who may delete a message, and take that back: its sender, and admins of its group. */
const assertMayDelete = (actor: Actor, { message, isAdmin }: MessageAccess): void => {
  if (message.sender_id !== actor.userId && !isAdmin) throw new ServiceError('not_message_sender');
};

/** Deletes a message, for everyone; once more does nothing. @throws ServiceError `message_not_found` or `not_message_sender` */
export const deleteMessage = async (
  actor: Actor,
  id: number,
  effects: ChangeEffects = liveMessages,
): Promise<SettledMessage> => {
  assertMayDelete(actor, await findAccess(actor, id, effects));
  const result = await apply(actor, id, { kind: 'delete', at: effects.clock() }, effects);
  const settle = async (): Promise<void> => {
    try {
      await effects.contents.hide(result.message, result.message.rev);
    } catch (error) {
      // Searches ask MySQL, too: the words only make them look at a match in vain.
      logger.warn('Words of a deleted message stay in the index', {
        message_id: result.message.message_id,
        error: loggedError(error),
      });
    }
  };
  return {
    message: await toView(result.message, effects),
    memberIds: result.outcome === 'changed' ? result.memberIds : [],
    settle,
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
 * Takes back a deletion; of a message that is not deleted, nothing.
 *
 * @throws ServiceError `message_not_found`, `not_message_sender` or `restore_window_over`
 */
export const restoreMessage = async (
  actor: Actor,
  id: number,
  effects: ChangeEffects = liveMessages,
): Promise<ChangedMessage> => {
  const access = await findAccess(actor, id, effects);
  assertMayDelete(actor, access);
  const age = effects.clock().getTime() - (access.deletedAt?.getTime() ?? Infinity);
  if (access.deletedAt !== null && age > limits.restore_days * DAY_MS) {
    throw new ServiceError('restore_window_over');
  }
  if (access.message.is_deleted) await putWordsBack(access.message, effects);
  const result = await apply(actor, id, { kind: 'restore' }, effects);
  return {
    message: await toView(result.message, effects),
    memberIds: result.outcome === 'changed' ? result.memberIds : [],
  };
};
