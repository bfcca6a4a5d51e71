/** Characters of a `User-Agent` that are kept. Browsers send fewer than 200. */
const CHARACTERS_MAX = 256;

/** What has no place in a line of text that people read: control and format characters, lone surrogates, white space. */
const UNREADABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu;

/**
 * The `User-Agent` of a request as it is stored and shown: one line of at most 256 code points. Whoever logs in may send
 * any text, such as one that reverses the text around it, or one of megabytes.
 *
 * @returns null when nothing is left of it
 */
export const toUserAgent = (header: string): string | null => {
  // Code points have up to two code units: what is behind is not looked at.
  const line = header
    .slice(0, 4 * CHARACTERS_MAX)
    .replaceAll(UNREADABLE, ' ')
    .trim();
  return Array.from(line).slice(0, CHARACTERS_MAX).join('').trim() || null;
};
