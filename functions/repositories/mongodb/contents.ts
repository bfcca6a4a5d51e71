import type { Collection } from 'mongodb';
import { askMongodb, type MessageDocument } from '../../platform/mongodb.ts';

export interface NewContent {
  readonly message_id: string;
  readonly chat_id: number;
  readonly sender_id: number;
  readonly content: string;
  readonly timestamp: Date;
}

/** Which message's content, with the chat that MongoDB finds it by. */
export interface ContentKey {
  readonly chat_id: number;
  readonly message_id: string;
}

export interface ContentRepository {
  /** Stores a content; on return a majority of MongoDB's members hold it. */
  insert(content: NewContent): Promise<void>;
  /** The contents that are there, by `message_id`, in one request. */
  findMany(keys: readonly ContentKey[]): Promise<Map<string, string>>;
  remove(key: ContentKey): Promise<void>;
}

export const createContentRepository = (
  collection: () => Promise<Collection<MessageDocument>>,
): ContentRepository => ({
  insert: (content) =>
    askMongodb(async () => {
      await (await collection()).insertOne({ ...content, edited_at: null });
    }),

  findMany: async (keys) => {
    if (keys.length === 0) return new Map();
    const chatIds = [...new Set(keys.map((key) => key.chat_id))];
    const messageIds = keys.map((key) => key.message_id);
    const documents = await askMongodb(async () =>
      (await collection())
        .find(
          { chat_id: { $in: chatIds }, message_id: { $in: messageIds } },
          { projection: { _id: 0, message_id: 1, content: 1 }, batchSize: keys.length + 1 },
        )
        .toArray(),
    );
    return new Map(documents.map((document) => [document.message_id, document.content]));
  },

  remove: ({ chat_id, message_id }) =>
    askMongodb(async () => {
      await (await collection()).deleteOne({ chat_id, message_id });
    }),
});
