import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { DuplicateKeyError, parseJson } from '../../functions/transport/json.ts';

suite('JSON from outside', () => {
  test('is what JSON.parse makes of it, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        assert.deepEqual(parseJson(text), JSON.parse(text));
      }),
    );
  });

  test('is refused when an object names a field twice, wherever and however it is written', () => {
    const twice = [
      '{"a":1,"a":1}',
      '{"a":1,"b":{},"a":[]}',
      String.raw`{"a":1,"\u0061":2}`,
      '[{"x":{"y":1,"y":2}}]',
      '{"__proto__":1,"__proto__":2}',
      String.raw`{"\"":1,"\"":2}`,
      '{"":1,"":2}',
    ];
    for (const text of twice) assert.throws(() => parseJson(text), DuplicateKeyError, text);
  });

  test('may have colons, quotes and backslashes in its strings', () => {
    const texts = [
      String.raw`{"a:b":":","c\\":"\":{\"a\":1}"}`,
      String.raw`"\\"`,
      '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}',
      '{"__proto__":{"a":1}}',
      'null',
      '":"',
    ];
    for (const text of texts) assert.deepEqual(parseJson(text), JSON.parse(text));
  });

  test('is refused when it is none', () => {
    for (const text of ['', '{', '{"a":1', '"', "{'a':1}", '{"a":1}}', '\ufeff{}']) {
      assert.throws(
        () => parseJson(text),
        (error) => error instanceof SyntaxError && !(error instanceof DuplicateKeyError),
        text,
      );
    }
  });

  test('may nest deeper than the stack', () => {
    const depth = 120_000;
    const deep = `${'[{"a":'.repeat(depth / 6)}1${'}]'.repeat(depth / 6)}`;
    assert.equal(Array.isArray(parseJson(deep)), true);
  });
});
