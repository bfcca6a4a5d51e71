import { DELETED_USERNAME } from './deleted-username.ts';
import { EMOJI, fold } from './folding.ts';

const visible = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}]/u;

/** Whether a text has a character that can be seen: neither white space nor default-ignorable (Unicode, UAX 44). */
export const hasVisibleCharacter = (text: string): boolean => visible.test(text);

const emoji = new RegExp(EMOJI, 'gu');

/** Scripts whose words are written with joiners and non-joiners between letters, as Persian is and Sinhala. */
const JOINING =
  'Arabic Syriac Mongolian Nko Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Khmer Myanmar'
    .split(' ')
    .map((script) => String.raw`\p{Script=${script}}`)
    .join('');
const joiner = new RegExp(String.raw`(?<=[${JOINING}\u064B-\u0655])[\u200C\u200D](?=[${JOINING}])`, 'gu');

/** Control and format characters, line and paragraph separators, and letters that are seen as nothing. */
const notOfNames = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115F\u1160\u3164\uFFA0]/u;

/**
 * Whether a name has characters that have no place in one: controls, line breaks, marks of direction, what is not seen.
 * A joiner inside an emoji, and between letters of a script that is written with joiners, is none of these.
 */
export const hasControlCharacter = (name: string): boolean =>
  notOfNames.test(name.replaceAll(emoji, '').replaceAll(joiner, ''));

const lettersOf = (name: string): string => fold(name).replaceAll(/[^\p{L}\p{N}]/gu, '');
const deletedLetters = lettersOf(DELETED_USERNAME);

/** Whether a name reads as the one of an account that is gone, however it is spaced and written. */
export const readsAsDeleted = (name: string): boolean => lettersOf(name) === deletedLetters;
