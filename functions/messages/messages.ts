import { chatStore } from '../chats/live.ts';
import { type ChatStore } from '../chats/stores/chats.ts';
import { toPage } from '../contract/pages.ts';
import type { Message, Page } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import type { MessageMetadata } from '../platform/mysql/message-rows.ts';
import type { Actor } from '../sessions/actor.ts';
import type { HistoryQuery, MessageCursorPage } from './contract.ts';
import { contentStore, messageStore } from './live.ts';
import { type ContentStore } from './stores/contents.ts';
import type { MessageAccess, MessageStore } from './stores/messages.ts';

export interface MessageEffects {
  readonly chats: Pick<ChatStore, 'isParticipant'>;
  readonly messages: MessageStore;
  readonly contents: ContentStore;
  readonly clock: Clock;
}

/** The stores of this stage. */
export const liveMessages: MessageEffects = {
  chats: chatStore,
  messages: messageStore,
  contents: contentStore,
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

/** The texts of messages by `message_id`, in one request. */
export type ReadTexts = (messages: readonly MessageMetadata[]) => Promise<ReadonlyMap<string, string>>;

/** In a chat whose edits never pause a text may come with the `rev` before its own; its event is on its way. */
const READINGS_MAX = 5;

/**
 * Reads of both stores: MySQL says which messages, then MongoDB what is in them. An edit may take a text's place in
 * between. Then all is read again, so that what a message says is what it said at its `rev`.
 */
export const readBoth = async <Found>(
  contents: Pick<ContentStore, 'findMany'>,
  read: (readTexts: ReadTexts) => Promise<Found>,
): Promise<Found> => {
  for (let reading = 1; ; reading += 1) {
    let isTorn = false;
    const found = await read(async (messages) => {
      const live = messages.filter((message) => !message.is_deleted);
      const stored = await contents.findMany(live);
      isTorn ||= live.some((message) => (stored.get(message.message_id)?.rev ?? 0) > message.rev);
      return new Map([...stored].map(([id, { content }]) => [id, content]));
    });
    if (!isTorn || reading === READINGS_MAX) return found;
  }
};

/** Messages with their texts, in one request. */
export const withTexts = async (
  metadata: readonly MessageMetadata[],
  readTexts: ReadTexts,
): Promise<Message[]> => {
  const texts = await readTexts(metadata);
  return metadata.map((message) => toMessage(message, texts));
};

/**
 * A message that the user may see, and what decides who may change it.
 *
 * @throws ServiceError `message_not_found`
 */
export const findAccess = async (
  actor: Actor,
  id: number,
  messages: Pick<MessageStore, 'find'>,
): Promise<MessageAccess> => {
  const access = await messages.find(id, actor.userId);
  if (access === undefined) throw new ServiceError('message_not_found');
  return access;
};

/** One message; a deleted one without its content. @throws ServiceError `message_not_found` */
export const getMessage = (
  actor: Actor,
  id: number,
  {
    messages,
    contents,
  }: {
    messages: Pick<MessageStore, 'find'>;
    contents: Pick<ContentStore, 'findMany'>;
  } = liveMessages,
): Promise<Message> =>
  readBoth(contents, async (readTexts) => {
    const { message } = await findAccess(actor, id, messages);
    return toMessage(message, await readTexts([message]));
  });

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
  effects: MessageEffects = liveMessages,
): Promise<Page<Message> | MessageCursorPage> =>
  readBoth(effects.contents, (readTexts) => readHistory(actor, chatId, query, effects, readTexts));

const readHistory = async (
  actor: Actor,
  chatId: number,
  query: HistoryQuery,
  { chats, messages }: Pick<MessageEffects, 'chats' | 'messages'>,
  readTexts: ReadTexts,
): Promise<Page<Message> | MessageCursorPage> => {
  const { limit, before_seq: before, after_seq: after } = query;
  if (before === undefined && after === undefined) {
    const page = query.page ?? 1;
    const [total, metadata] = await Promise.all([
      messages.count(chatId, actor.userId),
      messages.listPage(chatId, { limit, offset: (page - 1) * limit }),
    ]);
    if (total === undefined) throw new ServiceError('chat_not_found');
    return toPage(await withTexts(metadata, readTexts), total, { page, limit });
  }

  const cursor = before === undefined ? { after: after ?? 0 } : { before };
  const [isParticipant, found] = await Promise.all([
    chats.isParticipant(chatId, actor.userId),
    // One more than asked for tells whether there are more.
    messages.listBySeq(chatId, cursor, limit + 1),
  ]);
  if (!isParticipant) throw new ServiceError('chat_not_found');
  const items = await withTexts(found.slice(0, limit), readTexts);
  const hasMore = found.length > limit;
  const next = hasMore ? (items.at(-1)?.seq ?? null) : null;
  return {
    items,
    limit,
    has_more: hasMore,
    ...('before' in cursor ? { next_before_seq: next } : { next_after_seq: next }),
  };
};
