import { systemClock, type Clock } from '../platform/clock.ts';
import { mongodb } from '../platform/mongodb.ts';
import { mysql } from '../platform/mysql.ts';
import { createContentRepository, type ContentRepository } from '../repositories/mongodb/contents.ts';
import { createChatRepository, type ChatRepository } from '../repositories/mysql/chats.ts';
import {
  createMessageRepository,
  type MessageMetadata,
  type MessageRepository,
} from '../repositories/mysql/messages.ts';
import type { HistoryQuery, Message, MessageCursorPage, Page } from '../routes/schemas.ts';
import type { Actor } from './actor.ts';
import { toPage } from './pages.ts';
import { ServiceError } from './service-error.ts';

export interface MessageEffects {
  readonly chats: Pick<ChatRepository, 'isParticipant'>;
  readonly messages: MessageRepository;
  readonly contents: ContentRepository;
  readonly clock: Clock;
}

/** The stores of this stage. */
export const liveMessages: MessageEffects = {
  chats: createChatRepository(mysql),
  messages: createMessageRepository(mysql),
  contents: createContentRepository(mongodb),
  clock: systemClock,
};

/** A message as clients see it; a deleted one has no content. */
export const toMessage = (metadata: MessageMetadata, contents: ReadonlyMap<string, string>): Message => ({
  id: metadata.id,
  message_id: metadata.message_id,
  chat_id: metadata.chat_id,
  seq: metadata.seq,
  rev: metadata.rev,
  sender_id: metadata.sender_id,
  sender_username: metadata.sender_username,
  content: metadata.is_deleted ? null : (contents.get(metadata.message_id) ?? null),
  message_type: metadata.message_type,
  timestamp: metadata.timestamp.toISOString(),
  edited_at: metadata.edited_at?.toISOString() ?? null,
  is_edited: metadata.is_edited,
  is_deleted: metadata.is_deleted,
  client_message_id: metadata.client_message_id,
});

/** Messages with their contents, in one request. */
export const withContents = async (
  metadata: readonly MessageMetadata[],
  contents: Pick<ContentRepository, 'findMany'>,
): Promise<Message[]> => {
  const found = await contents.findMany(metadata.filter((message) => !message.is_deleted));
  return metadata.map((message) => toMessage(message, found));
};

/**
 * The history of a chat without deleted messages: by page, newest first; or by cursor, whose cost does not grow
 * with depth.
 *
 * @throws ServiceError `chat_not_found`
 */
export const listMessages = async (
  actor: Actor,
  chatId: number,
  query: HistoryQuery,
  { chats, messages, contents }: MessageEffects = liveMessages,
): Promise<Page<Message> | MessageCursorPage> => {
  const { limit, before_seq: before, after_seq: after } = query;
  if (before === undefined && after === undefined) {
    const page = query.page ?? 1;
    const [total, metadata] = await Promise.all([
      messages.count(chatId, actor.userId),
      messages.listPage(chatId, { limit, offset: (page - 1) * limit }),
    ]);
    if (total === undefined) throw new ServiceError('chat_not_found');
    return toPage(await withContents(metadata, contents), total, { page, limit });
  }

  const cursor = before === undefined ? { after: after ?? 0 } : { before };
  const [isParticipant, found] = await Promise.all([
    chats.isParticipant(chatId, actor.userId),
    // One more than asked for tells whether there are more.
    messages.listBySeq(chatId, cursor, limit + 1),
  ]);
  if (!isParticipant) throw new ServiceError('chat_not_found');
  const items = await withContents(found.slice(0, limit), contents);
  const hasMore = found.length > limit;
  const next = hasMore ? (items.at(-1)?.seq ?? null) : null;
  return {
    items,
    limit,
    has_more: hasMore,
    ...('before' in cursor ? { next_before_seq: next } : { next_after_seq: next }),
  };
};
