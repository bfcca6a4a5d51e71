import { setTimeout as sleep } from 'node:timers/promises';
import { MongoServerError, type Collection } from 'mongodb';
import type { MessageDocument } from '../platform/mongodb.ts';

const ADMISSION_TRIES = 25;
const ADMISSION_PAUSE_MS = 5000;

/** Whether Atlas does not know the user yet; the code 8000 has other causes as well. */
const isUnknown = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === 8000 && error.message.includes('bad auth');

/**
 * Runs the first operation of a migration with retries: Atlas needs some time to admit a user that the deployment has
 * just created.
 */
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
 * Creates the indexes that the queries on contents need. Idempotent, also for concurrent runs: an existing index
 * stays as it is.
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
        // One entry per word of a content, ordered by time within a word: a search reads no more matches than it
        // returns.
        { key: { chat_id: 1, words: 1, timestamp: -1 }, name: 'chat_id_words_timestamp' },
        // Sparse: a message without staged edits has no entry. Used by the job that settles edits.
        { key: { 'edits.edit_id': 1 }, name: 'edits_edit_id', sparse: true },
      ]),
    pause,
  );
