import { fold } from './folding.ts';
import { wordStarts } from './words.ts';

/** A name from the start of one of its words, folded: searches for users match its prefix. */
export interface NamePart {
  readonly part: string;
  /** Whether the part is the whole name; false when it starts at a later word. */
  readonly isStart: boolean;
}

/** Parts, and the words of queries, are cut to this many characters. */
const PART_CHARACTERS_MAX = 100;

/** How many later parts of a user's names are indexed; it bounds the number of rows per user that a search finds. */
export const LATER_PARTS_MAX = 30;

/** Normalizes quotes, dashes and white space, whose variants are not distinguished. */
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

/**
 * All parts by whose prefix a user is found: the names themselves, and both names from the start of each of their
 * words.
 */
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

/** The parts of a search for users: the whole query, and its words, each of which must match. */
export const queryNameParts = (
  question: string,
): { readonly whole: string; readonly parts: readonly string[] } => {
  const whole = plainName(question);
  return {
    whole: bounded(whole),
    parts: [...new Set(whole.split(' ').map(bounded))].filter((part) => part !== ''),
  };
};
