import { v7 as uuidv7 } from 'uuid';
import { systemClock, type Clock } from '../platform/clock.ts';
import { loggedError, logger } from '../platform/logger.ts';
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

const liveEffects: MessageEffects = {
  chats: createChatRepository(mysql),
  messages: createMessageRepository(mysql),
  contents: createContentRepository(mongodb),
  clock: systemClock,
};

/** A message as clients see it; a deleted one has no content. */
export const toMessage = (metadata: MessageMetadata, contents: ReadonlyMap<string, string>): Message => ({
  ...metadata,
  content: metadata.is_deleted ? null : (contents.get(metadata.message_id) ?? null),
  timestamp: metadata.timestamp.toISOString(),
  edited_at: metadata.edited_at?.toISOString() ?? null,
});

const withContents = async (
  metadata: readonly MessageMetadata[],
  contents: Pick<ContentRepository, 'findMany'>,
): Promise<Message[]> => {
  const found = await contents.findMany(metadata.filter((message) => !message.is_deleted));
  return metadata.map((message) => toMessage(message, found));
};

export interface NewMessageInput {
  readonly chat_id: number;
  readonly content: string;
  readonly client_message_id?: string | null | undefined;
}

/** A message that both stores hold. */
export interface SentMessage {
  readonly message: Message;
  /** It was sent before; everyone has been told. */
  readonly duplicate: boolean;
  /** Everyone in the chat once the message was stored; nobody for a duplicate. */
  readonly memberIds: readonly number[];
}

/**
 * Stores a message: content first, then metadata, so that what MySQL knows has a content, and what MySQL does
 * not know does not exist. Two sequential trips: the content's insert beside the check of membership, then the
 * transaction.
 *
 * @throws ServiceError `chat_not_found`
 * @throws StoreUnavailableError when it is unknown whether the message was stored; sending it again with the
 * same `client_message_id` is safe
 */
export const sendMessage = async (
  actor: Actor,
  input: NewMessageInput,
  { chats, messages, contents, clock }: MessageEffects = liveEffects,
): Promise<SentMessage> => {
  const content = {
    message_id: uuidv7(),
    chat_id: input.chat_id,
    sender_id: actor.userId,
    content: input.content,
    timestamp: clock(),
  };

  /** Only where MySQL has said for certain that it will never know of this content. */
  const discard = async (): Promise<void> => {
    try {
      await contents.remove(content);
    } catch (error) {
      // Invisible; the orphan job removes it.
      logger.warn('A content without metadata was left behind', { error: loggedError(error) });
    }
  };

  const [membership, stored] = await Promise.allSettled([
    chats.isParticipant(input.chat_id, actor.userId),
    contents.insert(content),
  ]);
  if (membership.status === 'rejected') throw membership.reason;
  if (!membership.value) {
    await discard();
    throw new ServiceError('chat_not_found');
  }
  if (stored.status === 'rejected') throw stored.reason;

  const appended = await messages.append({
    message_id: content.message_id,
    chat_id: input.chat_id,
    sender_id: actor.userId,
    client_message_id: input.client_message_id ?? null,
    timestamp: content.timestamp,
  });
  switch (appended.outcome) {
    case 'appended':
      return {
        message: toMessage(appended.message, new Map([[content.message_id, input.content]])),
        duplicate: false,
        memberIds: appended.memberIds,
      };
    case 'duplicate': {
      const [[message]] = await Promise.all([withContents([appended.message], contents), discard()]);
      // One in, one out.
      return { message: message as Message, duplicate: true, memberIds: [] };
    }
    case 'not_participant':
      // Removed between the check and the transaction.
      await discard();
      throw new ServiceError('chat_not_found');
  }
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
  { chats, messages, contents }: MessageEffects = liveEffects,
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
