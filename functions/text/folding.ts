/**
 * Folding: texts that people read as the same become the same. Searches compare folded texts, of messages and of people
 * alike; whatever is indexed and whatever is asked goes through `fold`. See decision 22.
 */

/** Ⓜ is left to the circled letters, which are compatibility forms. */
const pictograph = String.raw`(?!\u24C2)\p{Extended_Pictographic}[\uFE0E\uFE0F\p{Emoji_Modifier}]*(?:[\u{E0020}-\u{E007E}]+\u{E007F})?`;

/**
 * One emoji as people see it, as the source of an expression with the flag `u` (UTS 51, ED-17): pictographs joined by
 * ZWJ, with their variation selectors, skin tones and tags; a flag of two regional indicators; a keycap.
 */
export const EMOJI: string = String.raw`(?:[0-9#*]\uFE0F?\u20E3|\p{Regional_Indicator}{1,2}|(?:${pictograph})(?:\u200D(?:${pictograph}))*|\p{Emoji_Modifier})`;

/** An emoji, with what would be drawn over it. */
const emoji = new RegExp(String.raw`(${EMOJI})[\p{M}\p{Default_Ignorable_Code_Point}]*`, 'gu');

/** What is no part of an emoji's meaning: how it is drawn, and its skin tone. */
const presentation = /[\uFE0E\uFE0F]|(?!^)\p{Emoji_Modifier}/gu;

const onlyTone = /^\p{Emoji_Modifier}$/u;

const marksInFront = /^\p{M}+/u;

/**
 * Marks of a letter beyond the thirtieth, which is as many as Unicode's stream-safe format has (UAX 15): sorting them,
 * which normalizing does, takes the square of their number.
 */
const tooManyMarks = /(\p{M}{30})\p{M}+/gu;

const streamSafe = (text: string): string => text.replaceAll(tooManyMarks, '$1');

/** Soft hyphens, joiners, variation selectors, fillers: nothing of it is seen. */
const ignorable = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * Takes away the marks that a reader passes over: of Latin and Greek letters all; the dots of ё; the stress of a Cyrillic
 * vowel; the points of Hebrew and Arabic, which are rarely written; what encloses. What goes wherever it stands goes first,
 * because it may stand between a letter and its marks. All others make another letter: of kana, of Thai and
 * Indic scripts, the breve of й, the hamza of أ. Each expression takes a letter with all its marks: looking back from each
 * mark would be quadratic.
 */
const withoutAccents = (decomposed: string): string =>
  decomposed
    .replaceAll(
      /[\u0345\p{Me}\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u0640\u064B-\u0652\u0670]/gu,
      '',
    )
    .replaceAll(/([\p{Script=Latin}\p{Script=Greek}])\p{M}+/gu, '$1')
    .replaceAll(/[еЕ]\p{M}+/gu, (letter) => letter.replaceAll('\u0308', ''))
    .replaceAll(/[аеиоуыэюя\u1C82]\p{M}+/giu, (letter) => letter.replaceAll(/[\u0300\u0301]/g, ''));

/** Letters that Unicode's collation tells from these by an accent, though they do not decompose (UTS 10, DUCET). */
const undecomposed: Readonly<Record<string, string>> = { æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ł: 'l', ħ: 'h' };
const undecomposedLetters = new RegExp(`[${Object.keys(undecomposed).join('')}]`, 'gu');

/** Full case folding by way of the case mappings, which JavaScript has: ß and ẞ become ss, ſ s, ς σ, ı i. */
const caseFold = (text: string): string =>
  text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');

const foldLetters = (text: string): string =>
  caseFold(withoutAccents(streamSafe(streamSafe(text.replaceAll(ignorable, '')).normalize('NFKD'))))
    .replaceAll(undecomposedLetters, (letter) => undecomposed[letter] ?? letter)
    .normalize('NFC');

const onlyAscii = /^\p{ASCII}*$/u;

/**
 * A text as searches compare it: case folded, compatibility forms as their plain ones, without the accents of Latin and
 * Greek letters, without what cannot be seen, in NFC. An emoji stays one, whatever its skin tone and presentation.
 * Of the marks of one letter thirty are looked at. Folding once more changes nothing.
 */
export const fold = (text: string): string => {
  if (onlyAscii.test(text)) return text.toLowerCase();
  let folded = '';
  let from = 0;
  const composed = streamSafe(text).normalize('NFC');
  /** The text up to there, from the emoji before it on: marks that folding leaves in front would be drawn over that. */
  const foldUpTo = (index?: number): string => {
    const letters = foldLetters(composed.slice(from, index));
    return from === 0 ? letters : letters.replace(marksInFront, '');
  };
  for (const { 0: found, 1: symbol = '', index } of composed.matchAll(emoji)) {
    const letters = foldUpTo(index);
    folded += letters;
    // Nothing is left between an emoji and this skin tone, which becomes its own.
    if (folded === '' || letters !== '' || !onlyTone.test(symbol))
      folded += symbol.replaceAll(presentation, '');
    from = index + found.length;
  }
  return folded + foldUpTo();
};
