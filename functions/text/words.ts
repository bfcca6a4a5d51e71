import { EMOJI, fold } from './folding.ts';

/** A letter or a digit of a script that puts no spaces between its words, with its marks. */
const UNSPACED = String.raw`(?:(?=[\p{L}\p{N}])[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]\p{M}*)`;
/** Any other letter or digit with its marks, unless an emoji begins with it. */
const SPACED = String.raw`(?:(?!${UNSPACED}|\p{Extended_Pictographic}|[0-9]\u20E3)[\p{L}\p{N}]\p{M}*)`;

const pieces = new RegExp(`(?<emoji>${EMOJI})|(?<run>${UNSPACED}+)|${SPACED}+`, 'gu');
const unspaced = new RegExp(UNSPACED, 'gu');

/** Whole words are compared up to this length, which is a question's. */
const WORD_LENGTH_MAX = 200;

const cut = (text: string, wordsOfRun: (characters: readonly string[]) => readonly string[]): string[] => {
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
 * The words of a text as the index has them, folded, each once. A word is letters, digits and the marks among them, or
 * one emoji; everything else stands between words. Of scripts that are written without spaces every character and every
 * pair of neighbours is a word, so that a part of a sentence is found.
 */
export const indexedWords = (text: string): string[] =>
  cut(text, (characters) => [...characters, ...pairsOf(characters)]);

/** The words that a text must have to be found by a question, each once; none when the question has no word. */
export const askedWords = (question: string): string[] =>
  cut(question, (characters) => (characters.length === 1 ? characters : pairsOf(characters)));

const spacedWord = new RegExp(`^${SPACED}+$`, 'u');

/**
 * Whether a word, as `askedWords` cuts it, may be the beginning of longer ones: an emoji is whole, and of scripts without
 * spaces any part of a text is found anyway.
 */
export const hasLongerWords = (word: string): boolean => spacedWord.test(word);

/**
 * Whether a text has all of these words, as `askedWords` cuts them.
 *
 * @param byBeginnings whether a longer word counts that begins with one of these
 */
export const hasWords = (text: string, words: readonly string[], byBeginnings: boolean): boolean => {
  const own = indexedWords(text);
  const present = new Set(own);
  return words.every(
    (word) =>
      present.has(word) || (byBeginnings && hasLongerWords(word) && own.some((one) => one.startsWith(word))),
  );
};

/** Where words begin in a text that is folded already, each character of a script without spaces included. */
export const wordStarts = (folded: string): number[] =>
  [...folded.matchAll(pieces)].flatMap(({ 0: piece, index, groups }) =>
    groups?.['run'] === undefined
      ? [index]
      : [...piece.matchAll(unspaced)].map((character) => index + character.index),
  );
