import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { linkify } from '../../../lib/web/view/linkify.ts';

const linksIn = (text: string): (string | undefined)[] =>
  linkify(text).flatMap(({ href }) => (href === undefined ? [] : [href]));

suite('addresses in a text', () => {
  test('are found without the marks around them', () => {
    assert.deepEqual(
      linksIn('See https://example.org/a, (http://example.org/b(c)) and <https://example.org>!'),
      ['https://example.org/a', 'http://example.org/b(c)', 'https://example.org/'],
    );
    assert.deepEqual(linksIn('(see https://example.org/x).'), ['https://example.org/x']);
  });

  test('are of http and https only, and name no user', () => {
    for (const text of [
      'javascript:alert(1)',
      'JAVASCRIPT://example.org/%0aalert(1)',
      'data:text/html,<script>alert(1)</script>',
      'file:///etc/passwd',
      'https://bank.example.org@evil.example/',
      'https://',
      'xhttps://example.org',
    ]) {
      assert.deepEqual(linksIn(text), [], text);
    }
  });

  test('leave every character of the text in its place', () => {
    for (const text of [
      '',
      'none',
      'https://a.example',
      'a https://b.example. c\nhttps://d.example',
      '<b>&amp;</b>',
    ]) {
      assert.equal(
        linkify(text)
          .map((part) => part.text)
          .join(''),
        text,
      );
    }
  });
});
