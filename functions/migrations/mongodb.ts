import { setTimeout as sleep } from 'node:timers/promises';
import { MongoServerError, type Collection } from 'mongodb';
import type { MessageDocument } from '../platform/mongodb.ts';

const ADMISSION_TRIES = 25;
const ADMISSION_PAUSE_MS = 5000;

/** Whether Atlas does not know who asks; the same code has other reasons, too. */
const isUnknown = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === 8000 && error.message.includes('bad auth');

/** Runs the first operation of a migration: a user whom the deployment has just made is not known to Atlas at once. */
const admitted = async <T>(
  operation: () => Promise<T>,
  pause: (milliseconds: number) => Promise<unknown>,
): Promise<T> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await operation();
    } catch (error) {
      if (tries === ADMISSION_TRIES || !isUnknown(error)) throw error;
    }
    await pause(ADMISSION_PAUSE_MS);
  }
};

/**
 * Makes the indexes that the queries on contents need. Safe to run again and by two at once: an index that
 * exists is left as it is.
 *
 * @returns the names of all indexes that the service relies on
 */
export const migrateMongodb = async (
  messages: Collection<MessageDocument>,
  pause: (milliseconds: number) => Promise<unknown> = sleep,
): Promise<string[]> =>
  admitted(
    () =>
      messages.createIndexes([
        { key: { message_id: 1 }, name: 'message_id_unique', unique: true },
        { key: { chat_id: 1, timestamp: 1 }, name: 'chat_id_timestamp' },
        // An entry for each word of a content. Sorted by time within: a search reads no more matches than it looks at.
        { key: { chat_id: 1, words: 1, timestamp: -1 }, name: 'chat_id_words_timestamp' },
        // Sparse: a message that was never edited has no entry. Asked by a job for edits that were left.
        { key: { 'edits.edit_id': 1 }, name: 'edits_edit_id', sparse: true },
      ]),
    pause,
  );
