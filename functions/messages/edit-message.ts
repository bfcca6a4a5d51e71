import { v7 as uuidv7 } from 'uuid';
import type { Message } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Outcome } from '../events/publish.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { messageFiles } from '../files/live.ts';
import { reactionStore } from '../reactions/live.ts';
import type { Actor } from '../sessions/actor.ts';
import { assertMayChange, changeMessage, messageEvent } from './change-message.ts';
import { findAccess } from './find-access.ts';
import { NOTHING_TO_SEE, type EditMessageBody } from './contract.ts';
import { contentStore, messageStore } from './live.ts';
import {
  findFiles,
  findReactions,
  readConsistently,
  type ReadConsistentlyEffects,
  type ReadParts,
} from './read-consistently.ts';
import type { ContentStore } from './stores/contents.ts';
import type { MessageStore } from './stores/messages.ts';
import { toMessage } from './to-message.ts';

export interface EditMessageEffects extends ReadConsistentlyEffects {
  readonly messages: Pick<MessageStore, 'find' | 'change'>;
  readonly contents: Pick<ContentStore, 'findMany' | 'stageEdit' | 'discardEdit' | 'settleEdit'>;
  readonly clock: Clock;
}

const liveEffects: EditMessageEffects = {
  messages: messageStore,
  contents: contentStore,
  reactions: reactionStore,
  files: messageFiles,
  clock: systemClock,
};

/**
 * Changes the content of a message that the actor sent. The new text is staged in MongoDB beside the old one; the
 * transaction that takes the `rev` puts it in force, for every reader at the same moment. Afterwards the staged text
 * replaces the old one in MongoDB. The response does not wait for that; when it fails, `settleEdits` catches up.
 *
 * A text that equals the current content needs no staged text to come into force: such an edit may change the
 * mentions, or nothing. MySQL does not know the texts: the transaction refuses the edit as stale when another edit is
 * in force than the one whose text was compared, and the texts are compared again. Each further round means that a
 * concurrent edit has succeeded, so the loop terminates.
 *
 * @throws ServiceError `message_not_found`, `not_message_sender` or `message_deleted`
 */
export const editMessage = async (
  actor: Actor,
  id: number,
  { content, mentions: ids, mention_all: all }: EditMessageBody,
  effects: EditMessageEffects = liveEffects,
): Promise<Outcome<Message>> => {
  const { messages, contents, clock } = effects;
  const edit = { edit_id: uuidv7(), content };
  const at = clock();
  let stage: Promise<void> | undefined;

  const changeOf = (replaces: string | null, editId: string | null) =>
    ({ kind: 'edit', editId, replaces, mentions: { ids, all }, at }) as const;

  const readCurrent = async (readParts: ReadParts) => {
    const access = await findAccess(actor, id, messages);
    const { message } = access;
    const isDeleted = assertMayChange(access, actor, changeOf(message.edit_id, edit.edit_id)) === 'unchanged';
    // Once the text is staged, the transaction refuses the edit instead, and the staged text is discarded.
    if (isDeleted && stage === undefined) throw new ServiceError('message_deleted');
    if (content === '' && !message.has_attachments) {
      throw new ServiceError('validation_failed', { issues: [{ path: 'content', message: NOTHING_TO_SEE }] });
    }
    stage ??= contents.stageEdit(message, edit);
    const [parts] = await Promise.all([readParts([message]), stage]);
    return { access, parts, current: toMessage(message, parts) };
  };

  for (;;) {
    const { access, parts, current } = await readConsistently(actor.userId, effects, readCurrent);
    const { message } = access;
    const isText = current.content !== content;
    const change = changeOf(message.edit_id, isText ? edit.edit_id : null);
    const isSame = assertMayChange(access, actor, change) === 'same';
    const result = isSame ? { outcome: 'same' as const } : await changeMessage(actor, id, change, effects);
    if (result.outcome === 'changed') {
      const edited = toMessage(result.message, {
        texts: new Map([...parts.texts, [message.message_id, content]]),
        // Read after the edit: reactions that were read before it may lack one that was added in between.
        reactions: await findReactions([result.message], actor.userId, effects),
        attachments: await findFiles([result.message], effects),
      });
      return {
        result: edited,
        events: [messageEvent('message_updated', edited, result.memberIds)],
        afterCommit: () =>
          isText
            ? contents.settleEdit(message, { ...edit, rev: edited.rev, at })
            : contents.discardEdit(message, edit.edit_id, { content, rev: edited.rev }),
      };
    }
    if (result.outcome === 'stale') continue;
    if (result.outcome === 'same') {
      await contents.discardEdit(message, edit.edit_id, { content, rev: message.rev });
      return { result: current, events: [] };
    }
    await contents.discardEdit(message, edit.edit_id);
    throw new ServiceError('message_deleted');
  }
};
