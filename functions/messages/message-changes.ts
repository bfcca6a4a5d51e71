import { v7 as uuidv7 } from 'uuid';
import { limits } from '../contract/limits.ts';
import type { Message } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Outcome, Publication } from '../events/publish.ts';
import type { MessageMetadata } from '../platform/mysql/message-rows.ts';
import type { Actor } from '../sessions/actor.ts';
import {
  findAccess,
  getMessage,
  liveMessages,
  readBoth,
  toMessage,
  type MessageEffects,
  type ReadTexts,
} from './messages.ts';
import type { MessageChange } from './stores/messages.ts';

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
  const { messages, contents, clock } = effects;
  const edit = { edit_id: uuidv7(), content };
  const at = clock();
  let stage: Promise<void> | undefined;

  const readCurrent = async (readTexts: ReadTexts) => {
    const { message } = await findAccess(actor, id, messages);
    if (message.sender_id !== actor.userId) throw new ServiceError('not_message_sender');
    if (message.is_deleted) throw new ServiceError('message_deleted');
    stage ??= contents.stageEdit(message, edit);
    const [texts] = await Promise.all([readTexts([message]), stage]);
    return { message, current: toMessage(message, texts) };
  };

  for (;;) {
    const { message, current } = await readBoth(contents, readCurrent);
    const change = { kind: 'edit', editId: edit.edit_id, replaces: message.edit_id, at } as const;
    const result = current.content === content ? undefined : await apply(actor, id, change, effects);
    if (result?.outcome === 'changed') {
      const edited = toMessage(result.message, new Map([[message.message_id, content]]));
      return {
        result: edited,
        events: [eventOf('message_updated', edited, result.memberIds)],
        settle: () => contents.settleEdit(message, { ...edit, rev: edited.rev, at }),
      };
    }
    if (result?.outcome === 'stale') continue;
    await contents.discardEdit(message, edit.edit_id);
    if (result === undefined) return { result: current, events: [] };
    throw new ServiceError('message_deleted');
  }
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

/** Puts the words of a deleted message back into the index. @returns its text */
const putWordsBack = async (
  message: MessageMetadata,
  { contents }: Pick<ChangeEffects, 'contents'>,
): Promise<ReadonlyMap<string, string>> => {
  const text = (await contents.findMany([message])).get(message.message_id);
  if (text === undefined) return new Map();
  await contents.show(message, { content: text.content, rev: message.rev });
  return new Map([[message.message_id, text.content]]);
};

/**
 * Takes back a deletion, by whoever may delete the message; of a message that is not deleted, nothing. The words go into
 * the index ahead of it: if it fails, a match is looked at in vain, but no visible message is ever without its words.
 *
 * @throws ServiceError `message_not_found`, `not_message_sender` or `restore_window_over`
 */
export const restoreMessage = async (
  actor: Actor,
  id: number,
  effects: ChangeEffects = liveMessages,
): Promise<Outcome<Message>> => {
  const { message, isAdmin } = await findAccess(actor, id, effects.messages);
  if (message.sender_id !== actor.userId && !isAdmin) throw new ServiceError('not_message_sender');
  if (!message.is_deleted) return { result: await getMessage(actor, id, effects), events: [] };

  const deletedSince = new Date(effects.clock().getTime() - limits.restore_days * DAY_MS);
  const text = await putWordsBack(message, effects);
  const change = await apply(actor, id, { kind: 'restore', deletedSince }, effects);
  if (change.outcome !== 'changed') return { result: await getMessage(actor, id, effects), events: [] };
  // Nobody edits a deleted message. Another edit is from between two deletions, the latter of which took its words out.
  const isSame = change.message.edit_id === message.edit_id;
  const restored = toMessage(change.message, isSame ? text : await putWordsBack(change.message, effects));
  return { result: restored, events: [eventOf('message_restored', restored, change.memberIds)] };
};
