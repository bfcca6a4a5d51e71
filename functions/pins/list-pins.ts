import { partOf, toPage } from '../contract/pages.ts';
import type { Message, Page, PageQuery } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { contentStore } from '../messages/live.ts';
import { readConsistently, type ReadConsistentlyEffects } from '../messages/read-consistently.ts';
import { toMessages } from '../messages/to-message.ts';
import { messageFiles } from '../files/live.ts';
import { reactionStore } from '../reactions/live.ts';
import type { Actor } from '../sessions/actor.ts';
import { pinStore } from './live.ts';
import type { PinStore } from './stores/pins.ts';

export interface ListPinsEffects extends ReadConsistentlyEffects {
  readonly pins: Pick<PinStore, 'count' | 'listPage'>;
}

const liveEffects: ListPinsEffects = {
  pins: pinStore,
  contents: contentStore,
  reactions: reactionStore,
  files: messageFiles,
};

/** The pinned messages of a chat, latest pin first. @throws ServiceError `chat_not_found` */
export const listPins = (
  actor: Actor,
  chatId: number,
  { page, limit }: PageQuery,
  effects: ListPinsEffects = liveEffects,
): Promise<Page<Message>> =>
  readConsistently(actor.userId, effects, async (readParts) => {
    const [total, found] = await Promise.all([
      effects.pins.count(chatId, actor.userId),
      effects.pins.listPage(chatId, partOf({ page, limit })),
    ]);
    if (total === undefined) throw new ServiceError('chat_not_found');
    return toPage(await toMessages(found, readParts), total, { page, limit });
  });
