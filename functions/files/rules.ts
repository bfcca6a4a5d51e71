/** How a file is presented to users. */
export type AttachmentKind = 'image' | 'video' | 'audio' | 'file';

/** The image formats that are decoded, displayed and get thumbnails. HEIC and SVG are plain files. */
const RASTER_IMAGES: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'image/avif',
]);

/** A media type without parameters, in lower case: `text/plain` for `Text/Plain; charset=utf-8`. */
const essenceOf = (contentType: string): string => (contentType.split(';')[0] ?? '').trim().toLowerCase();

/** The kind of a file with this media type. */
export const kindOf = (contentType: string): AttachmentKind => {
  const essence = essenceOf(contentType);
  if (RASTER_IMAGES.has(essence)) return 'image';
  if (essence.startsWith('video/')) return 'video';
  return essence.startsWith('audio/') ? 'audio' : 'file';
};

/** Containers for both audio and video. Their first bytes do not say which one it is. */
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

/** Whether a text contains the root element of an SVG, with or without a namespace prefix. */
const looksLikeSvg = (head: string): boolean => /<(?:[a-z_][\w.-]{0,99}:)?svg[\s/>]/i.test(head);

/** How many bytes from the start suffice to detect a file's type. */
const HEAD_BYTES = 4100;

/** An SVG may begin with a licence or declarations, so its root element may come later. */
const SVG_HEAD_BYTES = 65_536;

/** How many bytes from the start `typeOf` needs to detect a file's type. */
export const headBytesOf = (declared: string): number =>
  essenceOf(declared) === SVG ? SVG_HEAD_BYTES : HEAD_BYTES;

/**
 * The media type to store for a file: for an image the one detected from its bytes, since browsers go by the file
 * name's extension; otherwise the declared one. Undefined when a file was declared as image, video, audio or PDF and
 * is none.
 *
 * @param found the type detected from the file's first bytes, if any
 * @param head the beginning of the file, as text
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

/** Percent-encodes an extended header value (RFC 8187), including characters that `encodeURIComponent` leaves. */
const extended = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * The `Content-Disposition` of a file: raster images, videos, audio and PDF are displayed inline, everything else is
 * downloaded. The file name is untrusted: characters that could change the header, or make the name read as another
 * one, are replaced or encoded.
 */
export const contentDispositionOf = (contentType: string, fileName: string): string => {
  const isShown = kindOf(contentType) !== 'file' || essenceOf(contentType) === 'application/pdf';
  // Control and format characters: line breaks, and marks that change the direction of text.
  const name = fileName.replaceAll(/[\p{C}/\\]/gu, '_');
  const plain = name.replaceAll(/[^\x20-\x7e]|["%]/g, '_');
  return `${isShown ? 'inline' : 'attachment'}; filename="${plain}"; filename*=UTF-8''${extended(name)}`;
};
