import type { MessageMetadata } from '../platform/mysql/message-rows.ts';
import type { ContentStore } from './stores/contents.ts';

/** The texts of messages by `message_id`, in one request. */
export type ReadTexts = (messages: readonly MessageMetadata[]) => Promise<ReadonlyMap<string, string>>;

/** In a chat whose edits never pause a text may come with the `rev` before its own; its event is on its way. */
const READINGS_MAX = 5;

/**
 * Reads from both stores: MySQL says which messages there are, then MongoDB what is in them. When an edit takes a text's
 * place in between, both are read again, so that a message has the text that it had at its `rev`.
 *
 * @param read asks MySQL, and asks MongoDB by the function that it is given; it may be called several times
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
