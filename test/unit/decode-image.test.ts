import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { thumbHashToApproximateAspectRatio } from 'thumbhash';
import { decodeImage } from '../../functions/files/decode-image.ts';
import { ObjectStorageError } from '../../functions/gateways/object-requests.ts';
import type { DecodeAnswer } from '../../functions/contract/image-decoding.ts';
import { animatedPng, chunk } from '../support/png-chunks.ts';

const request = {
  purpose: 'message',
  upload: 'u/1',
  etag: '"1"',
  image: 'd/1',
  thumbnail: 'd/1.thumbnail',
} as const;

interface Decoded {
  readonly answer: DecodeAnswer;
  /** What was stored, with its type. */
  readonly stored: ReadonlyMap<string, { readonly body: Buffer; readonly type: string }>;
}

const decode = async (
  upload: Uint8Array | undefined,
  purpose: 'message' | 'avatar' = 'message',
): Promise<Decoded> => {
  const stored = new Map<string, { body: Buffer; type: string }>();
  const answer = await decodeImage(
    { ...request, purpose },
    {
      storage: () => ({
        read: async (key, options) => {
          assert.deepEqual([key, options], ['u/1', { etag: '"1"' }]);
          return upload;
        },
        put: async (key, body, { contentType }) => {
          stored.set(key, { body: Buffer.from(body), type: contentType });
        },
      }),
    },
  );
  return { answer, stored };
};

/** The results of decoding an image, and the served image. */
const decoded = async (upload: Buffer) => {
  const { answer, stored } = await decode(upload);
  assert.ok(answer.outcome === 'decoded', answer.outcome);
  const thumbnail = stored.get('d/1.thumbnail');
  assert.ok(thumbnail?.type === 'image/webp');
  const image = stored.get('d/1');
  assert.equal(image !== undefined, answer.is_rewritten);
  assert.ok(image === undefined || image.type === answer.content_type);
  const served = image?.body ?? upload;
  assert.equal(answer.bytes, served.length);
  return { answer, served, thumbnail: thumbnail.body };
};

const refused = async (upload: Uint8Array): Promise<void> => {
  const { answer, stored } = await decode(upload);
  assert.deepEqual(answer, { outcome: 'refused' });
  assert.equal(stored.size, 0);
};

/** A picture with two colours, left and right, which shows its orientation. */
const halves = (width = 120, height = 80): Sharp =>
  sharp({ create: { width, height, channels: 3, background: '#c00' } }).composite([
    {
      input: { create: { width: width / 2, height, channels: 3, background: '#00c' } },
      left: width / 2,
      top: 0,
    },
  ]);

