import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';

/** A PNG chunk with its length, type, data and checksum. */
export const chunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
};

const numbers = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
};

/**
 * An animation (PNG, third edition, section 11.3.6) that shows a still image twice, and contains the image's other
 * chunks.
 */
export const animatedPng = (still: Buffer): Buffer => {
  const [width, height] = [still.readUInt32BE(16), still.readUInt32BE(20)];
  const control = (sequence: number): Buffer =>
    // At the position 0, 0; for 1/10 s.
    chunk('fcTL', Buffer.concat([numbers(sequence, width, height, 0, 0), Buffer.from([0, 1, 0, 10, 0, 0])]));
  const start = still.indexOf('IDAT', 0, 'latin1') - 4;
  const length = still.readUInt32BE(start);
  const end = start + 12 + length;
  assert.equal(still.indexOf('IDAT', end, 'latin1'), -1, 'A still image of one IDAT');
  return Buffer.concat([
    still.subarray(0, start),
    chunk('acTL', numbers(2, 0)),
    control(0),
    still.subarray(start, end),
    control(1),
    chunk('fdAT', Buffer.concat([numbers(2), still.subarray(start + 8, start + 8 + length)])),
    still.subarray(end),
  ]);
};
