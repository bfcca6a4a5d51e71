import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { addressEnd, linkify } from '../../../lib/web/view/linkify.ts';

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
      'https://bank.example.org:secret@evil.example/',
      'https://:bank.example.org@evil.example/',
      'https://bank.example.org%2Flogin@evil.example/',
      'https://',
      'xhttps://example.org',
    ]) {
      assert.deepEqual(linksIn(text), [], text);
    }
  });

  test('are of e-mail, and of hosts that begin with www., too', () => {
    assert.deepEqual(linksIn('www.example.org/a, (WWW.example.org) and Ada.L+x@mail.example.org.'), [
      'https://www.example.org/a',
      'https://www.example.org/',
      'mailto:Ada.L+x@mail.example.org',
    ]);
    for (const text of [
      'www. and www.org',
      'xwww.example.org',
      'a@www.example.org@evil.example',
      'www.bank.example@evil.example',
      'ada@localhost',
      '@ada',
      'ada@',
      'ada@example.org@evil.example',
      // Letters of other scripts beside those of ASCII make it another address.
      '\u0430da@bank.example',
      'ada@bank.ex\u0430mple',
      'ada@b\u0430nk.example',
    ]) {
      assert.deepEqual(linksIn(text), [], text);
    }
    assert.deepEqual(
      linkify('www.p\u0430ypal.com').map((part) => part.text),
      ['https://www.xn--pypal-4ve.com/'],
    );
  });

  test('leave every character of the text in its place', () => {
    for (const text of [
      '',
      'none',
      'https://a.example',
      'a https://b.example. c\nhttps://d.example',
      '<b>&amp;</b>',
      'to ada@example.org, www.example.org!',
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

suite('an address that looks like another one', () => {
  const shownAs = (text: string): string =>
    linkify(text)
      .map((part) => part.text)
      .join('');

  test('is shown for what it is', () => {
    for (const [address, shown] of [
      // Scripts that are mixed in one label: a Cyrillic а, a Greek ο, a full stop of another width.
      ['https://p\u0430ypal.com/', 'https://xn--pypal-4ve.com/'],
      ['https://g\u03bfogle.com/x', 'https://xn--gogle-rce.com/x'],
      ['https://login.p\u0430ypal.com/', 'https://login.xn--pypal-4ve.com/'],
      // Of one script, and nothing but look-alikes.
      ['https://\u0430\u0440\u0440\u04cf\u0435.com/', 'https://xn--80ak6aa92e.com/'],
      // Latin letters that nobody writes with.
      ['https://\u0261oogle.com/', 'https://xn--oogle-qmc.com/'],
      // Letters that the browser reads as others.
      ['https://ｂａｎｋ.example/', 'https://bank.example/'],
      ['https://ba\u00adnk.example/', 'https://bank.example/'],
      ['https://bank。example/', 'https://bank.example/'],
      ['https://bank.example\\@evil.example', 'https://bank.example/@evil.example'],
      ['https://@evil.example/', 'https://evil.example/'],
      ['http://0x7f.1/', 'http://127.0.0.1/'],
    ] as const) {
      assert.equal(shownAs(address), shown);
      assert.match(shownAs(address), /^[\x20-\x7e]+$/, address);
    }
  });

  test('is none in the letters of one language', () => {
    for (const address of [
      'https://example.org/a',
      'https://EXAMPLE.org/a',
      'https://example.org:8443/a',
      'https://münchen.example/ä',
      'https://président.gouv.example/',
      'https://пример.example/',
      'https://пример.испытание/',
      'https://сор.рф/',
      'https://παράδειγμα.example/',
      'https://例え.テスト/',
      'https://東京タワー.example/',
      'https://한국어.example/',
      'https://مثال.example/',
      'https://דוגמה.example/',
      'https://ตัวอย่าง.example/',
      'https://उदाहरण.example/',
      'https://xn--pypal-4ve.com/',
    ]) {
      assert.equal(shownAs(address), address);
    }
  });

  test('ends where the direction of the text would turn', () => {
    assert.deepEqual(linksIn('https://example.org/\u202egpj.exe'), ['https://example.org/']);
  });
});

suite('hostile texts', () => {
  /** How many characters are looked at. */
  const looksAt = (text: string): number => {
    let reads = 0;
    const counted = new Proxy(text.split(''), {
      get: (target, key, receiver) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1;
        return Reflect.get(target, key, receiver) as unknown;
      },
    });
    addressEnd(counted);
    return reads;
  };

  test('take twice as long when they are twice as long, and no longer', () => {
    for (const piece of [')', '(', '()', ')(', '.', ').', '([{}])', 'a)', '…', '.a']) {
      for (const length of [1000, 2000, 4000, 8000]) {
        assert.ok(looksAt(`https://a${piece.repeat(length)}`) <= 2 * (9 + piece.length * length), piece);
      }
    }
  });

  test('end where they ended before', () => {
    for (const [address, end] of [
      ['a)', 1],
      ['a(b)', 4],
      ['a(b))', 4],
      ['a(b)).', 4],
      ['a)(', 3],
      ['a[b]}', 4],
      ['a.)', 1],
      ['a().', 3],
    ] as const) {
      assert.equal(addressEnd(address), end, address);
    }
  });

  test('are not parsed beyond what an address may be', () => {
    assert.deepEqual(linksIn(`https://example.org/${'a'.repeat(2100)}`), []);
    assert.equal(linksIn('https://a.example '.repeat(500)).length, 500);
    assert.deepEqual(linksIn(`https://a.example${')'.repeat(1500)}`), ['https://a.example/']);
  });
});
