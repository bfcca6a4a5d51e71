/** Maximum length of a stored `User-Agent`. Browsers send fewer than 200 characters. */
const CHARACTERS_MAX = 256;

/**
 * Characters that do not belong into a line of readable text: control and format characters, lone surrogates, white
 * space.
 */
const UNREADABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu;

/**
 * The `User-Agent` of a request in the form in which it is stored and shown: one line of at most 256 code points. The
 * header is untrusted: it may contain characters that reverse the surrounding text, or be megabytes long.
 *
 * @returns null when nothing is left of it
 */
export const toUserAgent = (header: string): string | null => {
  // A code point takes up to two code units: everything beyond that length is ignored.
  const line = header
    .slice(0, 4 * CHARACTERS_MAX)
    .replaceAll(UNREADABLE, ' ')
    .trim();
  return Array.from(line).slice(0, CHARACTERS_MAX).join('').trim() || null;
};
