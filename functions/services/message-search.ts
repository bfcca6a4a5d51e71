import { mongodb } from '../platform/mongodb.ts';
import { mysql } from '../platform/mysql.ts';
import { createContentRepository, type ContentRepository } from '../repositories/mongodb/contents.ts';
import { createChatRepository, type ChatRepository } from '../repositories/mysql/chats.ts';
import { createMessageRepository, type MessageRepository } from '../repositories/mysql/messages.ts';
import { SEARCH_MATCHES_MAX } from '../routes/limits.ts';
import type { SearchMessagesQuery } from '../routes/messages.ts';
import type { Message, Page } from '../routes/schemas.ts';
import { askedWords } from '../text/words.ts';
import type { Actor } from './actor.ts';
import { readBoth, withTexts } from './messages.ts';
import { toPage } from './pages.ts';
import { ServiceError } from './service-error.ts';

export interface SearchEffects {
  readonly chats: Pick<ChatRepository, 'listMemberships'>;
  readonly messages: Pick<MessageRepository, 'listVisibleIds' | 'findVisible'>;
  readonly contents: Pick<ContentRepository, 'search' | 'findMany'>;
}

const liveEffects: SearchEffects = {
  chats: createChatRepository(mysql),
  messages: createMessageRepository(mysql),
  contents: createContentRepository(mongodb),
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
