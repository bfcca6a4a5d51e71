import { partOf, toPage } from '../contract/pages.ts';
import type { Message, Page } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { messageFiles } from '../files/live.ts';
import { reactionStore } from '../reactions/live.ts';
import type { Actor } from '../sessions/actor.ts';
import type { HistoryQuery, MessageCursorPage } from './contract.ts';
import { contentStore, messageStore } from './live.ts';
import { readConsistently, type ReadConsistentlyEffects, type ReadParts } from './read-consistently.ts';
import type { MessageStore, SeqCursor } from './stores/messages.ts';
import { toMessages } from './to-message.ts';

export interface ListMessagesEffects extends ReadConsistentlyEffects {
  readonly messages: Pick<MessageStore, 'listPage' | 'listOwnBySeq'>;
}

const liveEffects: ListMessagesEffects = {
  messages: messageStore,
  contents: contentStore,
  reactions: reactionStore,
  files: messageFiles,
};

/**
 * The history of a chat without deleted messages: by page, newest first; or by cursor, whose cost does not grow with
 * the depth.
 *
 * @throws ServiceError `chat_not_found`
 */
export const listMessages = (
  actor: Actor,
  chatId: number,
  query: HistoryQuery,
  effects: ListMessagesEffects = liveEffects,
): Promise<Page<Message> | MessageCursorPage> =>
  readConsistently<Page<Message> | MessageCursorPage>(actor.userId, effects, (readParts) => {
    const { limit, before_seq: before, after_seq: after } = query;
    const ask = { userId: actor.userId, chatId, limit };
    if (before !== undefined) return readFrom({ before }, ask, effects, readParts);
    if (after !== undefined) return readFrom({ after }, ask, effects, readParts);
    return readPage(query.page ?? 1, ask, effects, readParts);
  });

interface Ask {
  readonly userId: number;
  readonly chatId: number;
  readonly limit: number;
}

const readPage = async (
  page: number,
  { userId, chatId, limit }: Ask,
  { messages }: Pick<ListMessagesEffects, 'messages'>,
  readParts: ReadParts,
): Promise<Page<Message>> => {
  const found = await messages.listPage(chatId, userId, partOf({ page, limit }));
  if (found === undefined) throw new ServiceError('chat_not_found');
  return toPage(await toMessages(found.messages, readParts), found.total, { page, limit });
};

const readFrom = async (
  cursor: SeqCursor,
  { userId, chatId, limit }: Ask,
  { messages }: Pick<ListMessagesEffects, 'messages'>,
  readParts: ReadParts,
): Promise<MessageCursorPage> => {
  // Fetches one message more than requested, to learn whether there are more.
  const found = await messages.listOwnBySeq(chatId, userId, cursor, limit + 1);
  if (found === undefined) throw new ServiceError('chat_not_found');
  const items = await toMessages(found.slice(0, limit), readParts);
  const hasMore = found.length > limit;
  const next = hasMore ? (items.at(-1)?.seq ?? null) : null;
  return {
    items,
    limit,
    has_more: hasMore,
    ...('before' in cursor ? { next_before_seq: next } : { next_after_seq: next }),
  };
};
