import type { Collection, Filter } from 'mongodb';
import { askMongodb, type MessageDocument } from '../../platform/mongodb.ts';
import { hasLongerWords, indexedWords } from '../../text/words.ts';

export interface NewContent {
  readonly message_id: string;
  readonly chat_id: number;
  readonly sender_id: number;
  readonly content: string;
  readonly timestamp: Date;
}

/** Identifies a message's content. `chat_id` is the shard key, by which MongoDB finds it. */
export interface ContentKey {
  readonly chat_id: number;
  readonly message_id: string;
}

/** A content, and the edit of it that is in force. */
export interface ContentVersion extends ContentKey {
  readonly edit_id: string | null;
}

/** A content as it was read. */
export interface StoredContent {
  readonly content: string;
  /** The `rev` of the edit whose text has taken the content's place; null for any other text. */
  readonly rev: number | null;
}

/** Contents in the order of their making. */
export interface ContentBatch {
  readonly contents: readonly ContentKey[];
  /**
   * The moment up to which all contents are in this batch or an earlier one. Contents of the very moment may be in it
   * already: who goes on from there meets them again, and misses none.
   */
  readonly doneUntil: Date;
}

/** A content, and edits that are staged beside it. */
export interface StagedContent extends ContentKey {
  readonly edits: readonly { readonly edit_id: string; readonly content: string }[];
}

/** A search: the latest `limit` messages of these chats that have all of these words. */
export interface SearchQuestion {
  readonly chatIds: readonly number[];
  /** As `askedWords` cuts them. */
  readonly words: readonly string[];
  /** Whether a longer word counts that begins with one of these; by default, words are compared whole. */
  readonly byBeginnings?: boolean;
  readonly limit: number;
}

export interface ContentStore {
  /** Stores a content; on return a majority of MongoDB's members hold it. */
  insert(content: NewContent): Promise<void>;
  /**
   * Contents in the version asked for, by `message_id`, in one request; contents that do not exist are left out. When a
   * later edit has taken that version's place, the text is the later one's, which its `rev` says.
   */
  findMany(versions: readonly ContentVersion[]): Promise<Map<string, StoredContent>>;
  remove(key: ContentKey): Promise<void>;
  /** Removes many contents in one request. */
  removeMany(keys: readonly ContentKey[]): Promise<void>;
  /**
   * Contents whose `message_id` was made in the interval [from, until), oldest first, in batches; the last one may be empty.
   * Asks every shard: for jobs only.
   */
  listMadeBetween(from: Date, until: Date, batchSize: number): AsyncIterable<ContentBatch>;
  /**
   * Puts the text of an edit beside the content; nobody sees it until MySQL says that it is in force. Its words are added to
   * those of the content, so that both texts are found from the commit on, whatever breaks off after that.
   */
  stageEdit(key: ContentKey, edit: { edit_id: string; content: string }): Promise<void>;
  /**
   * Takes back a staged edit that will never be in force.
   *
   * @param inForce the text that is in force, as of a `rev`: unless another edit is staged or a later change has settled the
   *   words, its words alone stay. Without it, the edit's words stay until the next change
   */
  discardEdit(
    key: ContentKey,
    editId: string,
    inForce?: { readonly content: string; readonly rev: number },
  ): Promise<void>;
  /**
   * Makes a staged edit that is in force the content, unless a later one is already. Its words alone stay, unless another
   * edit is staged.
   */
  settleEdit(
    key: ContentKey,
    edit: { edit_id: string; content: string; rev: number; at: Date | null },
  ): Promise<void>;
  /** Contents beside which edits lie that were staged before a moment, with these edits. Asks every shard: for jobs only. */
  listStaged(before: Date, limit: number): Promise<StagedContent[]>;
  /** Takes the words of a message that is deleted out of the index, unless a later change has given it others. */
  hide(key: ContentKey, rev: number): Promise<void>;
  /**
   * Puts the words of a message's text into the index, unless a change after `rev` has settled them; those of staged edits
   * are added. Other words leave the index, unless an edit is staged.
   */
  show(key: ContentKey, text: { content: string; rev: number }): Promise<void>;
  /** Which contents of these chats have all the words, newest first, by the index on words. */
  search(question: SearchQuestion): Promise<ContentKey[]>;
  /**
   * Indexes at most `limit` contents that were made in the interval [from, until) and have no words, or words of an older
   * kind. Asks every shard: for jobs only.
   *
   * @returns how many contents were indexed, and the moment up to which none is left
   */
  indexMadeBetween(from: Date, until: Date, limit: number): Promise<{ indexed: number; doneUntil: Date }>;
}

/** The text of the version that is in force: staged beside the content, or the content itself. */
const textOf = (
  document: Pick<MessageDocument, 'content' | 'content_rev' | 'edits'>,
  editId: string | null,
): StoredContent => {
  const staged = document.edits?.find((edit) => edit.edit_id === editId);
  return staged === undefined
    ? { content: document.content, rev: document.content_rev ?? null }
    : { content: staged.content, rev: null };
};

