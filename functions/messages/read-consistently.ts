import type { Attachment, Reaction } from '../contract/schemas.ts';
import type { MessageFiles } from '../files/live.ts';
import { logger } from '../platform/logger.ts';
import type { MessageMetadata, ReplyTarget } from '../platform/mysql/message-rows.ts';
import type { ReactionStore } from '../reactions/stores/reactions.ts';
import type { ContentStore } from './stores/contents.ts';

/** The parts of messages that are not in their metadata rows. */
export interface MessageParts {
  /** Texts by `message_id`: those of the messages, and those of the messages that they reply to. */
  readonly texts: ReadonlyMap<string, string>;
  /** Reactions by row id; messages without reactions are absent. */
  readonly reactions: ReadonlyMap<number, readonly Reaction[]>;
  /** Files by row id; messages without files are absent. */
  readonly attachments: ReadonlyMap<number, readonly Attachment[]>;
}

/** Reads the parts of messages in one round trip: one concurrent request to each store. */
export type ReadParts = (messages: readonly MessageMetadata[]) => Promise<MessageParts>;

/** Dependencies of rendering messages. */
export interface ReadConsistentlyEffects {
  readonly contents: Pick<ContentStore, 'findMany'>;
  readonly reactions: Pick<ReactionStore, 'findMany'>;
  readonly files: Pick<MessageFiles, 'findMany'>;
}

/** The contents that a message shows: its own, and that of the message that it replies to. */
export const textsOf = (message: MessageMetadata): (MessageMetadata | ReplyTarget)[] =>
  message.reply_target === null || message.reply_target.is_deleted
    ? [message]
    : [message, message.reply_target];

/**
 * Maximum number of reads. In a chat with incessant edits, a message may thus carry a newer text than its `rev` says;
 * the event of that edit is on its way.
 */
const READINGS_MAX = 5;

/** The reactions by row id, of those messages that have reactions and are not deleted. */
export const findReactions = (
  messages: readonly MessageMetadata[],
  viewerId: number,
  { reactions }: Pick<ReadConsistentlyEffects, 'reactions'>,
): Promise<Map<number, Reaction[]>> =>
  reactions.findMany(
    messages.filter((message) => message.has_reactions && !message.is_deleted).map(({ id }) => id),
    viewerId,
  );

/** The files by row id, of those messages that have files and are not deleted. */
export const findFiles = (
  messages: readonly MessageMetadata[],
  { files }: Pick<ReadConsistentlyEffects, 'files'>,
): Promise<Map<number, Attachment[]>> =>
  files.findMany(
    messages.filter((message) => message.has_attachments && !message.is_deleted).map(({ id }) => id),
  );

/**
 * Reads from both stores: MySQL returns the metadata, then MongoDB the contents. When an edit replaces a text in
 * between, both are read again, so that each message has the text that belongs to its `rev`. Reactions may be newer
 * than the `rev`: this is harmless, since the following events carry totals rather than increments.
 *
 * @param viewerId the user for whom the messages are rendered: their own reactions have `me`
 * @param read queries MySQL for metadata, and obtains the parts by the function passed to it; may be called several
 *   times
 */
export const readConsistently = async <Found>(
  viewerId: number,
  effects: ReadConsistentlyEffects,
  read: (readParts: ReadParts) => Promise<Found>,
): Promise<Found> => {
  for (let reading = 1; ; reading += 1) {
    let isTorn = false;
    /** Visible messages without a content. A content is stored before its metadata and removed long after a deletion. */
    const bare: (MessageMetadata | ReplyTarget)[] = [];
    const found = await read(async (messages) => {
      const shown = messages.filter((message) => !message.is_deleted).flatMap(textsOf);
      const [stored, reactions, attachments] = await Promise.all([
        effects.contents.findMany(shown),
        findReactions(messages, viewerId, effects),
        findFiles(messages, effects),
      ]);
      isTorn ||= shown.some((message) => (stored.get(message.message_id)?.rev ?? 0) > message.rev);
      bare.push(...shown.filter((message) => !stored.has(message.message_id)));
      return {
        texts: new Map([...stored].map(([id, { content }]) => [id, content])),
        reactions,
        attachments,
      };
    });
    if (isTorn && reading < READINGS_MAX) continue;
    if (bare.length > 0) {
      logger.warn('Messages have no content in MongoDB', {
        chat_ids: [...new Set(bare.map((message) => message.chat_id))],
        message_ids: [...new Set(bare.map((message) => message.message_id))],
      });
    }
    return found;
  }
};
