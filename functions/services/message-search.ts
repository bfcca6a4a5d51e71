import { environmentOf } from '../platform/environment.ts';
import { mongodb } from '../platform/mongodb.ts';
import { mysql } from '../platform/mysql.ts';
import { createContentRepository, type ContentRepository } from '../repositories/mongodb/contents.ts';
import { wordsOf } from '../repositories/mongodb/words.ts';
import { createChatRepository, type ChatRepository } from '../repositories/mysql/chats.ts';
import { createMessageRepository, type MessageRepository } from '../repositories/mysql/messages.ts';
import type { SearchMessagesQuery } from '../routes/messages.ts';
import type { Message, Page } from '../routes/schemas.ts';
import type { Actor } from './actor.ts';
import { toMessage } from './messages.ts';
import { toPage } from './pages.ts';
import { ServiceError } from './service-error.ts';

export interface SearchEffects {
  readonly chats: Pick<ChatRepository, 'listMemberships'>;
  readonly messages: Pick<MessageRepository, 'findVisible'>;
  readonly contents: Pick<ContentRepository, 'search' | 'findMany'>;
}

const liveEffects: SearchEffects = {
  chats: createChatRepository(mysql),
  messages: createMessageRepository(mysql),
  contents: createContentRepository(mongodb, () => environmentOf('mongodb').MONGODB_SEARCH),
};

/** A search looks at this many of the latest matches: beyond, a more exact question helps more than a page. */
const MATCHES_MAX = 500;

/** Contents read ahead of a page's end, in the place of matches that turn out to be deleted. */
const SPARE_CONTENTS = 10;

/**
 * The messages of the caller's chats that have all the words, newest first. MongoDB's index finds which they are;
 * MySQL, which knows what is deleted, says which of them are to be seen, while the contents of the page are read. Three
 * trips, and a fourth only where more matches have been deleted than were read in spare.
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

  const words = [...new Set(wordsOf(query.q))];
  const found = await contents.search({ chatIds, words, limit: MATCHES_MAX });
  const from = (query.page - 1) * query.limit;
  const likely = found.slice(from, from + query.limit + SPARE_CONTENTS);
  const [visible, texts] = await Promise.all([
    messages.findVisible(found.map(({ message_id: id }) => id)),
    // What the index found is the content, whatever edit of it is just being made.
    contents.findMany(likely.map((key) => ({ ...key, edit_id: null }))),
  ]);
  const page = visible.slice(from, from + query.limit);
  const missing = page.filter(({ message_id: id }) => !texts.has(id));
  for (const [id, text] of await contents.findMany(missing)) texts.set(id, text);
  return toPage(
    page.map((metadata) => toMessage(metadata, texts)),
    visible.length,
    query,
  );
};
