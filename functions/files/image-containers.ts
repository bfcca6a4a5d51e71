/**
 * The formats whose containers are parsed here. AVIF is not among them: its metadata are items that are located
 * through tables.
 */
export type Container = 'jpeg' | 'png' | 'webp' | 'gif';

/** The bytes do not have the structure of their format. */
class BrokenContainerError extends Error {
  override readonly name = 'BrokenContainerError';
}

const broken = (): never => {
  throw new BrokenContainerError('The image ends early, or is none of its format');
};

/** The bytes from `from` to `to`. @throws BrokenContainerError when there are fewer */
const slice = (bytes: Buffer, from: number, to: number): Buffer =>
  to < from || to > bytes.length ? broken() : bytes.subarray(from, to);

const JPEG = { fill: 0xff, end: 0xd9, scan: 0xda, comment: 0xfe, firstApp: 0xe0, lastApp: 0xef } as const;

/** Markers without a segment: TEM, and RST0 to SOI. */
const standsAlone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/** The application segments that affect rendering: JFIF, colour profiles, and Adobe's colour space marker. */
const isShownByApp = (marker: number, content: Buffer): boolean =>
  [
    [0xe0, 'JFIF\0'],
    [0xe2, 'ICC_PROFILE\0'],
    [0xee, 'Adobe'],
  ].some(([app, name]) => marker === app && content.toString('latin1').startsWith(String(name)));

const isJpegMetadata = (marker: number, content: Buffer): boolean =>
  marker === JPEG.comment ||
  (marker >= JPEG.firstApp && marker <= JPEG.lastApp && !isShownByApp(marker, content));

/**
 * The end of the entropy-coded data that begin at `start`: the first marker that is neither a stuffed byte nor a
 * restart marker.
 */
const endOfScan = (bytes: Buffer, start: number): number => {
  for (let at = bytes.indexOf(JPEG.fill, start); at !== -1; at = bytes.indexOf(JPEG.fill, at)) {
    const marker = bytes.readUInt8(at + 1);
    if (marker === JPEG.fill) at += 1;
    else if (marker === 0 || (marker >= 0xd0 && marker <= 0xd7)) at += 2;
    else return at;
  }
  return broken();
};

/**
 * Parses JPEG (ITU-T T.81, annex B). Drops everything after the end of the image, such as the video of a motion
 * photo.
 */
const keptOfJpeg = (bytes: Buffer): Buffer[] => {
  const kept = [slice(bytes, 0, 2)];
  let at = 2;
  for (;;) {
    // Decoders skip bytes between segments.
    at = bytes.indexOf(JPEG.fill, at);
    if (at === -1) broken();
    const marker = bytes.readUInt8(at + 1);
    if (marker === JPEG.end) return [...kept, slice(bytes, at, at + 2)];
    if (marker === 0 || marker === JPEG.fill) at += 1;
    else if (standsAlone(marker)) at += 2;
    else {
      const end = at + 2 + bytes.readUInt16BE(at + 2);
      if (!isJpegMetadata(marker, slice(bytes, at + 4, end))) kept.push(slice(bytes, at, end));
      at = end;
      if (marker === JPEG.scan) {
        at = endOfScan(bytes, end);
        kept.push(slice(bytes, end, at));
      }
    }
  }
};

/** The chunks that affect rendering, including animation; without `eXIf`, text chunks and `tIME`. */
const PNG_CHUNKS: ReadonlySet<string> = new Set(
  'IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD pHYs acTL fcTL fdAT'.split(' '),
);

/** The chunks of a PNG up to its end (third edition, section 5). Drops everything after `IEND`. */
const chunksOfPng = function* (bytes: Buffer): Generator<{ readonly type: string; readonly chunk: Buffer }> {
  let type = '';
  for (let at = 8; type !== 'IEND';) {
    const end = at + 12 + bytes.readUInt32BE(at);
    type = bytes.toString('latin1', at + 4, at + 8);
    yield { type, chunk: slice(bytes, at, end) };
    at = end;
  }
};

const keptOfPng = (bytes: Buffer): Buffer[] => [
  slice(bytes, 0, 8),
  ...[...chunksOfPng(bytes)].filter(({ type }) => PNG_CHUNKS.has(type)).map(({ chunk }) => chunk),
];

