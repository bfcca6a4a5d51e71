import type { Message } from '../contract/schemas.ts';
import type { Outcome } from '../events/publish.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import type { MessageMetadata } from '../platform/mysql/message-rows.ts';
import { messageFiles } from '../files/live.ts';
import { reactionStore } from '../reactions/live.ts';
import type { Actor } from '../sessions/actor.ts';
import { assertMayChange, changeMessage, messageEvent } from './change-message.ts';
import { findAccess } from './find-access.ts';
import { getMessage } from './get-message.ts';
import { contentStore, messageStore } from './live.ts';
import { findFiles, findReactions, textsOf, type ReadConsistentlyEffects } from './read-consistently.ts';
import { restorableSince } from './rules.ts';
import type { ContentStore } from './stores/contents.ts';
import type { MessageStore } from './stores/messages.ts';
import { toMessage } from './to-message.ts';

export interface RestoreMessageEffects extends ReadConsistentlyEffects {
  readonly messages: Pick<MessageStore, 'find' | 'change'>;
  readonly contents: Pick<ContentStore, 'findMany' | 'show'>;
  readonly clock: Clock;
}

const liveEffects: RestoreMessageEffects = {
  messages: messageStore,
  contents: contentStore,
  reactions: reactionStore,
  files: messageFiles,
  clock: systemClock,
};

/**
 * Puts the words of a deleted message back into the search index. @returns the texts that it shows, by `message_id`,
 * as far as they still exist
 */
const putWordsBack = async (
  message: MessageMetadata,
  { contents }: Pick<RestoreMessageEffects, 'contents'>,
): Promise<ReadonlyMap<string, string>> => {
  const texts = await contents.findMany(textsOf(message));
  const own = texts.get(message.message_id);
  if (own !== undefined) await contents.show(message, { content: own.content, rev: message.rev });
  return new Map([...texts].map(([id, { content }]) => [id, content]));
};

/**
 * Restores a deleted message. Users who may delete the message may restore it; a message that is not deleted stays as
 * it is. The words go into the search index before the transaction: when the transaction fails, a search looks at one
 * invisible message in vain, but no visible message is ever without its words.
 *
 * @throws ServiceError `message_not_found`, `not_message_sender`, `message_removed` or `restore_window_over`
 */
export const restoreMessage = async (
  actor: Actor,
  id: number,
  effects: RestoreMessageEffects = liveEffects,
): Promise<Outcome<Message>> => {
  const change = { kind: 'restore', deletedSince: restorableSince(effects.clock()) } as const;
  const access = await findAccess(actor, id, effects.messages);
  const { message } = access;
  if (assertMayChange(access, actor, change) === 'unchanged') {
    return { result: await getMessage(actor, id, effects), events: [] };
  }

  const texts = await putWordsBack(message, effects);
  const result = await changeMessage(actor, id, change, effects);
  if (result.outcome !== 'changed') return { result: await getMessage(actor, id, effects), events: [] };
  // A deleted message cannot be edited. A different `edit_id` means that the message was restored, edited and deleted
  // again in between, and that the later deletion removed the words of the newer text from the index.
  const isSame = result.message.edit_id === message.edit_id;
  const restored = toMessage(result.message, {
    texts: isSame ? texts : await putWordsBack(result.message, effects),
    reactions: await findReactions([result.message], actor.userId, effects),
    attachments: await findFiles([result.message], effects),
  });
  return { result: restored, events: [messageEvent('message_restored', restored, result.memberIds)] };
};
