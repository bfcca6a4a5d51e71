/** The words of a text. */
export const wordsOf = (text: string): string[] => text.split(/\s+/u).filter((word) => word !== '');

/** A pattern for the beginnings of words that are one of these. */
export const beginnings = (words: readonly string[]): RegExp =>
  new RegExp(
    `(?<![\\p{L}\\p{N}])(${words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|')})`,
    'giu',
  );

/** Whether a text has a word for each word of a question, that begins with it. */
export const hasWords = (text: string, question: string): boolean =>
  wordsOf(question).every((word) => beginnings([word]).test(text));
