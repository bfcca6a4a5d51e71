import type { Outcome } from '../events/publish.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import type { Actor } from '../sessions/actor.ts';
import { changeMessage, messageEvent } from './change-message.ts';
import { contentStore, messageStore } from './live.ts';
import type { ContentStore } from './stores/contents.ts';
import type { MessageStore } from './stores/messages.ts';
import { toMessage } from './to-message.ts';

export interface DeleteMessageEffects {
  readonly messages: Pick<MessageStore, 'change'>;
  readonly contents: Pick<ContentStore, 'hide'>;
  readonly clock: Clock;
}

const liveEffects: DeleteMessageEffects = {
  messages: messageStore,
  contents: contentStore,
  clock: systemClock,
};

/**
 * Deletes a message for everyone; deleting it again changes nothing. Its sender may, and admins of its group.
 *
 * @throws ServiceError `message_not_found` or `not_message_sender`
 */
export const deleteMessage = async (
  actor: Actor,
  id: number,
  effects: DeleteMessageEffects = liveEffects,
): Promise<Outcome<null>> => {
  const change = await changeMessage(actor, id, { kind: 'delete', at: effects.clock() }, effects);
  if (change.outcome !== 'changed') return { result: null, events: [] };
  const deleted = toMessage(change.message, { texts: new Map() });
  return {
    result: null,
    events: [messageEvent('message_deleted', deleted, change.memberIds)],
    // A search asks MySQL, too: words that are still in the index cost it one look at a message that is not visible.
    settle: () => effects.contents.hide(change.message, deleted.rev),
  };
};
