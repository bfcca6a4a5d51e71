import { EMOJI, fold } from './folding.ts';

/** A letter or digit, with its marks, of a script that is written without spaces between words. */
const UNSPACED = String.raw`(?:(?=[\p{L}\p{N}])[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]\p{M}*)`;
/** Any other letter or digit with its marks, unless it begins an emoji. */
const SPACED = String.raw`(?:(?!${UNSPACED}|\p{Extended_Pictographic}|[0-9]\u20E3)[\p{L}\p{N}]\p{M}*)`;

const pieces = new RegExp(`(?<emoji>${EMOJI})|(?<run>${UNSPACED}+)|${SPACED}+`, 'gu');
const unspaced = new RegExp(UNSPACED, 'gu');

/** Words are compared up to this length, which is the maximum length of a query. */
const WORD_LENGTH_MAX = 200;

const splitWords = (
  text: string,
  wordsOfRun: (characters: readonly string[]) => readonly string[],
): string[] => {
  const words = new Set<string>();
  for (const { 0: piece, groups } of fold(text).matchAll(pieces)) {
    if (groups?.['run'] === undefined) words.add(piece.slice(0, WORD_LENGTH_MAX));
    else for (const word of wordsOfRun(piece.match(unspaced) ?? [])) words.add(word);
  }
  return [...words];
};

const pairsOf = (characters: readonly string[]): string[] =>
  characters.slice(1).map((character, index) => `${characters[index]}${character}`);

/**
 * The words of a text as the index stores them, folded, each once. A word consists of letters, digits and their
 * marks, or is one emoji; everything else separates words. In scripts that are written without spaces, every
 * character and every pair of adjacent characters is a word, so that a search finds parts of a sentence.
 */
export const indexedWords = (text: string): string[] =>
  splitWords(text, (characters) => [...characters, ...pairsOf(characters)]);

/** The words that a text must contain to match a query, each once; empty when the query has no word. */
export const queryWords = (question: string): string[] =>
  splitWords(question, (characters) => (characters.length === 1 ? characters : pairsOf(characters)));

const spacedWord = new RegExp(`^${SPACED}+$`, 'u');

/**
 * Whether a word, as `queryWords` splits it, may be a prefix of longer ones: an emoji is not, and in scripts without
 * spaces any part of a text is found anyway.
 */
export const hasLongerWords = (word: string): boolean => spacedWord.test(word);

/**
 * Whether a text contains all of these words, as `queryWords` splits them.
 *
 * @param byBeginnings whether words match by prefix; otherwise as a whole
 */
export const hasWords = (text: string, words: readonly string[], byBeginnings: boolean): boolean => {
  const own = indexedWords(text);
  const present = new Set(own);
  return words.every(
    (word) =>
      present.has(word) || (byBeginnings && hasLongerWords(word) && own.some((one) => one.startsWith(word))),
  );
};

/** The positions at which words begin in a folded text, including each character of a script without spaces. */
export const wordStarts = (folded: string): number[] =>
  [...folded.matchAll(pieces)].flatMap(({ 0: piece, index, groups }) =>
    groups?.['run'] === undefined
      ? [index]
      : [...piece.matchAll(unspaced)].map((character) => index + character.index),
  );
