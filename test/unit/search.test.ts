import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Collection, Document } from 'mongodb';
import type { MessageDocument } from '../../functions/platform/mongodb.ts';
import { createContentRepository } from '../../functions/repositories/mongodb/contents.ts';
import { migrateMongodb } from '../../functions/repositories/mongodb/migrate.ts';
import { atlasDefinition, searchPipelines } from '../../functions/repositories/mongodb/search.ts';
import { indexedWords, wordsOf } from '../../functions/repositories/mongodb/words.ts';
import type { MessageMetadata } from '../../functions/repositories/mysql/messages.ts';
import { searchMessages } from '../../functions/services/message-search.ts';
import { stageConfig, stageNames } from '../../lib/config/stages.ts';

const question = { chatIds: [3, 4], words: ['brown', 'fox'], limit: 500 };

const metadataOf = (messageId: string): MessageMetadata => ({
  id: Number(messageId.slice(1)),
  message_id: messageId,
  chat_id: 3,
  seq: 1,
  rev: 1,
  sender_id: 7,
  sender_username: 'ada',
  message_type: 'text',
  timestamp: new Date(0),
  edited_at: null,
  is_edited: false,
  is_deleted: false,
  client_message_id: null,
  edit_id: null,
});

/** A collection that notes what it is asked, and has what is given. */
const fakeCollection = (searchIndexes: readonly object[] = []) => {
  const asked: unknown[] = [];
  const cursor = (items: readonly unknown[]) => ({ toArray: async () => items });
  const collection = {
    aggregate: (pipeline: Document[]) => {
      asked.push(pipeline);
      return cursor([{ chat_id: 3, message_id: 'm' }]);
    },
    createIndexes: async (specs: { name: string }[]) => specs.map(({ name }) => name),
    find: () => cursor([]),
    listSearchIndexes: () => cursor(searchIndexes),
    createSearchIndex: async (description: { name: string }) => {
      asked.push(description);
      return description.name;
    },
  } as unknown as Collection<MessageDocument>;
  return { collection, asked };
};

test('words are cut at what is neither letter nor digit, without case and accents', () => {
  assert.deepEqual(wordsOf('Thanks🎉 snake_case, 3.14 — Crème BRÛLÉE'), [
    'thanks',
    'snake',
    'case',
    '3',
    '14',
    'creme',
    'brulee',
  ]);
  assert.equal(indexedWords(' \n🎉'), '');
});

suite('Atlas Search', () => {
  test('is asked once, for all words in the caller’s chats, sorted and cut within the index', () => {
    assert.deepEqual(searchPipelines.atlas(question), [
      {
        $search: {
          index: 'content',
          compound: {
            must: [{ text: { path: 'words', query: 'brown fox', matchCriteria: 'all' } }],
            filter: [{ in: { path: 'chat_id', value: [3, 4] } }],
          },
          sort: { timestamp: -1 },
        },
      },
      { $limit: 500 },
      { $project: { _id: 0, chat_id: 1, message_id: 1 } },
    ]);
  });

  test('indexes every field that the question names', () => {
    assert.deepEqual(Object.keys(atlasDefinition.mappings.fields), ['words', 'chat_id', 'timestamp']);
  });

  test('stands behind the repository’s one method', async () => {
    const { collection, asked } = fakeCollection();
    const contents = createContentRepository(
      async () => collection,
      () => 'atlas',
    );
    assert.deepEqual(await contents.search(question), [{ chat_id: 3, message_id: 'm' }]);
    assert.deepEqual(asked, [searchPipelines.atlas(question)]);
    assert.deepEqual(await contents.search({ ...question, chatIds: [] }), []);
    assert.deepEqual(await contents.search({ ...question, words: [] }), []);
    assert.equal(asked.length, 1);
  });

  test('its index is made by the migration, once', async () => {
    const fresh = fakeCollection();
    const names = await migrateMongodb(fresh.collection, 'atlas');
    assert.deepEqual(names, ['message_id_unique', 'chat_id_timestamp', 'content']);
    assert.deepEqual(fresh.asked, [{ name: 'content', definition: atlasDefinition }]);
    const there = fakeCollection([{ name: 'content' }]);
    assert.deepEqual(await migrateMongodb(there.collection, 'atlas'), names);
    assert.deepEqual(there.asked, []);
  });

  test('is what every deployed stage uses', () => {
    const kinds = Object.fromEntries(stageNames.map((name) => [name, stageConfig(name).mongodb.search]));
    assert.deepEqual(kinds, { local: 'text', dev: 'atlas', staging: 'atlas', production: 'atlas' });
  });
});

test('a page is filled also where many of the latest matches have been deleted', async () => {
  const keys = Array.from({ length: 60 }, (_, index) => ({ chat_id: 3, message_id: `m${60 - index}` }));
  // The latest forty are gone.
  const visible = keys.slice(40).map(({ message_id: messageId }) => metadataOf(messageId));
  const asked: number[] = [];
  const { items, total, pages } = await searchMessages(
    { userId: 7, username: 'ada', sessionId: 's', tokenExpiresAt: 1e10 },
    { q: 'fox', page: 1, limit: 5 },
    {
      chats: {
        listMemberships: async () => [
          {
            chatId: 3,
            rev: 1,
            detailsRev: 0,
            lastSeq: 60,
            lastReadSeq: 0,
            updatedAt: new Date(0),
            isHidden: false,
          },
        ],
      },
      messages: { findVisible: async () => visible },
      contents: {
        search: async () => keys,
        findMany: async (versions) => {
          asked.push(versions.length);
          return new Map(versions.map(({ message_id: id }) => [id, `fox ${id}`]));
        },
      },
    },
  );
  assert.deepEqual(
    items.map(({ content }) => content),
    ['fox m20', 'fox m19', 'fox m18', 'fox m17', 'fox m16'],
  );
  assert.deepEqual([total, pages, asked], [20, 4, [15, 5]]);
});
