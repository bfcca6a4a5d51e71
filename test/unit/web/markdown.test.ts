import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseMessage } from '../../../lib/web/view/markdown.ts';
import type { Block, Inline } from '../../../lib/web/view/message-blocks.ts';

/** The blocks in a notation for the tests: what a reader would see. */
const drawn = (text: string): string => parseMessage(text).map(drawBlock).join('|');
const drawBlock = (block: Block): string => {
  switch (block.kind) {
    case 'text':
      return block.parts.map(drawInline).join('');
    case 'code':
      return `CODE(${block.text})`;
    case 'quote':
      return `QUOTE(${block.blocks.map(drawBlock).join('|')})`;
    case 'list':
      return `LIST${block.start ?? ''}(${block.items.map((item) => item.map(drawBlock).join('|')).join(', ')})`;
  }
};
const drawInline = (part: Inline): string => {
  switch (part.kind) {
    case 'text':
      return part.href === undefined ? part.text : `LINK(${part.text} ${part.href})`;
    case 'code':
      return `code(${part.text})`;
    default:
      return `${part.kind}(${part.parts.map(drawInline).join('')})`;
  }
};

const assertDrawn = (cases: Readonly<Record<string, string>>): void => {
  for (const [text, expected] of Object.entries(cases)) assert.equal(drawn(text), expected, text);
};

suite('marks in a message', () => {
  test('are those that people use in chats', () => {
    assertDrawn({
      '*so* _so_ **much** __much__ ~~less~~': 'em(so) em(so) strong(much) strong(much) del(less)',
      '**bold and *both***': 'strong(bold and em(both))',
      'run `npm *start*` now': 'run code(npm *start*) now',
      '```ts\nlet a = 1;\n  b *= 2;\n```\nafter': 'CODE(let a = 1;\n  b *= 2;)|after',
      '> said\n> so\n\nNo.': 'QUOTE(said\nso)|No.',
      '- a\n- b\n  - c': 'LIST(a, b|LIST(c))',
      'First:\n1. a\n2. *b*': 'First:|LIST1(a, em(b))',
      '3) c\n4) d': 'LIST3(c, d)',
      '\\*as it is\\* and *not*': '*as it is* and em(not)',
    });
  });

  test('are nothing else: what people write stays', () => {
    for (const text of [
      '# no heading',
      'no\n===',
      'a | b\n---|---\n1 | 2',
      '---',
      '***',
      '<b>bold</b> <!-- x --> <img src=x onerror=alert(1)>',
      '[a bank](evil.example) ![x](y) [x]: z',
      '    four spaces',
      '  two\n   three',
      'a  \nb\n\n\n\n.',
      '\n\naround\n\n',
      '1986. What a year',
      '+ 1 from me',
      '~5 or 6, 2 * 3 * 4, snake_case_name, C:\\dir\\_x',
      '&amp; &lt;',
      'a\r\nb\tc',
      '\ue0000\ue001',
    ]) {
      assert.equal(drawn(text), text);
    }
  });

  test('leave addresses alone, and addresses leave them', () => {
    assertDrawn({
      'https://x.example/_a_/*b*': 'LINK(https://x.example/_a_/*b* https://x.example/_a_/*b*)',
      '*https://x.example/a*': 'em(LINK(https://x.example/a https://x.example/a))',
      '**see https://x.example**': 'strong(see LINK(https://x.example https://x.example/))',
      '`https://x.example`': 'code(https://x.example)',
      '```\nhttps://x.example\n```': 'CODE(https://x.example)',
      '- www.x.example\n- ada@x.example':
        'LIST(LINK(www.x.example https://www.x.example/), LINK(ada@x.example mailto:ada@x.example))',
      'https://p\u0430ypal.com/': 'LINK(https://xn--pypal-4ve.com/ https://xn--pypal-4ve.com/)',
    });
  });

  test('too many or too deep of them are text', () => {
    for (const text of [
      '*'.repeat(10_000),
      'a*b_'.repeat(2500),
      '>'.repeat(10_000),
      '> '.repeat(5000),
      '- '.repeat(5000),
      '1. '.repeat(3333),
      Array.from({ length: 40 }, (_, depth) => `${'  '.repeat(depth)}- a`).join('\n'),
    ]) {
      assert.equal(drawn(text), text);
    }
  });
});
