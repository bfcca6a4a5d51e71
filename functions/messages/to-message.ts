import type { Message, Quote } from '../contract/schemas.ts';
import type { MessageMetadata, ReplyTarget } from '../platform/mysql/message-rows.ts';
import { excerptOf } from '../text/excerpt.ts';
import type { EventMessage } from './events.ts';
import type { MessageParts, ReadParts } from './read-consistently.ts';

const toQuote = (target: ReplyTarget, texts: MessageParts['texts']): Quote => {
  const text = target.is_deleted ? undefined : texts.get(target.message_id);
  return {
    id: target.id,
    seq: target.seq,
    sender_id: target.sender_id,
    sender_username: target.sender_username,
    excerpt: text === undefined ? null : excerptOf(text),
  };
};

/**
 * Renders a message for clients; a deleted one has no content and nothing that users added to it.
 *
 * @param metadata the message's row in MySQL
 * @param parts its text and that of the message it replies to; reactions and files default to none, as for a new
 *   message
 */
export const toMessage = (
  metadata: MessageMetadata,
  { texts, reactions, attachments }: Pick<MessageParts, 'texts'> & Partial<MessageParts>,
): Message => ({
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
  ...(metadata.is_deleted
    ? {
        reply_to: null,
        mentions: [],
        mention_all: false,
        pinned_at: null,
        pinned_by: null,
        attachments: [],
      }
    : {
        reply_to: metadata.reply_target && toQuote(metadata.reply_target, texts),
        mentions: [...metadata.mentions],
        mention_all: metadata.mention_all,
        pinned_at: metadata.pinned_at?.toISOString() ?? null,
        pinned_by: metadata.pinned_by,
        attachments: [...(attachments?.get(metadata.id) ?? [])],
      }),
  reactions: metadata.is_deleted ? [] : [...(reactions?.get(metadata.id) ?? [])],
});

/** Renders messages with their parts, which take one round trip. */
export const toMessages = async (
  metadata: readonly MessageMetadata[],
  readParts: ReadParts,
): Promise<Message[]> => {
  const parts = await readParts(metadata);
  return metadata.map((message) => toMessage(message, parts));
};

/** A message in an event, the same for all receivers. */
export const toEventMessage = ({ reactions, ...message }: Message): EventMessage => ({
  ...message,
  reactions: reactions.map(({ emoji, count }) => ({ emoji, count })),
});