/** Sorts before every UUIDv7 of a moment (RFC 9562: its first 48 bits are the milliseconds since 1970). */
const firstIdAt = (time: Date): string => {
  const hex = time.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-`;
};

/** The moment at which a UUIDv7 was made. */
const timeOf = (messageId: string): Date =>
  new Date(Number.parseInt(messageId.replace('-', '').slice(0, 12), 16));

/** Matches the words that older code wrote: a text, or none at all. */
const NO_LIST = { $not: { $type: 'array' as const } };

/** Matches contents whose text is that of an edit before this `rev`, or of none. */
const writtenBefore = (rev: number): Filter<MessageDocument> => ({
  $or: [{ content_rev: { $exists: false } }, { content_rev: { $lt: rev } }],
});

/** Matches contents beside which no edit is staged but this one. */
const noEditBut = (editId: string): Filter<MessageDocument> => ({
  edits: { $not: { $elemMatch: { edit_id: { $ne: editId } } } },
});

/** Matches contents beside which no edit is staged. */
const NO_EDIT: Filter<MessageDocument> = { 'edits.0': { $exists: false } };

/** Matches contents whose words no change of this `rev` or a later one has settled. */
const settledBefore = (rev: number): Filter<MessageDocument> => ({
  $or: [{ words_rev: { $exists: false } }, { words_rev: { $lt: rev } }],
});

/** Matches a word and the longer ones that begin with it: one range of the index. Letters and digits need no escape. */
const beginningWith = (word: string): Filter<MessageDocument> => ({
  words: hasLongerWords(word) ? { $regex: `^${word}` } : word,
});

export const createContentStore = (collection: () => Promise<Collection<MessageDocument>>): ContentStore => ({
  insert: (content) =>
    askMongodb(async () => {
      await (
        await collection()
      ).insertOne({
        ...content,
        words: indexedWords(content.content),
        edited_at: null,
      });
    }),

  findMany: async (versions) => {
    if (versions.length === 0) return new Map();
    const edits = new Map(versions.map((version) => [version.message_id, version.edit_id]));
    const chatIds = [...new Set(versions.map((version) => version.chat_id))];
    const documents = await askMongodb(async () =>
      (await collection())
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
    askMongodb(async () => {
      await (await collection()).deleteOne({ chat_id, message_id });
    }),

  removeMany: async (keys) => {
    if (keys.length === 0) return;
    await askMongodb(async () => {
      await (
        await collection()
      ).deleteMany({
        chat_id: { $in: [...new Set(keys.map(({ chat_id }) => chat_id))] },
        message_id: { $in: keys.map(({ message_id }) => message_id) },
      });
    });
  },

  listMadeBetween: async function* listMadeBetween(from, until, batchSize) {
    let after = firstIdAt(from);
    for (;;) {
      const start = after;
      const batch = await askMongodb(async () =>
        (await collection())
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

  stageEdit: ({ chat_id, message_id }, edit) =>
    askMongodb(async () => {
      const messages = await collection();
      const staged = await messages.updateOne(
        { chat_id, message_id, words: { $type: 'array' } },
        // A word that is there already may stand there twice: to an index it is one, and `$addToSet` would compare each
        // word with each.
        { $push: { edits: edit, words: { $each: indexedWords(edit.content) } } },
      );
      // Words that older code stored are no list: there they wait for settling.
      if (staged.matchedCount === 0) {
        await messages.updateOne({ chat_id, message_id }, { $push: { edits: edit } });
      }
    }),

  discardEdit: ({ chat_id, message_id }, editId, inForce) =>
    askMongodb(async () => {
      const messages = await collection();
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
    askMongodb(async () => {
      const messages = await collection();
      const text = { content, content_rev: rev, edited_at: at };
      const settled = await messages.updateOne(
        { chat_id, message_id, $and: [writtenBefore(rev), settledBefore(rev), noEditBut(editId)] },
        {
          $set: { ...text, words: indexedWords(content), words_rev: rev },
          $pull: { edits: { edit_id: editId } },
        },
      );
      if (settled.matchedCount > 0) return;
      // Another edit is staged, whose words have to stay beside those that this one brought when it was staged; or a
      // deletion after this edit has taken the words out. Noted before the edit leaves `edits`: as long as it is there, an
      // earlier edit cannot replace the words, and from then on it may not.
      await messages.updateOne({ chat_id, message_id, ...settledBefore(rev) }, { $set: { words_rev: rev } });
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
    askMongodb(async () => {
      await (
        await collection()
      ).updateOne({ chat_id, message_id, ...settledBefore(rev) }, { $set: { words: [], words_rev: rev } });
    }),

  show: ({ chat_id, message_id }, { content, rev }) =>
    askMongodb(async () => {
      const messages = await collection();
      const unsettled = { chat_id, message_id, ...settledBefore(rev + 1) };
      const shown = await messages.updateOne(
        { ...unsettled, ...NO_EDIT },
        { $set: { words: indexedWords(content), words_rev: rev } },
      );
      if (shown.matchedCount > 0) return;
      // A deletion took out the words of edits that were staged before it, and one of them may come into force after the
      // restoration.
      const found = await messages.findOne({ chat_id, message_id }, { projection: { _id: 0, edits: 1 } });
      const texts = [content, ...(found?.edits ?? []).map((edit) => edit.content)];
      await messages.updateOne(
        { ...unsettled, words: { $type: 'array' } },
        { $push: { words: { $each: texts.flatMap(indexedWords) } }, $set: { words_rev: rev } },
      );
    }),

  listStaged: async (before, limit) => {
    const end = firstIdAt(before);
    const found = await askMongodb(async () =>
      (await collection())
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
    return askMongodb(async () =>
      (await collection())
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
    askMongodb(async () => {
      const messages = await collection();
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
});
