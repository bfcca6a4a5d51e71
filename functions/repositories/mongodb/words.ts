/**
 * The words of a text, without regard to case and accents: what searches compare. A word is letters, digits and the
 * marks among them; everything else, emoji and underscores included, stands between words.
 */
export const wordsOf = (text: string): string[] =>
  text
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}\p{Mc}]+/u)
    .filter((word) => word !== '');

/** The words of a text as a store indexes them: parted by white space, so that every index cuts them alike. */
export const indexedWords = (text: string): string => wordsOf(text).join(' ');
