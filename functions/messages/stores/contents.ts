import { MongoServerError, type Collection, type Filter } from 'mongodb';
import { askMongodb, type MessageDocument } from '../../platform/mongodb.ts';
import { hasLongerWords, indexedWords } from '../../text/words.ts';

export interface NewContent {
  readonly message_id: string;
  readonly chat_id: number;
  readonly sender_id: number;
  readonly content: string;
  readonly timestamp: Date;
}

/** Identifies a message's content. `chat_id` is the shard key and lets MongoDB query one shard. */
export interface ContentKey {
  readonly chat_id: number;
  readonly message_id: string;
}

/** A content together with the edit that is in force. */
export interface ContentVersion extends ContentKey {
  readonly edit_id: string | null;
}

/** A content as it was read from MongoDB. */
export interface StoredContent {
  readonly content: string;
  /** The `rev` of the edit that replaced the content; null when the text is the original one or still staged. */
  readonly rev: number | null;
}

/** A batch of contents, in the order of their creation. */
export interface ContentBatch {
  readonly contents: readonly ContentKey[];
  /**
   * All contents created up to this time are in this batch or an earlier one. Further contents of exactly this time
   * may follow: a reader that continues from here sees some contents again, but misses none.
   */
  readonly doneUntil: Date;
}

/** A content with its staged edits. */
export interface StagedContent extends ContentKey {
  readonly edits: readonly { readonly edit_id: string; readonly content: string }[];
}

/** A search for the latest `limit` messages of these chats that contain all of these words. */
export interface SearchQuery {
  readonly chatIds: readonly number[];
  /** As `queryWords` splits them. */
  readonly words: readonly string[];
  /** Whether words match by prefix; by default, whole words match. */
  readonly byBeginnings?: boolean;
  readonly limit: number;
}

export interface ContentStore {
  /** Stores a content; resolves when a majority of MongoDB's members have it. */
  insert(content: NewContent): Promise<void>;
  /**
   * The contents in the requested versions, by `message_id`, in one request; absent contents are left out. When a
   * later edit has replaced the requested version, returns the later text with its `rev`.
   */
  findMany(versions: readonly ContentVersion[]): Promise<Map<string, StoredContent>>;
  remove(key: ContentKey): Promise<void>;
  /** Removes many contents in one request. */
  removeMany(keys: readonly ContentKey[]): Promise<void>;
  /**
   * Contents whose `message_id` was created in the interval [from, until), oldest first, in batches; the last batch
   * may be empty. Queries every shard: for jobs only.
   */
  listMadeBetween(from: Date, until: Date, batchSize: number): AsyncIterable<ContentBatch>;
  /**
   * Stages the text of an edit beside the content; it is invisible until MySQL says that it is in force. Its words
   * are added to the content's, so that a search finds both texts from the commit on, whatever fails after that. When
   * the message's content is missing, an empty one is stored, so that the edit is not lost.
   */
  stageEdit(message: Omit<NewContent, 'content'>, edit: { edit_id: string; content: string }): Promise<void>;
  /**
   * Removes a staged edit that will never be in force.
   *
   * @param inForce the text that is in force, as of a `rev`: the index then keeps only its words, unless another edit
   *   is staged or a later change has settled the words. Without it, the edit's words stay until the next change
   */
  discardEdit(
    key: ContentKey,
    editId: string,
    inForce?: { readonly content: string; readonly rev: number },
  ): Promise<void>;
  /**
   * Replaces the content by a staged edit that is in force, unless a later edit has replaced it already. The index
   * then keeps only its words, unless another edit is staged.
   */
  settleEdit(
    key: ContentKey,
    edit: { edit_id: string; content: string; rev: number; at: Date | null },
  ): Promise<void>;
  /**
   * Contents with edits that were staged before the given time, together with these edits. Queries every shard: for
   * jobs only.
   */
  listStaged(before: Date, limit: number): Promise<StagedContent[]>;
  /** Removes the words of a deleted message from the index, unless a later change has set others. */
  hide(key: ContentKey, rev: number): Promise<void>;
  /**
   * Puts the words of a message's text into the index, unless a change after `rev` has settled them; adds those of
   * staged edits. Removes other words from the index, unless an edit is staged.
   */
  show(key: ContentKey, text: { content: string; rev: number }): Promise<void>;
  /** The contents of these chats that have all of the words, newest first, by the index on words. */
  search(question: SearchQuery): Promise<ContentKey[]>;
  /**
   * Indexes at most `limit` contents that were created in the interval [from, until) and have no list of words yet.
   * Queries every shard: for jobs only.
   *
   * @returns how many contents were indexed, and the time up to which none is left
   */
  indexMadeBetween(from: Date, until: Date, limit: number): Promise<{ indexed: number; doneUntil: Date }>;
}

