import type { Message } from '../contract/schemas.ts';
import type { Actor } from '../sessions/actor.ts';
import { findAccess } from './find-access.ts';
import { contentStore, messageStore } from './live.ts';
import { readBoth } from './read-both.ts';
import type { ContentStore } from './stores/contents.ts';
import type { MessageStore } from './stores/messages.ts';
import { toMessage } from './to-message.ts';

export interface GetMessageEffects {
  readonly messages: Pick<MessageStore, 'find'>;
  readonly contents: Pick<ContentStore, 'findMany'>;
}

const liveEffects: GetMessageEffects = { messages: messageStore, contents: contentStore };

/** One message; a deleted one has no content. @throws ServiceError `message_not_found` */
export const getMessage = (
  actor: Actor,
  id: number,
  { messages, contents }: GetMessageEffects = liveEffects,
): Promise<Message> =>
  readBoth(contents, async (readTexts) => {
    const { message } = await findAccess(actor, id, messages);
    return toMessage(message, await readTexts([message]));
  });
