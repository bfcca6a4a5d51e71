import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { mentionsAfterEdit, mentionsIn, splitMentions } from '../../../lib/web/model/mentions.ts';

const people = [
  { id: 1, username: 'ada' },
  { id: 2, username: 'Grace.H' },
  { id: 3, username: 'ada.' },
  { id: 4, username: 'x_y-z' },
];
const idsIn = (text: string): readonly number[] => mentionsIn(text, people, true).ids;

suite('mentions in a text', () => {
  test('are an @ with a name, whatever its case, with marks around it', () => {
    assert.deepEqual(idsIn('@ada, (@grace.h) and @X_Y-Z!'), [1, 2, 4]);
    assert.deepEqual(idsIn('ask @grace.h.'), [2]);
    assert.deepEqual(idsIn('ask @ada.'), [3], 'the longest name that fits');
    assert.deepEqual(idsIn('@ada @ada @ada'), [1]);
  });

  test('are no part of words, addresses and other names', () => {
    for (const text of ['@adam', 'mail@ada', 'https://example.org/@ada', '@@ada', 'ada', '@', '@ada-b']) {
      assert.deepEqual(idsIn(text), [], text);
    }
  });

  test('name everybody in groups only, unless somebody is called so', () => {
    assert.deepEqual(mentionsIn('@everybody @ada', people, true), { ids: [1], all: true });
    assert.deepEqual(mentionsIn('@everybody', people, false), { ids: [], all: false });
    const somebody = [{ id: 9, username: 'everybody' }];
    assert.deepEqual(mentionsIn('@everybody', somebody, true), { ids: [9], all: false });
  });

  test('are no more than the service takes', () => {
    const many = Array.from({ length: 60 }, (_, index) => ({ id: index + 1, username: `user${index}` }));
    const text = many.map(({ username }) => `@${username}`).join(' ');
    assert.equal(mentionsIn(text, many, true).ids.length, 50);
  });

  test('cut a text into what is shown, without a change to it', () => {
    const parts = splitMentions('Hi @Ada, @nobody', new Set(['ada']));
    assert.deepEqual(parts, [{ text: 'Hi ' }, { text: '@Ada', name: 'ada' }, { text: ', @nobody' }]);
    assert.deepEqual(splitMentions('', new Set(['ada'])), []);
  });
});

test('an edit takes back who is not written any more, adds who is, and keeps who never was', () => {
  const message = { content: 'Hi @ada', mentions: [1, 7], mention_all: false };
  const after = (content: string, mention_all = false) =>
    mentionsAfterEdit({ ...message, mention_all }, content, people, true);
  assert.deepEqual(after('Hi @grace.h'), { ids: [7, 2], all: false });
  assert.deepEqual(after('Hi @ada, @everybody'), { ids: [7, 1], all: true });
  assert.deepEqual(after('Hi', true), { ids: [7], all: true }, 'by another client, without a word');
});
