import { chatStore } from '../chats/live.ts';
import { type ChatStore } from '../chats/stores/chats.ts';
import { SEARCH_MATCHES_MAX } from '../contract/limits.ts';
import { toPage } from '../contract/pages.ts';
import type { Message, Page } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { contentStore, messageStore } from '../messages/live.ts';
import { readBoth, withTexts } from '../messages/messages.ts';
import { type ContentStore } from '../messages/stores/contents.ts';
import { type MessageStore } from '../messages/stores/messages.ts';
import type { Actor } from '../sessions/actor.ts';
import { askedWords } from '../text/words.ts';
import type { SearchMessagesQuery } from './contract.ts';

export interface SearchEffects {
  readonly chats: Pick<ChatStore, 'listMemberships'>;
  readonly messages: Pick<MessageStore, 'listVisibleIds' | 'findVisible'>;
  readonly contents: Pick<ContentStore, 'search' | 'findMany'>;
}

const liveEffects: SearchEffects = {
  chats: chatStore,
  messages: messageStore,
  contents: contentStore,
};

/**
 * The messages of the caller's chats that have all the words, newest first. MongoDB's index finds which they are; MySQL,
 * which knows what is deleted and which edit is in force, says which of them are visible, so that `total` and the pages
 * count these alone. Five trips to the stores, however many messages match.
 *
 * @throws ServiceError `chat_not_found` for a chat that the caller is not in
 */
export const searchMessages = async (
  actor: Actor,
  query: SearchMessagesQuery,
  { chats, messages, contents }: SearchEffects = liveEffects,
): Promise<Page<Message>> => {
  const memberships = await chats.listMemberships(actor.userId);
  const chatIds = memberships
    .map(({ chatId }) => chatId)
    .filter((id) => query.chat_id === undefined || id === query.chat_id);
  if (query.chat_id !== undefined && chatIds.length === 0) throw new ServiceError('chat_not_found');

  const words = askedWords(query.q);
  const found = await contents.search({ chatIds, words, limit: SEARCH_MATCHES_MAX });
  const visible = await messages.listVisibleIds(found.map(({ message_id: id }) => id));
  const from = (query.page - 1) * query.limit;
  const page = visible.slice(from, from + query.limit);
  const items = await readBoth(contents, async (readTexts) =>
    withTexts(await messages.findVisible(page), readTexts),
  );
  return toPage(items, visible.length, query);
};