const WEBP_CHUNKS: ReadonlySet<string> = new Set(['VP8 ', 'VP8L', 'VP8X', 'ICCP', 'ANIM', 'ANMF', 'ALPH']);
/** The VP8X flags that announce EXIF and XMP chunks. */
const WEBP_METADATA_FLAGS = 0b0000_1100;

/** Parses WebP (RFC 9649, section 2). Drops everything after the RIFF container. */
const keptOfWebp = (bytes: Buffer): Buffer[] => {
  const riff = slice(bytes, 0, 8 + bytes.readUInt32LE(4));
  const kept: Buffer[] = [];
  for (let at = 12; at < riff.length;) {
    const size = riff.readUInt32LE(at + 4);
    const type = riff.toString('latin1', at, at + 4);
    // Some writers omit the padding of the last chunk.
    const end = Math.max(at + 8 + size, Math.min(at + 8 + size + (size % 2), riff.length));
    const chunk = slice(riff, at, end);
    if (type === 'VP8X') {
      const header = Buffer.from(chunk);
      header.writeUInt8(header.readUInt8(8) & ~WEBP_METADATA_FLAGS, 8);
      kept.push(header);
    } else if (WEBP_CHUNKS.has(type)) kept.push(chunk);
    at = end;
  }
  const header = Buffer.from(slice(riff, 0, 12));
  header.writeUInt32LE(4 + kept.reduce((sum, { length }) => sum + length, 0), 4);
  return [header, ...kept];
};

const GIF = { extension: 0x21, image: 0x2c, trailer: 0x3b, control: 0xf9, application: 0xff } as const;

/** The size of a colour table in bytes, from the flags that announce it. */
const colorTableBytes = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0x07) + 1));

const endOfSubBlocks = (bytes: Buffer, start: number): number => {
  let at = start;
  for (let size = bytes.readUInt8(at); size > 0; size = bytes.readUInt8(at)) at += 1 + size;
  return at + 1;
};

/**
 * The application blocks that set how often an animation repeats. All other application blocks are metadata,
 * including XMP.
 */
const GIF_APPLICATIONS: ReadonlySet<string> = new Set(['NETSCAPE2.0', 'ANIMEXTS1.0']);

/** Parses GIF (version 89a). Drops comments, plain text and everything after the trailer. */
const keptOfGif = (bytes: Buffer): Buffer[] => {
  let at = 13 + colorTableBytes(bytes.readUInt8(10));
  const kept = [slice(bytes, 0, at)];
  for (;;) {
    const block = bytes.readUInt8(at);
    if (block === GIF.trailer) return [...kept, slice(bytes, at, at + 1)];
    if (block === GIF.image) {
      // The image descriptor and its colour table are followed by the LZW minimum code size.
      const end = endOfSubBlocks(bytes, at + 10 + colorTableBytes(bytes.readUInt8(at + 9)) + 1);
      kept.push(slice(bytes, at, end));
      at = end;
    } else if (block === GIF.extension) {
      const label = bytes.readUInt8(at + 1);
      const end = endOfSubBlocks(bytes, at + 2);
      const application = bytes.toString('latin1', at + 3, at + 14);
      if (label === GIF.control || (label === GIF.application && GIF_APPLICATIONS.has(application))) {
        kept.push(slice(bytes, at, end));
      }
      at = end;
    } else broken();
  }
};

const kept: Readonly<Record<Container, (bytes: Buffer) => Buffer[]>> = {
  jpeg: keptOfJpeg,
  png: keptOfPng,
  webp: keptOfWebp,
  gif: keptOfGif,
};

/** A Buffer over the same memory. */
const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Whether a PNG is animated, by a chunk that precedes its pixels. Decoders without support for animation see one
 * frame.
 *
 * @throws Error when the bytes do not have the structure of a PNG up to its pixels
 */
export const isAnimatedPng = (bytes: Uint8Array): boolean => {
  for (const { type } of chunksOfPng(toBuffer(bytes))) {
    if (type === 'acTL') return true;
    if (type === 'IDAT') return false;
  }
  return false;
};

/**
 * The image without its metadata: EXIF, XMP, IPTC, comments and everything else that does not affect rendering. The
 * pixels, the colour profile and the animation are copied bit by bit.
 *
 * @throws Error when the bytes do not have the structure of the format up to its end
 */
export const withoutMetadata = (container: Container, bytes: Uint8Array): Buffer =>
  Buffer.concat(kept[container](toBuffer(bytes)));
