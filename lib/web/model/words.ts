/** The words of a text. */
export const wordsOf = (text: string): string[] => text.split(/\s+/u).filter((word) => word !== '');

/** A pattern that matches one of these words at the beginning of a word. */
export const beginnings = (words: readonly string[]): RegExp =>
  new RegExp(
    `(?<![\\p{L}\\p{N}])(${words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|')})`,
    'giu',
  );

/** Whether for each word of a query some word of a text begins with it. */
export const hasWords = (text: string, question: string): boolean =>
  wordsOf(question).every((word) => beginnings([word]).test(text));
