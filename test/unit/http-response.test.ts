import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { ResponseReader } from '../../functions/platform/http-response.ts';

const runs = { numRuns: Number(process.env['FC_RUNS'] ?? 100) };

/** Splits bytes at random positions. */
const cut = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1))), bytes.length].toSorted(
    (a, b) => a - b,
  );
  return ends
    .map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
    .filter(({ length }) => length > 0);
};

const read = (...pieces: (string | Buffer)[]): ResponseReader => {
  const reader = new ResponseReader();
  for (const piece of pieces) reader.take(Buffer.from(piece));
  return reader;
};

const framings = {
  'with a length': (body: Buffer) =>
    Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nx: y\r\n\r\n`), body]),
  'in chunks': (body: Buffer) => {
    const half = Math.ceil(body.length / 2);
    const chunks = [body.subarray(0, half), body.subarray(half)].filter(({ length }) => length > 0);
    return Buffer.concat([
      Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
      ...chunks.flatMap((chunk) => [
        Buffer.from(`${chunk.length.toString(16)};name=value\r\n`),
        chunk,
        Buffer.from('\r\n'),
      ]),
      Buffer.from('0\r\nx-trailer: 1\r\n\r\n'),
    ]);
  },
};

suite('a response', () => {
  test('has headers, whatever the case of their names', () => {
    const reader = new ResponseReader();
    reader.take(Buffer.from('HTTP/1.1 200 OK\r\nX-Amzn-Error'));
    assert.equal(reader.header('x-amzn-errortype'), undefined);
    reader.take(Buffer.from('Type:  BadRequest:http://x/ \r\nother-x-none: 1\r\ncontent-length: 0\r\n\r\n'));
    assert.equal(reader.header('x-amzn-errortype'), 'BadRequest:http://x/');
    assert.equal(reader.header('x-none'), undefined);
  });

  for (const [name, framed] of Object.entries(framings)) {
    test(`${name} is read from pieces of any size`, () => {
      fc.assert(
        fc.property(
          fc.string({ unit: 'grapheme' }),
          fc.array(fc.nat(), { maxLength: 20 }),
          (text, places) => {
            const pieces = cut(framed(Buffer.from(text)), places);
            const reader = new ResponseReader();
            for (const piece of pieces) {
              assert.equal(reader.isComplete, false);
              reader.take(piece);
            }
            assert.equal(reader.isComplete, true);
            assert.deepEqual([reader.head?.status, reader.head?.keepsOpen, reader.text], [200, true, text]);
          },
        ),
        runs,
      );
    });

    test(`${name} ends where it ends`, () => {
      const bytes = framed(Buffer.from('grüße'));
      assert.throws(() => read(Buffer.concat([bytes, Buffer.from('H')])), /more than the answer/);
      assert.throws(() => read(bytes, 'H'), /more than the answer/);
      assert.throws(() => read(bytes.subarray(0, -1)).end(), /broke off/);
    });
  }

  test('without a length ends with its connection', () => {
    const reader = read('HTTP/1.1 200 OK\r\n\r\nab', 'c');
    assert.equal(reader.isComplete, false);
    reader.end();
    assert.deepEqual([reader.isComplete, reader.text, reader.head?.keepsOpen], [true, 'abc', false]);
  });

  test('without a body is complete with its head', () => {
    for (const head of ['204 No Content', '304 Not Modified', '200 OK\r\ncontent-length:0']) {
      assert.equal(read(`HTTP/1.1 ${head}\r\n\r\n`).isComplete, true, head);
    }
  });

  test('says whether its connection stays open', () => {
    const keepsOpen = (version: string, header: string) =>
      read(`HTTP/${version} 200 OK\r\n${header}content-length: 0\r\n\r\n`).head?.keepsOpen;
    assert.equal(keepsOpen('1.1', ''), true);
    assert.equal(keepsOpen('1.1', 'Connection: close\r\n'), false);
    assert.equal(keepsOpen('1.0', ''), false);
  });

  test('is refused when it is none, or of a kind that nobody asked for', () => {
    for (const text of [
      'SSH-2.0-OpenSSH\r\n\r\n',
      'HTTP/2 200\r\n\r\n',
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno size\r\n',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabc\r\n',
    ]) {
      assert.throws(() => read(text), Error, text);
    }
  });
});