/** The text that is in force: a staged edit's, or the content itself. */
const textOf = (
  document: Pick<MessageDocument, 'content' | 'content_rev' | 'edits'>,
  editId: string | null,
): StoredContent => {
  const staged = document.edits?.find((edit) => edit.edit_id === editId);
  return staged === undefined
    ? { content: document.content, rev: document.content_rev ?? null }
    : { content: staged.content, rev: null };
};

/**
 * A string that sorts before every UUIDv7 of the given time (RFC 9562: the first 48 bits are the milliseconds since
 * 1970).
 */
const firstIdAt = (time: Date): string => {
  const hex = time.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-`;
};

/** The creation time of a UUIDv7. */
const timeOf = (messageId: string): Date =>
  new Date(Number.parseInt(messageId.replace('-', '').slice(0, 12), 16));

/** MongoDB's code when a unique index has the key already (mongodb/mongo `error_codes.yml`). */
const DUPLICATE_KEY = 11_000;

/** Matches the words that older code wrote: a string, or nothing at all. */
const NO_LIST = { $not: { $type: 'array' as const } };

/** Matches contents whose text is the original one or that of an edit before this `rev`. */
const writtenBefore = (rev: number): Filter<MessageDocument> => ({
  $or: [{ content_rev: { $exists: false } }, { content_rev: { $lt: rev } }],
});

/** Matches contents without staged edits other than this one. */
const noEditBut = (editId: string): Filter<MessageDocument> => ({
  edits: { $not: { $elemMatch: { edit_id: { $ne: editId } } } },
});

/** Matches contents without staged edits. */
const NO_EDIT: Filter<MessageDocument> = { 'edits.0': { $exists: false } };

/** Matches contents whose words no change with this or a later `rev` has settled. */
const settledBefore = (rev: number): Filter<MessageDocument> => ({
  $or: [{ words_rev: { $exists: false } }, { words_rev: { $lt: rev } }],
});

/**
 * Matches a word and all longer ones that begin with it: one range of the index. Letters and digits need no escape in
 * the pattern.
 */
const beginningWith = (word: string): Filter<MessageDocument> => ({
  words: hasLongerWords(word) ? { $regex: `^${word}` } : word,
});

export const createContentStore = (collection: () => Promise<Collection<MessageDocument>>): ContentStore => {
  const ask = <T>(operation: (messages: Collection<MessageDocument>) => Promise<T>): Promise<T> =>
    askMongodb(collection, operation);

  return {
    insert: (content) =>
      ask(async (messages) => {
        await messages.insertOne({
          ...content,
          words: indexedWords(content.content),
          edited_at: null,
        });
      }),

    findMany: async (versions) => {
      if (versions.length === 0) return new Map();
      const edits = new Map(versions.map((version) => [version.message_id, version.edit_id]));
      const chatIds = [...new Set(versions.map((version) => version.chat_id))];
      const documents = await ask(async (messages) =>
        messages
          .find(
            { chat_id: { $in: chatIds }, message_id: { $in: [...edits.keys()] } },
            {
              projection: { _id: 0, message_id: 1, content: 1, content_rev: 1, edits: 1 },
              batchSize: versions.length + 1,
            },
          )
          .toArray(),
      );
      return new Map(
        documents.map((document) => [
          document.message_id,
          textOf(document, edits.get(document.message_id) ?? null),
        ]),
      );
    },

    remove: ({ chat_id, message_id }) =>
      ask(async (messages) => {
        await messages.deleteOne({ chat_id, message_id });
      }),

    removeMany: async (keys) => {
      if (keys.length === 0) return;
      await ask(async (messages) => {
        await messages.deleteMany({
          chat_id: { $in: [...new Set(keys.map(({ chat_id }) => chat_id))] },
          message_id: { $in: keys.map(({ message_id }) => message_id) },
        });
      });
    },

    listMadeBetween: async function* listMadeBetween(from, until, batchSize) {
      let after = firstIdAt(from);
      for (;;) {
        const start = after;
        const batch = await ask(async (messages) =>
          messages
            .find(
              { message_id: { $gt: start, $lt: firstIdAt(until) } },
              {
                projection: { _id: 0, chat_id: 1, message_id: 1 },
                sort: { message_id: 1 },
                limit: batchSize,
                batchSize: batchSize + 1,
              },
            )
            .toArray(),
        );
        const last = batch.at(-1);
        if (last === undefined || batch.length < batchSize) {
          yield { contents: batch, doneUntil: until };
          return;
        }
        yield { contents: batch, doneUntil: timeOf(last.message_id) };
        after = last.message_id;
      }
    },

    stageEdit: ({ chat_id, message_id, sender_id, timestamp }, edit) =>
      ask(async (messages) => {
        const words = indexedWords(edit.content);
        const stage = async (): Promise<void> => {
          const staged = await messages.updateOne(
            { chat_id, message_id, words: { $type: 'array' } },
            // A word that is in the list already may be appended again: the index treats both as one entry, whereas
            // `$addToSet` would compare each word with each.
            { $push: { edits: edit, words: { $each: words } } },
          );
          if (staged.matchedCount > 0) return;
          try {
            // Older code stored the words as a string: these stay as they are until the edit is settled.
            await messages.updateOne(
              { chat_id, message_id },
              {
                $push: { edits: edit },
                $setOnInsert: { sender_id, timestamp, content: '', words, edited_at: null },
              },
              { upsert: true },
            );
          } catch (error) {
            // A concurrent edit has just stored the missing content.
            if (!(error instanceof MongoServerError) || error.code !== DUPLICATE_KEY) throw error;
            await stage();
          }
        };
        await stage();
      }),

    discardEdit: ({ chat_id, message_id }, editId, inForce) =>
      ask(async (messages) => {
        const discard = { $pull: { edits: { edit_id: editId } } };
        if (inForce !== undefined) {
          const { content, rev } = inForce;
          const discarded = await messages.updateOne(
            { chat_id, message_id, $and: [settledBefore(rev + 1), noEditBut(editId)] },
            { ...discard, $set: { words: indexedWords(content), words_rev: rev } },
          );
          if (discarded.matchedCount > 0) return;
        }
        await messages.updateOne({ chat_id, message_id }, discard);
      }),

    settleEdit: ({ chat_id, message_id }, { edit_id: editId, content, rev, at }) =>
      ask(async (messages) => {
        const text = { content, content_rev: rev, edited_at: at };
        const settled = await messages.updateOne(
          { chat_id, message_id, $and: [writtenBefore(rev), settledBefore(rev), noEditBut(editId)] },
          {
            $set: { ...text, words: indexedWords(content), words_rev: rev },
            $pull: { edits: { edit_id: editId } },
          },
        );
        if (settled.matchedCount > 0) return;
        // Another edit is staged, whose words must stay together with those that this edit added when it was staged; or
        // a deletion after this edit has removed the words. `words_rev` is written before the edit leaves `edits`:
        // while the edit is there, an earlier edit cannot replace the words, and afterwards `words_rev` prevents it.
        await messages.updateOne(
          { chat_id, message_id, ...settledBefore(rev) },
          { $set: { words_rev: rev } },
        );
        const written = await messages.updateOne(
          { chat_id, message_id, ...writtenBefore(rev) },
          { $set: text, $pull: { edits: { edit_id: editId } } },
        );
        // A later edit was settled first: nobody reads this text any more.
        if (written.matchedCount === 0) {
          await messages.updateOne({ chat_id, message_id }, { $pull: { edits: { edit_id: editId } } });
        }
      }),

    hide: ({ chat_id, message_id }, rev) =>
      ask(async (messages) => {
        await messages.updateOne(
          { chat_id, message_id, ...settledBefore(rev) },
          { $set: { words: [], words_rev: rev } },
        );
      }),

    show: ({ chat_id, message_id }, { content, rev }) =>
      ask(async (messages) => {
        const unsettled = { chat_id, message_id, ...settledBefore(rev + 1) };
        const shown = await messages.updateOne(
          { ...unsettled, ...NO_EDIT },
          { $set: { words: indexedWords(content), words_rev: rev } },
        );
        if (shown.matchedCount > 0) return;
        // A deletion removed the words of edits that were staged before it, and one of these edits may come into force
        // after the restoration.
        const found = await messages.findOne({ chat_id, message_id }, { projection: { _id: 0, edits: 1 } });
        const texts = [content, ...(found?.edits ?? []).map((edit) => edit.content)];
        await messages.updateOne(
          { ...unsettled, words: { $type: 'array' } },
          { $push: { words: { $each: texts.flatMap(indexedWords) } }, $set: { words_rev: rev } },
        );
      }),

    listStaged: async (before, limit) => {
      const end = firstIdAt(before);
      const found = await ask(async (messages) =>
        messages
          .find(
            { 'edits.edit_id': { $lt: end } },
            { projection: { _id: 0, chat_id: 1, message_id: 1, edits: 1 }, limit, batchSize: limit + 1 },
          )
          .toArray(),
      );
      return found.map(({ chat_id, message_id, edits = [] }) => ({
        chat_id,
        message_id,
        edits: edits.filter((edit) => edit.edit_id < end),
      }));
    },

    search: async ({ chatIds, words, byBeginnings = false, limit }) => {
      if (chatIds.length === 0 || words.length === 0) return [];
      return ask(async (messages) =>
        messages
          .find(
            {
              chat_id: { $in: [...chatIds] },
              $and: words.map((word) => (byBeginnings ? beginningWith(word) : { words: word })),
            },
            {
              projection: { _id: 0, chat_id: 1, message_id: 1 },
              sort: { timestamp: -1 },
              limit,
              batchSize: limit + 1,
            },
          )
          .toArray(),
      );
    },

    indexMadeBetween: (from, until, limit) =>
      ask(async (messages) => {
        const found = await messages
          .find(
            { message_id: { $gt: firstIdAt(from), $lt: firstIdAt(until) }, words: NO_LIST },
            {
              projection: { message_id: 1, content: 1 },
              sort: { message_id: 1 },
              limit,
              batchSize: limit + 1,
            },
          )
          .toArray();
        if (found.length > 0) {
          await messages.bulkWrite(
            found.map(({ _id, content }) => ({
              updateOne: {
                // An edit that was settled in between has changed the content and set its words.
                filter: { _id, content, words: NO_LIST },
                update: { $set: { words: indexedWords(content) } },
              },
            })),
          );
        }
        const last = found.at(-1);
        return {
          indexed: found.length,
          doneUntil: last === undefined || found.length < limit ? until : timeOf(last.message_id),
        };
      }),
  };
};
