import { setTimeout as sleep } from 'node:timers/promises';
import { MongoServerError, type Collection } from 'mongodb';
import type { MessageDocument } from '../../platform/mongodb.ts';
import { ATLAS_INDEX, atlasDefinition, type SearchKind } from './search.ts';
import { indexedWords } from './words.ts';

const BATCH = 500;

/** Gives contents that were stored before searches had words of their own theirs. */
const addWords = async (messages: Collection<MessageDocument>): Promise<void> => {
  for (;;) {
    const without = await messages
      .find({ words: { $exists: false } }, { projection: { content: 1 }, limit: BATCH })
      .toArray();
    if (without.length === 0) return;
    await messages.bulkWrite(
      without.map(({ _id, content }) => ({
        updateOne: {
          // An edit that was settled in between has brought its own.
          filter: { _id, words: { $exists: false } },
          update: { $set: { words: indexedWords(content) } },
        },
      })),
    );
  }
};

/** An index on contents from before they had words: MongoDB has one text index a collection. */
const FORMER_TEXT_INDEX = 'content_text';

const makeTextIndex = async (messages: Collection<MessageDocument>): Promise<string> => {
  if (await messages.indexExists(FORMER_TEXT_INDEX)) {
    try {
      await messages.dropIndex(FORMER_TEXT_INDEX);
    } catch (error) {
      // Of two at once the other was quicker.
      if (await messages.indexExists(FORMER_TEXT_INDEX)) throw error;
    }
  }
  // Words as they are: no language's stems and stop words.
  return messages.createIndex({ words: 'text' }, { name: 'words_text', default_language: 'none' });
};

/** Atlas builds it in the background; until then searches find less than there is. */
const makeAtlasIndex = async (messages: Collection<MessageDocument>): Promise<string> => {
  const [existing] = await messages.listSearchIndexes(ATLAS_INDEX).toArray();
  if (existing !== undefined) return ATLAS_INDEX;
  return messages.createSearchIndex({ name: ATLAS_INDEX, definition: atlasDefinition });
};

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
  searchKind: SearchKind,
  pause: (milliseconds: number) => Promise<unknown> = sleep,
): Promise<string[]> => {
  const names = await admitted(
    () =>
      messages.createIndexes([
        { key: { message_id: 1 }, name: 'message_id_unique', unique: true },
        { key: { chat_id: 1, timestamp: 1 }, name: 'chat_id_timestamp' },
      ]),
    pause,
  );
  await addWords(messages);
  return [...names, await (searchKind === 'atlas' ? makeAtlasIndex(messages) : makeTextIndex(messages))];
};
