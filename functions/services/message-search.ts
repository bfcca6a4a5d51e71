import { mongodb } from '../platform/mongodb.ts';
import { mysql } from '../platform/mysql.ts';
import { createContentRepository, type ContentRepository } from '../repositories/mongodb/contents.ts';
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
  readonly contents: Pick<ContentRepository, 'search'>;
}

const liveEffects: SearchEffects = {
  chats: createChatRepository(mysql),
  messages: createMessageRepository(mysql),
  contents: createContentRepository(mongodb),
};

/** A search looks at this many of the latest matches: beyond, a more exact question helps more than a page. */
const MATCHES_MAX = 500;

/** The words of a text, without regard to case and accents. */
export const wordsOf = (text: string): string[] =>
  text
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');

/**
 * The messages of the caller's chats that have all the words, newest first: three trips, one of them to MongoDB's
 * index. What that finds is held against the words once more, so that every store's idea of a word comes to the
 * same; and against MySQL, which knows what is deleted.
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
  const found = await contents.search(chatIds, words, MATCHES_MAX);
  const matching = found.filter(({ content }) => {
    const own = new Set(wordsOf(content));
    return words.every((word) => own.has(word));
  });
  const texts = new Map(matching.map(({ message_id: id, content }) => [id, content]));
  const visible = await messages.findVisible([...texts.keys()]);
  const offset = (query.page - 1) * query.limit;
  const items = visible.slice(offset, offset + query.limit).map((metadata) => toMessage(metadata, texts));
  return toPage(items, visible.length, query);
};
