import { partOf, toPage } from '../contract/pages.ts';
import type { Message, Page, PageQuery } from '../contract/schemas.ts';
import { contentStore, messageStore } from '../messages/live.ts';
import { readConsistently, type ReadConsistentlyEffects } from '../messages/read-consistently.ts';
import type { MessageStore } from '../messages/stores/messages.ts';
import { toMessages } from '../messages/to-message.ts';
import { messageFiles } from '../files/live.ts';
import { reactionStore } from '../reactions/live.ts';
import type { Actor } from '../sessions/actor.ts';
import { mentionStore } from './live.ts';
import type { MentionStore } from './store.ts';

export interface ListMentionsEffects extends ReadConsistentlyEffects {
  readonly mentions: MentionStore;
  readonly messages: Pick<MessageStore, 'findVisible'>;
}

const liveEffects: ListMentionsEffects = {
  mentions: mentionStore,
  messages: messageStore,
  contents: contentStore,
  reactions: reactionStore,
  files: messageFiles,
};

/**
 * The messages that mention the actor, or everybody in one of the actor's chats, newest first. Takes three round
 * trips to the stores.
 */
export const listMentions = async (
  actor: Actor,
  { page, limit }: PageQuery,
  effects: ListMentionsEffects = liveEffects,
): Promise<Page<Message>> => {
  const { mentions, messages } = effects;
  const [total, ids] = await Promise.all([
    mentions.count(actor.userId),
    mentions.listPage(actor.userId, partOf({ page, limit })),
  ]);
  const items = await readConsistently(actor.userId, effects, async (readParts) =>
    toMessages(await messages.findVisible(ids), readParts),
  );
  return toPage(items, total, { page, limit });
};