const MARK = 'Camera-of-somebody';
/** Metadata of a phone: the location and the owner. */
const place = {
  IFD0: { Artist: MARK },
  IFD3: {
    GPSLatitudeRef: 'N',
    GPSLatitude: '51/1 28/1 40/1',
    GPSLongitudeRef: 'W',
    GPSLongitude: '0/1 0/1 5/1',
  },
};
const notes = (image: Sharp, orientation?: number): Sharp =>
  image
    .withExif(place)
    .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><GPSLatitude>${MARK}</GPSLatitude></x:xmpmeta>`)
    .withMetadata(orientation === undefined ? {} : { orientation });

const hasNotes = (bytes: Buffer): boolean =>
  bytes.includes(MARK) || bytes.includes('GPS') || bytes.includes('Exif\0');

/** Whether a pixel is red or blue. */
const colorAt = async (bytes: Buffer, x: number, y: number): Promise<string> => {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (y * info.width + x) * 3;
  return (data[at] ?? 0) > (data[at + 2] ?? 0) ? 'red' : 'blue';
};

const pixelsOf = (bytes: Buffer): Promise<Buffer> =>
  sharp(bytes, { pages: -1 }).keepIccProfile().raw().toBuffer();

/** A PNG of zeros with one bit per pixel, with additional chunks before its pixels. */
const png = (width: number, height: number, pixels: Uint8Array, ...more: Buffer[]): Buffer => {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...more,
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
};

/** An animation with three frames of 40 × 30 pixels. */
const animated = async (format: 'gif' | 'webp'): Promise<Buffer> => {
  const frames = ['#c00', '#0c0', '#00c'].map((background) =>
    sharp({ create: { width: 40, height: 30, channels: 3, background } })
      .png()
      .toBuffer(),
  );
  const joined = sharp(await Promise.all(frames), { join: { animated: true } });
  return joined.toFormat(format, { loop: 3, delay: [100, 200, 300] }).toBuffer();
};

suite('the image decoder', () => {
  test('turns a photo upright, and leaves nothing of what the camera noted', async () => {
    const photo = await notes(halves(), 6).jpeg().toBuffer();
    assert.ok(hasNotes(photo) && (await sharp(photo).metadata()).orientation === 6);
    const { answer, served, thumbnail } = await decoded(photo);
    assert.deepEqual(
      [answer.content_type, answer.width, answer.height, answer.is_rewritten],
      ['image/jpeg', 80, 120, true],
    );
    for (const bytes of [served, thumbnail]) {
      const { width, height, orientation, exif, xmp } = await sharp(bytes).metadata();
      assert.deepEqual([width, height, orientation ?? 1, exif, xmp], [80, 120, 1, undefined, undefined]);
      // A turn to the right brings the left half to the top.
      assert.deepEqual([await colorAt(bytes, 40, 10), await colorAt(bytes, 40, 110)], ['red', 'blue']);
      assert.ok(!hasNotes(bytes));
    }
  });

  test('takes metadata from an upright image and leaves its very pixels and its colour profile', async () => {
    const made = {
      jpeg: halves().jpeg({ progressive: true }),
      png: halves().png(),
      webp: halves().webp(),
    };
    for (const [format, image] of Object.entries(made)) {
      const upload = await notes(image.withIccProfile('p3')).toBuffer();
      assert.ok(hasNotes(upload), format);
      const { answer, served } = await decoded(upload);
      assert.deepEqual([answer.content_type, answer.is_rewritten], [`image/${format}`, true]);
      assert.ok(!hasNotes(served), format);
      assert.deepEqual(await pixelsOf(served), await pixelsOf(upload), format);
      const { icc, exif, xmp } = await sharp(served).metadata();
      assert.deepEqual(
        [icc?.length, exif, xmp],
        [(await sharp(upload).metadata()).icc?.length, undefined, undefined],
      );
    }
  });

  test('keeps the colours of a turned photo with a wide gamut', async () => {
    const photo = await halves()
      .withIccProfile('p3')
      .jpeg({ quality: 100 })
      .withMetadata({ orientation: 3, icc: 'p3' })
      .toBuffer();
    const { served } = await decoded(photo);
    const [before, after] = await Promise.all(
      [photo, served].map(async (bytes) => (await sharp(bytes).stats()).channels.map(({ mean }) => mean)),
    );
    for (const [channel, mean] of (before ?? []).entries())
      assert.ok(Math.abs(mean - (after?.[channel] ?? 0)) < 3);
  });

  test('takes metadata from AVIF, which becomes WebP, and from PNG and WebP that are turned', async () => {
    for (const [format, becomes] of [
      ['avif', 'webp'],
      ['png', 'png'],
      ['webp', 'webp'],
    ] as const) {
      const upload = await notes(halves(), 6).toFormat(format).toBuffer();
      assert.ok(hasNotes(upload), format);
      const { answer, served } = await decoded(upload);
      assert.deepEqual([answer.content_type, answer.width, answer.height], [`image/${becomes}`, 80, 120]);
      assert.ok(!hasNotes(served), format);
      assert.equal(await colorAt(served, 40, 10), 'red', format);
    }
  });

  test('leaves alone what is upright and has no metadata', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'avif', 'gif'] as const) {
      const { answer } = await decoded(await halves().toFormat(format).toBuffer());
      assert.deepEqual(
        [answer.content_type, answer.width, answer.height, answer.is_rewritten],
        [`image/${format}`, 120, 80, false],
      );
    }
  });

  test('takes AVIF for AVIF also where the brand of its container comes first', async () => {
    for (const [image, type] of [
      [halves(), 'image/avif'],
      [notes(halves()), 'image/webp'],
    ] as const) {
      const avif = await image.avif().toBuffer();
      avif.write('mif1', 8, 'latin1');
      const { answer, served } = await decoded(avif);
      assert.deepEqual([answer.content_type, answer.width, answer.height], [type, 120, 80]);
      assert.ok(!hasNotes(served));
      avif.write('heic', 16, 'latin1');
      await refused(avif);
    }
  });

  test('leaves out what comes after an image, such as the video of a moving photo', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'gif'] as const) {
      const image = await halves().toFormat(format).toBuffer();
      const { served } = await decoded(Buffer.concat([image, Buffer.from(`ftyp ${MARK}`)]));
      assert.deepEqual(served, image, format);
    }
  });

  test('keeps animations moving, and takes comments from them', async () => {
    const gif = await animated('gif');
    const comment = Buffer.from(`\x21\xfe\x05hello\0`, 'latin1');
    const noted = Buffer.concat([gif.subarray(0, -1), comment, gif.subarray(-1)]);
    for (const upload of [gif, noted]) {
      const { answer, served } = await decoded(upload);
      assert.deepEqual([answer.content_type, answer.width, answer.height], ['image/gif', 40, 30]);
      assert.deepEqual(served, gif);
    }
    const webp = await animated('webp');
    const withExif = await sharp(webp, { animated: true }).withExif(place).webp({ loop: 3 }).toBuffer();
    for (const upload of [webp, withExif]) {
      const { answer, served } = await decoded(upload);
      const { pages, loop, exif } = await sharp(served).metadata();
      assert.deepEqual([pages, loop, exif, answer.height], [3, 3, undefined, 30]);
    }
    // Also one that says that it is turned: turning it would leave one frame.
    for (const orientation of [undefined, 6]) {
      const apng = animatedPng(await notes(halves(), orientation).png().toBuffer());
      assert.ok(hasNotes(apng));
      const { answer, served } = await decoded(apng);
      assert.deepEqual([answer.content_type, answer.width, answer.height], ['image/png', 120, 80]);
      assert.ok(!hasNotes(served) && ['acTL', 'fcTL', 'fdAT'].every((type) => served.includes(type)));
      assert.deepEqual(await pixelsOf(served), await pixelsOf(apng));
    }
  });

  test('makes thumbnails within 640 × 640, no larger than the image, and keeps what is transparent', async () => {
    for (const [width, height, expected] of [
      [1000, 500, [640, 320]],
      [300, 1280, [150, 640]],
      [64, 48, [64, 48]],
      [3000, 2, [640, 1]],
    ] as const) {
      const { answer, thumbnail } = await decoded(
        await sharp({ create: { width, height, channels: 4, background: '#c008' } })
          .png()
          .toBuffer(),
      );
      const { width: thumbnailWidth, height: thumbnailHeight, hasAlpha } = await sharp(thumbnail).metadata();
      assert.deepEqual([[thumbnailWidth, thumbnailHeight], hasAlpha], [expected, true]);
      assert.deepEqual([answer.width, answer.height], [width, height]);
      const hash = Buffer.from(answer.placeholder, 'base64');
      assert.ok(hash.length >= 5 && hash.length <= 25, String(hash.length));
      assert.equal(thumbHashToApproximateAspectRatio(hash) > 1, width > height);
    }
  });

  test('decodes ink and grey', async () => {
    for (const space of ['cmyk', 'b-w'] as const) {
      const upload = await halves().toColourspace(space).jpeg().withMetadata({ orientation: 8 }).toBuffer();
      const { answer, served } = await decoded(upload);
      assert.deepEqual([answer.width, answer.height], [80, 120]);
      assert.notEqual((await sharp(served).metadata()).space, 'cmyk');
    }
  });

  test('refuses an image of 30,000 × 30,000 pixels without decoding it', async () => {
    const bomb = png(30_000, 30_000, Buffer.alloc(3751 * 30_000));
    const before = process.resourceUsage().maxRSS;
    const cpu = process.cpuUsage();
    await refused(bomb);
    const { user, system } = process.cpuUsage(cpu);
    assert.ok(user + system < 1_000_000, `${user + system} µs`);
    assert.ok(process.resourceUsage().maxRSS - before < 50_000);
  });

  test('refuses what is broken, too large for what it says, or no image of these formats', async () => {
    const photo = await halves(400, 300).jpeg().toBuffer();
    const text = deflateSync(Buffer.alloc(60_000_000));
    const bombed = png(8, 8, Buffer.alloc(16), chunk('iCCP', Buffer.concat([Buffer.from('a\0\0'), text])));
    const tiff = await halves().tiff().toBuffer();
    const avif = await halves().avif().toBuffer();
    // As an iPhone names it. Nothing here reads what would follow.
    const heic = Buffer.from(
      avif.toString('latin1').replaceAll('avif', 'heic').replaceAll('av01', 'hvc1'),
      'latin1',
    );
    const gif = await animated('gif');
    for (const [name, upload] of Object.entries({
      nothing: Buffer.alloc(0),
      'a truncated JPEG': photo.subarray(0, photo.length / 2),
      'a JPEG without its end': photo.subarray(0, -2),
      'a truncated PNG': (await halves().png().toBuffer()).subarray(0, -20),
      'a truncated animation': gif.subarray(0, -20),
      'a truncated WebP': (await halves(400, 300).webp().toBuffer()).subarray(0, -20),
      'a truncated AVIF': avif.subarray(0, -20),
      'a PNG with fewer pixels than it says': png(4000, 4000, Buffer.alloc(501)),
      HTML: Buffer.from('<!doctype html><script>alert(1)</script>'),
      SVG: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      PDF: Buffer.from('%PDF-1.7\n'),
      tiff,
      heic,
      noise: Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919) % 251)),
    })) {
      await test(name, () => refused(upload));
    }
    // The profile is not unpacked to its whole size: refused, or served without harm.
    const { answer } = await decode(bombed);
    assert.ok(answer.outcome !== 'absent');
    assert.ok(process.resourceUsage().maxRSS < 600_000);
  });

  test('keeps of an image for an avatar a square out of its middle, upright and without notes', async () => {
    const photo = await notes(halves(1200, 800), 6).jpeg().toBuffer();
    const { answer, stored } = await decode(photo, 'avatar');
    const { body = Buffer.alloc(0), type } = stored.get('d/1') ?? {};
    assert.ok(answer.outcome === 'decoded' && answer.is_rewritten);
    assert.deepEqual(
      [answer.content_type, answer.width, answer.height, answer.bytes, type],
      ['image/webp', 512, 512, body.length, 'image/webp'],
    );
    const { format, width, height } = await sharp(body).metadata();
    assert.deepEqual([format, width, height, hasNotes(body)], ['webp', 512, 512, false]);
    // Turned, the left is at the top.
    assert.deepEqual([await colorAt(body, 256, 5), await colorAt(body, 256, 506)], ['red', 'blue']);
    assert.deepEqual(stored.get('d/1.thumbnail')?.body, body);
    assert.equal(thumbHashToApproximateAspectRatio(Buffer.from(answer.placeholder, 'base64')), 1);
  });

  test('makes no avatar larger than the image', async () => {
    const { answer } = await decode(await halves(120, 80).png().toBuffer(), 'avatar');
    assert.ok(answer.outcome === 'decoded');
    assert.deepEqual([answer.width, answer.height], [80, 80]);
  });

  test('says that an upload has gone, or is another version', async () => {
    const { answer, stored } = await decode(undefined);
    assert.deepEqual([answer, stored.size], [{ outcome: 'absent' }, 0]);
  });

  test('lets an error of storage through, except where S3 forbids to read what may not be there', async () => {
    const failing = (thrown: Error) =>
      decodeImage(request, {
        storage: () => ({
          read: () => Promise.reject(thrown),
          put: async () => undefined,
        }),
      });
    await assert.rejects(failing(new Error('S3 is away')), /S3 is away/);
    await assert.rejects(failing(new ObjectStorageError('GET', 400, 'BadRequest')), { status: 400 });
    assert.deepEqual(await failing(new ObjectStorageError('GET', 403, 'AccessDenied')), {
      outcome: 'absent',
    });
  });
});
