import { EXCERPT_CHARACTERS } from '../contract/limits.ts';

const beginning = new RegExp(`^.{0,${EXCERPT_CHARACTERS}}`, 'su');

/** The beginning of a text, as replies and notifications show it; never splits a code point. */
export const excerptOf = (text: string): string => beginning.exec(text)?.[0] ?? '';
