import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEmoji } from '../../../functions/reactions/rules.ts';
import { emojiGroups } from '../../../lib/web/emoji-groups.ts';

test('the picker offers all emoji, each once, as the service takes them, with a name and other words', () => {
  const lines = emojiGroups().flatMap((group) => group.lines.split('\n'));
  assert.ok(lines.length > 1900, `${lines.length} emoji`);
  const emoji = lines.map((line) => {
    const [, text = '', name = '', words = ''] = /^(\S+) ([^|]+)\|([\p{L}\p{N} ]*)$/u.exec(line) ?? [];
    assert.ok(name !== '', line);
    return { text, name, words };
  });
  assert.equal(new Set(emoji.map(({ text }) => text)).size, lines.length);
  assert.deepEqual(
    emoji.filter(({ text }) => !isEmoji(text)),
    [],
  );
  const joy = emoji.find(({ text }) => text === '😂');
  assert.match(joy?.words ?? '', /\bhaha\b/);
  assert.doesNotMatch(joy?.words ?? '', /\bjoy\b/, 'which is in its name');
});
