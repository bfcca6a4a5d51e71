import { metadataOf } from '../support/messages.ts';
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { fold } from '../../functions/text/folding.ts';
import { queryNameParts, namePartsOf } from '../../functions/text/name-parts.ts';
import { queryWords, indexedWords } from '../../functions/text/words.ts';
import type { MessageMetadata } from '../../functions/platform/mysql/message-rows.ts';
import { searchMessages } from '../../functions/search/search-messages.ts';

const found = (id: number): MessageMetadata =>
  metadataOf({
    id,
    message_id: `m${id}`,
    chat_id: 3,
    seq: id,
    rev: id,
    sender_id: 7,
    sender_username: 'ada',
    timestamp: new Date(0),
    edit_id: `edit of m${id}`,
  });

/** Random texts with many characters that folding changes. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.constantFrom(
        ...Array.from(' ._-’\u00ad\u200d\u200c\ufe0f\u0301\u0308\u0345\u20e3\u0640\u064b\u05b0\ufe71'),
        'ß',
        'ẞ',
        'Σ',
        'ς',
        'İ',
        'ı',
        'ё',
      ),
      fc.constantFrom(
        'й',
        'パ',
        'ﾊﾟ',
        'ｔ',
        'ไก่',
        'क़',
        '가',
        '👩🏽‍💻',
        '❤️',
        '1️⃣',
        '🇩🇪',
        'Ⓜ',
        '™',
        'ŉ',
        'ǆ',
        'ﷺ',
        'ᾼ',
        '🏽',
        '\ufe71',
        '\uff9e',
        '\u00ad',
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join('').toWellFormed());

suite('folding', () => {
  test('once more changes nothing', () => {
    fc.assert(
      fc.property(text, (given) => assert.equal(fold(fold(given)), fold(given))),
      { numRuns: 2000 },
    );
  });

  test('takes away the marks of a letter behind those of another script, which go too', () => {
    assert.equal(fold('Ⓜ\ufe71\u0308'), 'm');
    assert.equal(fold('е\u0640\u0308'), 'е');
  });

  test('takes what would be drawn over an emoji once nothing is left between them', () => {
    assert.equal(fold('1️⃣\ufe71\u0301'), '1\u20e3');
    assert.equal(fold('👍\uff9e'), '👍');
    assert.equal(fold('👍\uff9e🏽'), '👍');
    assert.equal(fold('👍\u00ad🏽!'), '👍!');
    assert.equal(fold('🏽'), '🏽');
  });

  test('looks at thirty marks of a letter', () => {
    const marks = '\u0951\u0952'.repeat(15);
    assert.equal(fold(`क${marks}\u0951\u093c`), fold(`क${marks}`));
    assert.notEqual(fold(`क${marks}`), fold(`क${marks.slice(1)}`));
    // Which decomposes into a letter and a mark, and is never composed again.
    assert.equal(fold(fold(`\u0958${marks}`)), fold(`\u0958${marks}`));
  });

  test('composed and decomposed are the same', () => {
    fc.assert(
      fc.property(text, (given) => {
        assert.equal(fold(given.normalize('NFD')), fold(given));
        assert.equal(fold(given.normalize('NFC')), fold(given));
      }),
      { numRuns: 2000 },
    );
  });

  test('takes a time that grows with the text, whatever is in it', () => {
    const hostile = [
      '\u0e01' + '\u0301'.repeat(9999),
      '🏴' + '\u{e0061}'.repeat(9999),
      '👍\u200d'.repeat(5000),
      // Of four classes: normalizing sorts them. As many as a request has room for.
      'a' + '\u0315\u0300\u05b0\u0316'.repeat(30_000),
      'a' + '\u0315\u200d\u0300\u200d\u05b0\u200d'.repeat(20_000),
      '\u0344\u0315'.repeat(50_000),
    ];
    for (const content of [...hostile, 'и\u0301'.repeat(5000), '漢字'.repeat(5000), 'a'.repeat(10_000)]) {
      const started = process.cpuUsage();
      indexedWords(content);
      // Some twenty on a machine at rest; what looks back from each mark takes seconds.
      assert.ok(process.cpuUsage(started).user < 1_000_000, content.slice(0, 4));
    }
  });
});

suite('the words of a text', () => {
  test('are cut at what is neither letter nor digit, without case and accents; an emoji is one', () => {
    assert.deepEqual(indexedWords('Thanks🎉 snake_case, 3.14 — Crème BRÛLÉE'), [
      'thanks',
      '🎉',
      'snake',
      'case',
      '3',
      '14',
      'creme',
      'brulee',
    ]);
    assert.deepEqual(indexedWords(' \n\u200b\ufe0f…'), []);
    assert.deepEqual(indexedWords('21️⃣👩🏽‍💻™'), ['2', '1⃣', '👩‍💻', '™']);
  });

  test('of a script without spaces are its characters and their pairs', () => {
    assert.deepEqual(indexedWords('東京へ'), ['東', '京', 'へ', '東京', '京へ']);
    assert.deepEqual(queryWords('東京へ'), ['東京', '京へ']);
    assert.deepEqual(queryWords('京'), ['京']);
  });

  test('find the text, all of them and each', () => {
    fc.assert(
      fc.property(text, (given) => {
        const indexed = new Set(indexedWords(given));
        for (const word of queryWords(given)) assert.ok(indexed.has(word), word);
        for (const word of indexed) {
          for (const asked of queryWords(word)) assert.ok(indexed.has(asked), `${word}: ${asked}`);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

suite('the parts of a name', () => {
  test('are the name, and the rest of it from each word on', () => {
    assert.deepEqual(namePartsOf({ username: 'Ada.L_1', full_name: 'Ada  King–Lovelace' }), [
      { part: 'ada.l_1', isStart: true },
      { part: 'ada king-lovelace', isStart: true },
      { part: 'l_1', isStart: false },
      { part: '1', isStart: false },
      { part: 'king-lovelace', isStart: false },
      { part: 'lovelace', isStart: false },
    ]);
    assert.deepEqual(namePartsOf({ username: 'ada', full_name: 'ADA' }), [{ part: 'ada', isStart: true }]);
  });

  test('find who has the name', () => {
    fc.assert(
      fc.property(text, (name) => {
        const parts = namePartsOf({ username: 'ada', full_name: name }).map(({ part }) => part);
        const { whole, parts: asked } = queryNameParts(name);
        if (whole !== '') assert.ok(parts.includes(whole));
        for (const part of asked.slice(0, 1)) assert.ok(parts.some((one) => one.startsWith(part)));
        for (const part of parts) assert.ok(Array.from(part).length <= 100);
      }),
      { numRuns: 2000 },
    );
  });
});

test('a page and its total are of visible messages, in the version that is in force', async () => {
  const ids = Array.from({ length: 1060 }, (_, index) => 1060 - index);
  const asked: unknown[] = [];
  const { items, total, pages } = await searchMessages(
    { userId: 7, username: 'ada', sessionId: 's', tokenExpiresAt: 1e10 },
    { q: 'FOX fox', page: 2, limit: 5 },
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
            isHidden: false as const,
            hasBlocks: false,
          },
        ],
      },
      participants: { isParticipant: async () => assert.fail('no chat is named') },
      messages: {
        // The latest thousand are deleted.
        listVisibleIds: async (messageIds) => messageIds.slice(1000).map((id) => Number(id.slice(1))),
        findVisible: async (page) => page.map(found),
      },
      reactions: { findMany: async () => new Map() },
      files: { findMany: async () => new Map() },
      contents: {
        search: async (question) => {
          asked.push(question);
          return ids.map((id) => ({ chat_id: 3, message_id: `m${id}` }));
        },
        findMany: async (versions) =>
          new Map(
            versions.map(({ message_id: id, edit_id: edit }) => [id, { content: `fox, ${edit}`, rev: null }]),
          ),
      },
    },
  );
  assert.deepEqual(
    items.map(({ content }) => content),
    [55, 54, 53, 52, 51].map((id) => `fox, edit of m${id}`),
  );
  assert.deepEqual([total, pages], [60, 12]);
  assert.deepEqual(asked, [{ chatIds: [3], words: ['fox'], byBeginnings: false, limit: 10_000 }]);
});

test('a message that the index has a word of which its text lacks is in no page', async () => {
  const contents = ['fox', 'foxes and geese', 'geese', 'fox and goose'];
  const search = async (q: string, match?: 'prefix') => {
    const { items, total } = await searchMessages(
      { userId: 7, username: 'ada', sessionId: 's', tokenExpiresAt: 1e10 },
      { q, match, chat_id: 3, page: 1, limit: 5 },
      {
        chats: { listMemberships: async () => assert.fail('one chat is named') },
        participants: { isParticipant: async () => true },
        messages: {
          listVisibleIds: async (ids) => ids.map((id) => Number(id.slice(1))),
          findVisible: async (ids) => ids.map(found),
        },
        reactions: { findMany: async () => new Map() },
        files: { findMany: async () => new Map() },
        contents: {
          // As after edits that are staged, or in force and not settled.
          search: async () => contents.map((_, id) => ({ chat_id: 3, message_id: `m${id}` })),
          findMany: async () => new Map(contents.map((content, id) => [`m${id}`, { content, rev: null }])),
        },
      },
    );
    return { contents: items.map(({ content }) => content), total };
  };
  assert.deepEqual(await search('Fox'), { contents: ['fox', 'fox and goose'], total: 4 });
  assert.deepEqual((await search('fo', 'prefix')).contents, ['fox', 'foxes and geese', 'fox and goose']);
  assert.deepEqual((await search('fox ge', 'prefix')).contents, ['foxes and geese']);
});

test('a search of one chat looks up no other, and none that its user is not in', async () => {
  const search = (chatId: number) =>
    searchMessages(
      { userId: 7, username: 'ada', sessionId: 's', tokenExpiresAt: 1e10 },
      { q: 'fox', chat_id: chatId, page: 1, limit: 5 },
      {
        chats: { listMemberships: async () => assert.fail('one chat is named') },
        participants: { isParticipant: async (id, userId) => id === 3 && userId === 7 },
        messages: { listVisibleIds: async () => [60], findVisible: async (ids) => ids.map(found) },
        reactions: { findMany: async () => new Map() },
        files: { findMany: async () => new Map() },
        contents: {
          search: async ({ chatIds }) => chatIds.map((id) => ({ chat_id: id, message_id: 'm60' })),
          findMany: async () => new Map([['m60', { content: 'fox', rev: null }]]),
        },
      },
    );
  assert.deepEqual(
    (await search(3)).items.map(({ id }) => id),
    [60],
  );
  await assert.rejects(search(4), { error: 'chat_not_found' });
});
