import { fold } from './folding.ts';
import { wordStarts } from './words.ts';

/** A name from one of its words on, folded: what a search for people compares the beginning of. */
export interface NamePart {
  readonly part: string;
  /** Whether the name begins with it; else one of its later words does. */
  readonly isStart: boolean;
}

/** A part is indexed up to this many characters, and asked for by as many. */
const PART_CHARACTERS_MAX = 100;

/** Later parts of somebody's names that are indexed; so a search knows how many rows are one person's at most. */
export const LATER_PARTS_MAX = 30;

/** How quotes and dashes are drawn is not compared, nor how much white space there is. */
const plainName = (text: string): string =>
  fold(text)
    .replaceAll(/[\u2018\u2019\u02BC`\u00B4]/g, "'")
    .replaceAll(/\p{Pd}/gu, '-')
    .replaceAll(/\s+/g, ' ')
    .trim();

const bounded = (part: string): string =>
  part.length <= PART_CHARACTERS_MAX
    ? part
    : Array.from(part).slice(0, PART_CHARACTERS_MAX).join('').trimEnd();

/** Everything by whose beginning a person is found: the names themselves, and both from each of their words on. */
export const namePartsOf = (names: { username: string; full_name: string | null }): NamePart[] => {
  const whole = [names.username, names.full_name ?? ''].map(plainName).filter((name) => name !== '');
  const starts = new Set(whole.map(bounded));
  const later = new Set(
    whole.flatMap((name) =>
      wordStarts(name)
        .filter((start) => start > 0)
        .map((start) => bounded(name.slice(start))),
    ),
  );
  return [
    ...[...starts].map((part) => ({ part, isStart: true })),
    ...[...later].slice(0, LATER_PARTS_MAX).map((part) => ({ part, isStart: false })),
  ];
};

/** What a search for people asks: the question whole, and its words, of which each has to be found. */
export const askedNameParts = (
  question: string,
): { readonly whole: string; readonly parts: readonly string[] } => {
  const whole = plainName(question);
  return {
    whole: bounded(whole),
    parts: [...new Set(whole.split(' ').map(bounded))].filter((part) => part !== ''),
  };
};
