import type { Message } from '../contract/schemas.ts';
import type { MessageMetadata } from '../platform/mysql/message-rows.ts';
import type { ReadTexts } from './read-both.ts';

/**
 * A message as clients see it; a deleted one has no content.
 *
 * @param texts by `message_id`
 */
export const toMessage = (metadata: MessageMetadata, texts: ReadonlyMap<string, string>): Message => ({
  id: metadata.id,
  message_id: metadata.message_id,
  chat_id: metadata.chat_id,
  seq: metadata.seq,
  rev: metadata.rev,
  sender_id: metadata.sender_id,
  sender_username: metadata.sender_username,
  content: metadata.is_deleted ? null : (texts.get(metadata.message_id) ?? null),
  message_type: metadata.message_type,
  timestamp: metadata.timestamp.toISOString(),
  edited_at: metadata.edited_at?.toISOString() ?? null,
  is_edited: metadata.is_edited,
  is_deleted: metadata.is_deleted,
  client_message_id: metadata.client_message_id,
});

/** Messages with their texts, which take one request to MongoDB. */
export const withTexts = async (
  metadata: readonly MessageMetadata[],
  readTexts: ReadTexts,
): Promise<Message[]> => {
  const texts = await readTexts(metadata);
  return metadata.map((message) => toMessage(message, texts));
};
