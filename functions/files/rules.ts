/** What a file is to those who see it. */
export type AttachmentKind = 'image' | 'video' | 'audio' | 'file';

/** The image formats that are decoded, shown and have thumbnails. HEIC and SVG are files. */
const RASTER_IMAGES: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'image/avif',
]);

/** A type without its parameters, in lower case: `text/plain` of `Text/Plain; charset=utf-8`. */
const essenceOf = (contentType: string): string => (contentType.split(';')[0] ?? '').trim().toLowerCase();

/** What a file of this type is. */
export const kindOf = (contentType: string): AttachmentKind => {
  const essence = essenceOf(contentType);
  if (RASTER_IMAGES.has(essence)) return 'image';
  if (essence.startsWith('video/')) return 'video';
  return essence.startsWith('audio/') ? 'audio' : 'file';
};

/** Containers that hold audio as well as video. Their first bytes do not say which. */
const SHARED_CONTAINERS: ReadonlySet<string> = new Set([
  'video/mp4',
  'video/webm',
  'video/ogg',
  'video/quicktime',
  'video/matroska',
  'video/x-matroska',
  'application/ogg',
  'audio/ogg',
  'audio/mp4',
  'audio/x-m4a',
]);

const SVG = 'image/svg+xml';

/** Whether a text has the root of an SVG, with or without a prefix of its name. */
const looksLikeSvg = (head: string): boolean => /<(?:[a-z_][\w.-]{0,99}:)?svg[\s/>]/i.test(head);

/** As many bytes as tell the type of a file. */
const HEAD_BYTES = 4100;

/** An SVG may begin with a licence or with declarations, which are longer. */
const SVG_HEAD_BYTES = 65_536;

/** How much of a file's beginning `typeOf` takes to tell its type. */
export const headBytesOf = (declared: string): number =>
  essenceOf(declared) === SVG ? SVG_HEAD_BYTES : HEAD_BYTES;

/**
 * The type under which a file is kept: of an image the one that its bytes have, since browsers go by the name's ending;
 * otherwise the declared one. Undefined when a file that was declared as image, video, audio or PDF is none.
 *
 * @param found the type by the file's first bytes, if they say any
 * @param head the file's beginning, as text
 */
export const typeOf = (declared: string, found: string | undefined, head: string): string | undefined => {
  const essence = essenceOf(declared);
  const major = essence.split('/')[0];
  if (essence === SVG) return looksLikeSvg(head) ? declared : undefined;
  if (major === 'image') return found?.startsWith('image/') === true ? found : undefined;
  if (major === 'video' || major === 'audio') {
    if (found === undefined) return undefined;
    return found.startsWith(`${major}/`) || SHARED_CONTAINERS.has(found) ? declared : undefined;
  }
  if (essence === 'application/pdf') return found === essence ? declared : undefined;
  return declared;
};

/** Percent-encoding for a header's extended value (RFC 8187): beyond `encodeURIComponent`, what that leaves. */
const extended = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * How a browser is to show a file: raster images, videos, audio and PDF in place, everything else as a download. The name
 * is data: what of it could change the header, or read as another name, is left out or encoded.
 */
export const contentDispositionOf = (contentType: string, fileName: string): string => {
  const isShown = kindOf(contentType) !== 'file' || essenceOf(contentType) === 'application/pdf';
  // Control and format characters: line ends, and marks that turn the direction of what follows.
  const name = fileName.replaceAll(/[\p{C}/\\]/gu, '_');
  const plain = name.replaceAll(/[^\x20-\x7e]|["%]/g, '_');
  return `${isShown ? 'inline' : 'attachment'}; filename="${plain}"; filename*=UTF-8''${extended(name)}`;
};
