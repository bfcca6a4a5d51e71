import type { Attachment, Reaction } from '../contract/schemas.ts';
import type { MessageFiles } from '../files/live.ts';
import type { MessageMetadata, ReplyTarget } from '../platform/mysql/message-rows.ts';
import type { ReactionStore } from '../reactions/stores/reactions.ts';
import type { ContentStore } from './stores/contents.ts';

/** What there is of messages beside their metadata. */
export interface MessageParts {
  /** By `message_id`: those of the messages, and those of what they reply to. */
  readonly texts: ReadonlyMap<string, string>;
  /** By row id; messages without reactions are left out. */
  readonly reactions: ReadonlyMap<number, readonly Reaction[]>;
  /** By row id; messages without files are left out. */
  readonly attachments: ReadonlyMap<number, readonly Attachment[]>;
}

/** Reads the parts of messages in one trip: one request to each store that holds any. */
export type ReadParts = (messages: readonly MessageMetadata[]) => Promise<MessageParts>;

/** Dependencies of whatever shows messages. */
export interface ReadBothEffects {
  readonly contents: Pick<ContentStore, 'findMany'>;
  readonly reactions: Pick<ReactionStore, 'findMany'>;
  readonly files: Pick<MessageFiles, 'findMany'>;
}

/** The texts that a message shows: its own, and that of what it replies to. */
export const textsOf = (message: MessageMetadata): (MessageMetadata | ReplyTarget)[] =>
  message.reply_target === null || message.reply_target.is_deleted
    ? [message]
    : [message, message.reply_target];

/** In a chat whose edits never pause a text may come with the `rev` before its own; its event is on its way. */
const READINGS_MAX = 5;

/** The reactions to those of the messages that have any and are not deleted, by row id. */
export const findReactions = (
  messages: readonly MessageMetadata[],
  viewerId: number,
  { reactions }: Pick<ReadBothEffects, 'reactions'>,
): Promise<Map<number, Reaction[]>> =>
  reactions.findMany(
    messages.filter((message) => message.has_reactions && !message.is_deleted).map(({ id }) => id),
    viewerId,
  );

/** The files of those of the messages that have any and are not deleted, by row id. */
export const findFiles = (
  messages: readonly MessageMetadata[],
  { files }: Pick<ReadBothEffects, 'files'>,
): Promise<Map<number, Attachment[]>> =>
  files.findMany(
    messages.filter((message) => message.has_attachments && !message.is_deleted).map(({ id }) => id),
  );

/**
 * Reads from both stores: MySQL says which messages there are, then MongoDB what is in them. When an edit takes a text's
 * place in between, both are read again, so that a message has the text that it had at its `rev`. Reactions may be later
 * than the `rev`: the events that follow say how many there are, not how many more.
 *
 * @param viewerId who is shown the messages: their own reactions have `me`
 * @param read asks MySQL for metadata, and for the rest by the function that it is given; it may be called several times
 */
export const readBoth = async <Found>(
  viewerId: number,
  effects: ReadBothEffects,
  read: (readParts: ReadParts) => Promise<Found>,
): Promise<Found> => {
  for (let reading = 1; ; reading += 1) {
    let isTorn = false;
    const found = await read(async (messages) => {
      const shown = messages.filter((message) => !message.is_deleted).flatMap(textsOf);
      const [stored, reactions, attachments] = await Promise.all([
        effects.contents.findMany(shown),
        findReactions(messages, viewerId, effects),
        findFiles(messages, effects),
      ]);
      isTorn ||= shown.some((message) => (stored.get(message.message_id)?.rev ?? 0) > message.rev);
      return {
        texts: new Map([...stored].map(([id, { content }]) => [id, content])),
        reactions,
        attachments,
      };
    });
    if (!isTorn || reading === READINGS_MAX) return found;
  }
};
