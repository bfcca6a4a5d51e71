/**
 * Folding: texts that readers consider equal become equal. Searches for messages and users compare folded texts;
 * everything that is indexed and every query goes through `fold`. See decision 22.
 */

/** Excludes Ⓜ: it is folded with the circled letters, as a compatibility form. */
const pictograph = String.raw`(?!\u24C2)\p{Extended_Pictographic}[\uFE0E\uFE0F\p{Emoji_Modifier}]*(?:[\u{E0020}-\u{E007E}]+\u{E007F})?`;

/**
 * One emoji as people see it, as the source of an expression with the flag `u` (UTS 51, ED-17): pictographs joined by
 * ZWJ, with their variation selectors, skin tones and tags; a flag of two regional indicators; a keycap.
 */
export const EMOJI: string = String.raw`(?:[0-9#*]\uFE0F?\u20E3|\p{Regional_Indicator}{1,2}|(?:${pictograph})(?:\u200D(?:${pictograph}))*|\p{Emoji_Modifier})`;

/** An emoji with combining marks on it. */
const emoji = new RegExp(String.raw`(${EMOJI})[\p{M}\p{Default_Ignorable_Code_Point}]*`, 'gu');

/** The parts of an emoji that only affect its appearance: variation selectors and skin tone. */
const presentation = /[\uFE0E\uFE0F]|(?!^)\p{Emoji_Modifier}/gu;

const onlyTone = /^\p{Emoji_Modifier}$/u;

const marksInFront = /^\p{M}+/u;

/**
 * Marks of a letter beyond the thirtieth, the limit of Unicode's stream-safe format (UAX 15): normalization sorts
 * them, which takes quadratic time.
 */
const tooManyMarks = /(\p{M}{30})\p{M}+/gu;

const streamSafe = (text: string): string => text.replaceAll(tooManyMarks, '$1');

/** Soft hyphens, joiners, variation selectors, fillers: characters that render as nothing. */
const ignorable = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * Removes the marks that readers ignore: all marks of Latin and Greek letters; the dots of ё; the stress marks of
 * Cyrillic vowels; the points of Hebrew and Arabic, which are rarely written; enclosing marks. Marks that are removed
 * everywhere are removed first, since they may stand between a letter and its other marks. All other marks make
 * another letter: those of kana, of Thai and Indic scripts, the breve of й, the hamza of أ. Each expression matches a
 * letter with all its marks: a lookbehind from each mark would take quadratic time.
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

/**
 * Letters that Unicode's collation treats as an accented base letter although they do not decompose (UTS 10, DUCET).
 */
const undecomposed: Readonly<Record<string, string>> = { æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ł: 'l', ħ: 'h' };
const undecomposedLetters = new RegExp(`[${Object.keys(undecomposed).join('')}]`, 'gu');

/** Full case folding through JavaScript's case mappings: ß and ẞ become ss, ſ s, ς σ, ı i. */
const caseFold = (text: string): string =>
  text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');

const foldLetters = (text: string): string =>
  caseFold(withoutAccents(streamSafe(streamSafe(text.replaceAll(ignorable, '')).normalize('NFKD'))))
    .replaceAll(undecomposedLetters, (letter) => undecomposed[letter] ?? letter)
    .normalize('NFC');

const onlyAscii = /^\p{ASCII}*$/u;

/**
 * A text in the form that searches compare: case-folded, with compatibility forms replaced, without the accents of
 * Latin and Greek letters, without invisible characters, in NFC. An emoji stays an emoji, without its skin tone and
 * presentation. At most thirty marks of one letter are considered. Idempotent.
 */
export const fold = (text: string): string => {
  if (onlyAscii.test(text)) return text.toLowerCase();
  let folded = '';
  let from = 0;
  const composed = streamSafe(text).normalize('NFC');
  /**
   * Folds the text between the previous emoji and `index`. Drops marks that folding leaves at its start, since they
   * would combine with that emoji.
   */
  const foldUpTo = (index?: number): string => {
    const letters = foldLetters(composed.slice(from, index));
    return from === 0 ? letters : letters.replace(marksInFront, '');
  };
  for (const { 0: found, 1: symbol = '', index } of composed.matchAll(emoji)) {
    const letters = foldUpTo(index);
    folded += letters;
    // When nothing is left between an emoji and this skin tone, the skin tone belongs to the emoji and is dropped.
    if (folded === '' || letters !== '' || !onlyTone.test(symbol))
      folded += symbol.replaceAll(presentation, '');
    from = index + found.length;
  }
  return folded + foldUpTo();
};
