import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { thumbHashToApproximateAspectRatio, thumbHashToAverageRGBA } from 'thumbhash';
import { decodePicture, PIXELS_MAX, type Picture } from '../../functions/files/pictures.ts';

const RED = { r: 255, g: 0, b: 0 };
const BLUE = { r: 0, g: 0, b: 255 };
const plain = (width: number, height: number, background: object = RED) =>
  sharp({ create: { width, height, channels: 3, background } });

/** Red above, blue below. */
const twoColors = (width: number, height: number) =>
  plain(width, height).composite([
    {
      input: { create: { width, height: height / 2, channels: 3, background: BLUE } },
      gravity: 'south',
    },
  ]);

const decode = async (bytes: Uint8Array): Promise<Picture> => {
  const picture = await decodePicture(bytes);
  assert.ok(picture !== undefined, 'it is a picture');
  return picture;
};

/** The color of a pixel. */
const colorAt = async (bytes: Uint8Array, left: number, top: number): Promise<'red' | 'blue'> => {
  const [r = 0, , b = 0] = await sharp(bytes).extract({ left, top, width: 1, height: 1 }).raw().toBuffer();
  return r > b ? 'red' : 'blue';
};

/** A PNG that says it is so large, with hardly a byte behind it. */
const pngOfSize = (width: number, height: number): Buffer => {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
};

suite('a picture', () => {
  test('of each format is told by its bytes', async () => {
    const image = twoColors(64, 32);
    for (const [format, contentType] of [
      ['jpeg', 'image/jpeg'],
      ['png', 'image/png'],
      ['webp', 'image/webp'],
      ['gif', 'image/gif'],
      ['avif', 'image/avif'],
    ] as const) {
      const picture = await decode(await image.clone().toFormat(format).toBuffer());
      assert.deepEqual([picture.contentType, picture.width, picture.height], [contentType, 64, 32]);
      assert.equal(picture.rewritten !== undefined, format === 'jpeg', format);
      const { format: made, width, height } = await sharp(picture.thumbnail).metadata();
      assert.deepEqual([made, width, height], ['webp', 64, 32], 'not enlarged');
    }
  });

  test('comes back upright, and without the place where it was taken', async () => {
    const photo = await twoColors(60, 40)
      .withExif({ IFD0: { Make: 'Phone' }, IFD3: { GPSLatitude: '52/1 31/1 0/1', GPSLatitudeRef: 'N' } })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><place>Berlin</place></x:xmpmeta>')
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const before = await sharp(photo).metadata();
    assert.equal(before.orientation, 6);
    assert.ok(before.exif !== undefined && before.exif.includes('Phone'));

    const { width, height, rewritten, thumbnail } = await decode(photo);
    assert.deepEqual([width, height], [40, 60]);
    assert.ok(rewritten !== undefined);
    for (const made of [rewritten, thumbnail]) {
      const after = await sharp(made).metadata();
      assert.deepEqual([after.width, after.height], [40, 60]);
      assert.deepEqual([after.exif, after.xmp, after.iptc, after.orientation], Array(4).fill(undefined));
      for (const trace of ['Phone', 'Exif', 'Berlin']) assert.ok(!Buffer.from(made).includes(trace), trace);
      // What was above is at the right, once it is turned.
      assert.equal(await colorAt(made, 38, 30), 'red');
      assert.equal(await colorAt(made, 1, 30), 'blue');
    }
  });

  test('has a thumbnail within 640 each way', async () => {
    for (const [width, height, expected] of [
      [1600, 800, [640, 320]],
      [300, 1200, [160, 640]],
      [1, 1, [1, 1]],
    ] as const) {
      const { thumbnail } = await decode(await plain(width, height).png().toBuffer());
      const made = await sharp(thumbnail).metadata();
      assert.deepEqual([made.width, made.height], expected);
    }
  });

  test('has a blur in a few bytes', async () => {
    const { placeholder } = await decode(await plain(400, 200).png().toBuffer());
    const hash = Buffer.from(placeholder, 'base64');
    assert.ok(hash.length <= 30, String(hash.length));
    const { r, b } = thumbHashToAverageRGBA(hash);
    assert.ok(r > 0.9 && b < 0.1, `${r} ${b}`);
    assert.ok(Math.abs(thumbHashToApproximateAspectRatio(hash) - 2) < 0.5);
  });

  test('that moves shows its first frame, and stays as it is', async () => {
    const frames = await Promise.all([plain(8, 8), plain(8, 8, BLUE)].map((one) => one.png().toBuffer()));
    const moving = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    assert.equal((await sharp(moving).metadata()).pages, 2);
    const picture = await decode(moving);
    assert.deepEqual([picture.width, picture.height, picture.rewritten], [8, 8, undefined]);
    assert.equal(await colorAt(picture.thumbnail, 4, 4), 'red');
  });
});

suite('what is no picture', () => {
  const side = Math.ceil(Math.sqrt(PIXELS_MAX)) + 1;

  test('or has more pixels than pictures may have, is refused before it is decoded', async () => {
    const startedAt = process.cpuUsage();
    for (const bomb of [pngOfSize(30_000, 30_000), pngOfSize(side, side), pngOfSize(2 ** 31 - 1, 1)]) {
      assert.equal(await decodePicture(bomb), undefined);
    }
    const { user, system } = process.cpuUsage(startedAt);
    assert.ok(user + system < 1_000_000, `${(user + system) / 1000} ms of a processor`);
  });

  test('is refused: other formats, whatever else libvips can read, and what only begins like one', async () => {
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
    const jpeg = await plain(64, 64).jpeg().toBuffer();
    const png = await plain(64, 64).png().toBuffer();
    const wrong: Record<string, Uint8Array> = {
      nothing: Buffer.alloc(0),
      text: Buffer.from('<!doctype html><script>alert(1)</script>'),
      SVG: Buffer.from(svg),
      TIFF: await plain(8, 8).tiff().toBuffer(),
      PPM: Buffer.from('P3 1 1 255 255 0 0'),
      PDF: Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>'),
      'half a JPEG': jpeg.subarray(0, jpeg.length / 2),
      'half a PNG': png.subarray(0, png.length / 2),
      'a PNG with hardly a byte behind its header': pngOfSize(1000, 1000),
      'the beginning of a JPEG': Buffer.from('ffd8ffe000104a464946', 'hex'),
      'the beginning of a HEIC': Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'),
    };
    const taken: string[] = [];
    for (const [name, bytes] of Object.entries(wrong)) {
      if ((await decodePicture(bytes)) !== undefined) taken.push(name);
    }
    assert.deepEqual(taken, []);
  });
});
