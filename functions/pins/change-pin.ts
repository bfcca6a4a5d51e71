import type { Message } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import type { Outcome, Publication } from '../events/publish.ts';
import { contentStore, messageStore } from '../messages/live.ts';
import { readConsistently, type ReadConsistentlyEffects } from '../messages/read-consistently.ts';
import type { MessageStore } from '../messages/stores/messages.ts';
import { toEventMessage, toMessage } from '../messages/to-message.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import type { MessageMetadata } from '../platform/mysql/message-rows.ts';
import { messageFiles } from '../files/live.ts';
import { reactionStore } from '../reactions/live.ts';
import type { Actor } from '../sessions/actor.ts';
import { pinStore } from './live.ts';
import type { PinChange, PinResult, PinStore } from './stores/pins.ts';

/** Dependencies of pinning and unpinning. */
export interface ChangePinEffects extends ReadConsistentlyEffects {
  readonly pins: Pick<PinStore, 'change'>;
  readonly messages: Pick<MessageStore, 'find'>;
  readonly clock: Clock;
}

export const liveEffects: ChangePinEffects = {
  pins: pinStore,
  messages: messageStore,
  contents: contentStore,
  reactions: reactionStore,
  files: messageFiles,
  clock: systemClock,
};

/** Errors that end a change. */
const refusals = {
  not_participant: 'message_not_found',
  not_admin: 'not_group_admin',
  deleted: 'message_deleted',
  too_many: 'too_many_pins',
} as const;

/** The message as of its `rev`; or its current state when a concurrent edit has replaced its text. */
const readMessage = (
  { userId }: Actor,
  metadata: MessageMetadata,
  effects: ChangePinEffects,
): Promise<Message> => {
  let isFirst = true;
  return readConsistently(userId, effects, async (readParts) => {
    const later = isFirst ? undefined : await effects.messages.find(metadata.id, userId);
    isFirst = false;
    const current = later?.message ?? metadata;
    return toMessage(current, await readParts([current]));
  });
};

/**
 * The event of a change. It goes without the content when the message was read with a later `rev` than the change's.
 */
const pinEvent = (
  kind: PinChange['kind'],
  { message, memberIds }: Extract<PinResult, { readonly outcome: 'changed' }>,
  read: Message,
): Publication => ({
  chatId: message.chat_id,
  to: memberIds,
  event: {
    type: kind === 'pin' ? 'message_pinned' : 'message_unpinned',
    chat_id: message.chat_id,
    rev: message.rev,
    message:
      read.rev === message.rev
        ? toEventMessage(read)
        : { ...toEventMessage(toMessage(message, { texts: new Map() })), truncated: true },
  },
});

/**
 * Pins or unpins a message. When the message is in that state already, nothing changes: no `rev`, no event.
 *
 * @throws ServiceError `message_not_found`, `not_group_admin`, `message_deleted` or `too_many_pins`
 */
export const changePin = async (
  actor: Actor,
  id: number,
  kind: PinChange['kind'],
  effects: ChangePinEffects,
): Promise<Outcome<Message>> => {
  const changed = await effects.pins.change(id, actor.userId, { kind, at: effects.clock() });
  switch (changed.outcome) {
    case 'not_participant':
    case 'not_admin':
    case 'deleted':
    case 'too_many':
      throw new ServiceError(refusals[changed.outcome]);
    case 'unchanged':
      return { result: await readMessage(actor, changed.message, effects), events: [] };
    case 'changed': {
      const message = await readMessage(actor, changed.message, effects);
      return { result: message, events: [pinEvent(kind, changed, message)] };
    }
  }
};
