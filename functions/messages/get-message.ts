import type { Message } from '../contract/schemas.ts';
import { messageFiles } from '../files/live.ts';
import { reactionStore } from '../reactions/live.ts';
import type { Actor } from '../sessions/actor.ts';
import { findAccess } from './find-access.ts';
import { contentStore, messageStore } from './live.ts';
import { readConsistently, type ReadConsistentlyEffects } from './read-consistently.ts';
import type { MessageStore } from './stores/messages.ts';
import { toMessage } from './to-message.ts';

export interface GetMessageEffects extends ReadConsistentlyEffects {
  readonly messages: Pick<MessageStore, 'find'>;
}

const liveEffects: GetMessageEffects = {
  messages: messageStore,
  contents: contentStore,
  reactions: reactionStore,
  files: messageFiles,
};

/** One message; a deleted one has no content, no reactions and no pin. @throws ServiceError `message_not_found` */
export const getMessage = (
  actor: Pick<Actor, 'userId'>,
  id: number,
  effects: GetMessageEffects = liveEffects,
): Promise<Message> =>
  readConsistently(actor.userId, effects, async (readParts) => {
    const { message } = await findAccess(actor, id, effects.messages);
    return toMessage(message, await readParts([message]));
  });
