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
 * Deletes a message for everyone; deleting it again changes nothing. The sender and the group's admins may do this.
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
    // A search also checks visibility in MySQL: words that are still in the index only cost the search one look at an
    // invisible message.
    afterCommit: () => effects.contents.hide(change.message, deleted.rev),
  };
};
