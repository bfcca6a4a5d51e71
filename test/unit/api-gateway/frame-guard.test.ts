import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameGuard } from '../../../lib/local/api-gateway/websocket/frame-guard.ts';

const textFrame = 0x1;
const binaryFrame = 0x2;
const continuation = 0x0;
const ping = 0x9;

/** A masked client frame; the mask is zero, so the payload is readable. */
const frame = (opcode: number, size: number, fin = true): Buffer => {
  const first = opcode | (fin ? 0x80 : 0);
  const payload = Buffer.alloc(size, 'x');
  const mask = Buffer.alloc(4);
  if (size < 126) return Buffer.concat([Buffer.from([first, 0x80 | size]), mask, payload]);
  if (size < 65_536) {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(size);
    return Buffer.concat([Buffer.from([first, 0x80 | 126]), length, mask, payload]);
  }
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(size));
  return Buffer.concat([Buffer.from([first, 0x80 | 127]), length, mask, payload]);
};

const inspect = (bytes: Buffer, chunkSize: number): { code: number | undefined; accepted: number } => {
  let code: number | undefined;
  const guard = new FrameGuard({ frameBytes: 32_768, messageBytes: 131_072 }, (refusal) => {
    assert.equal(code, undefined, 'refused once only');
    code = refusal;
  });
  for (let offset = 0; offset < bytes.length; offset += chunkSize) {
    guard.inspect(bytes.subarray(offset, offset + chunkSize));
  }
  return { code, accepted: guard.acceptedMessages };
};

const ok = () => ({ code: undefined, accepted: Infinity });

const quarter = 32_768;
const cases: [string, Buffer[], { code: number | undefined; accepted: number }][] = [
  ['small frames', [frame(textFrame, 5), frame(ping, 4), frame(textFrame, 0)], ok()],
  ['a frame of 32 KB', [frame(textFrame, quarter)], ok()],
  ['a frame of one byte more', [frame(textFrame, quarter + 1)], { code: 1009, accepted: 0 }],
  ['a frame with a 64-bit length', [frame(textFrame, 70_000)], { code: 1009, accepted: 0 }],
  [
    'what was whole before',
    [frame(textFrame, 1), frame(textFrame, 200), frame(textFrame, quarter + 1), frame(textFrame, 1)],
    { code: 1009, accepted: 2 },
  ],
  [
    '128 KB in four frames with a ping between',
    [
      frame(textFrame, quarter, false),
      frame(continuation, quarter, false),
      frame(ping, 3),
      frame(continuation, quarter, false),
      frame(continuation, quarter),
      frame(textFrame, quarter),
    ],
    ok(),
  ],
  [
    'more than 128 KB in frames that are small enough',
    [
      ...Array.from({ length: 4 }, (_, index) =>
        frame(index === 0 ? textFrame : continuation, quarter, false),
      ),
      frame(continuation, 1),
    ],
    { code: 1009, accepted: 0 },
  ],
  ['a binary frame', [frame(textFrame, 3), frame(binaryFrame, 3)], { code: 1003, accepted: 1 }],
];

for (const [name, frames, expected] of cases) {
  test(`${name}, however the bytes arrive`, () => {
    const bytes = Buffer.concat(frames);
    for (const chunkSize of [1, 3, 7, 1000, 65_536, bytes.length]) {
      assert.deepEqual(inspect(bytes, chunkSize), expected, `chunks of ${chunkSize}`);
    }
  });
}
