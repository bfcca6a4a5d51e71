import type { Collection } from 'mongodb';
import type { MessageDocument } from '../../platform/mongodb.ts';

/**
 * Makes the indexes that the queries on contents need. Safe to run again and by two at once: an index that
 * exists is left as it is.
 *
 * @returns the names of all indexes that the service relies on
 */
export const migrateMongodb = async (messages: Collection<MessageDocument>): Promise<string[]> =>
  messages.createIndexes([
    { key: { message_id: 1 }, name: 'message_id_unique', unique: true },
    { key: { chat_id: 1, timestamp: 1 }, name: 'chat_id_timestamp' },
    // Words as they are: no language's stems and stop words.
    { key: { content: 'text' }, name: 'content_text', default_language: 'none' },
  ]);
