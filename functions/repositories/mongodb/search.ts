import type { Document } from 'mongodb';

/** How MongoDB finds words: by a text index, which every MongoDB has, or by Atlas Search. */
export type SearchKind = 'text' | 'atlas';

/** What a search asks for: messages of these chats that have all of these words, the latest so many. */
export interface SearchQuestion {
  readonly chatIds: readonly number[];
  readonly words: readonly string[];
  readonly limit: number;
}

/** The name of Atlas Search's index. */
export const ATLAS_INDEX = 'content';

/**
 * What Atlas Search indexes. The words are cut and folded already: its analyzer has nothing to do but to part them.
 *
 * @see https://www.mongodb.com/docs/atlas/atlas-search/define-field-mappings/
 */
export const atlasDefinition = {
  mappings: {
    dynamic: false,
    fields: {
      words: { type: 'string', analyzer: 'lucene.whitespace', searchAnalyzer: 'lucene.whitespace' },
      chat_id: { type: 'number' },
      timestamp: { type: 'date' },
    },
  },
} as const;

const projection = { $project: { _id: 0, chat_id: 1, message_id: 1 } };

/** The aggregation that answers a question, by the kind of index that there is. */
export const searchPipelines: Readonly<Record<SearchKind, (question: SearchQuestion) => Document[]>> = {
  text: ({ chatIds, words, limit }) => [
    {
      $match: {
        // A phrase of one word each: all of them have to be there.
        $text: { $search: words.map((word) => `"${word}"`).join(' ') },
        chat_id: { $in: [...chatIds] },
        // A phrase is also found inside a longer word.
        $and: words.map((word) => ({ words: { $regex: `(?:^| )${word}(?: |$)` } })),
      },
    },
    { $sort: { timestamp: -1 } },
    { $limit: limit },
    projection,
  ],

  atlas: ({ chatIds, words, limit }) => [
    {
      $search: {
        index: ATLAS_INDEX,
        compound: {
          must: [{ text: { path: 'words', query: words.join(' '), matchCriteria: 'all' } }],
          filter: [{ in: { path: 'chat_id', value: [...chatIds] } }],
        },
        // Sorted in the index: of many matches no more than the limit are read.
        sort: { timestamp: -1 },
      },
    },
    { $limit: limit },
    projection,
  ],
};
