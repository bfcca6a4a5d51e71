import { DELETED_USERNAME } from './deleted-username.ts';
import { EMOJI, fold } from './folding.ts';

const visible = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}]/u;

/** Whether a text has a visible character: neither white space nor default-ignorable (Unicode, UAX 44). */
export const hasVisibleCharacter = (text: string): boolean => visible.test(text);

const emoji = new RegExp(EMOJI, 'gu');

/** Scripts whose words are written with joiners and non-joiners between letters, such as Persian and Sinhala. */
const JOINING =
  'Arabic Syriac Mongolian Nko Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Khmer Myanmar'
    .split(' ')
    .map((script) => String.raw`\p{Script=${script}}`)
    .join('');
const joiner = new RegExp(String.raw`(?<=[${JOINING}\u064B-\u0655])[\u200C\u200D](?=[${JOINING}])`, 'gu');

/** Control and format characters, line and paragraph separators, and letters that render as nothing. */
const notOfNames = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115F\u1160\u3164\uFFA0]/u;

/**
 * Whether a name has characters that do not belong into names: controls, line breaks, directional marks, invisible
 * characters. A joiner inside an emoji, or between letters of a script that is written with joiners, is allowed.
 */
export const hasControlCharacter = (name: string): boolean =>
  notOfNames.test(name.replaceAll(emoji, '').replaceAll(joiner, ''));

const lettersOf = (name: string): string => fold(name).replaceAll(/[^\p{L}\p{N}]/gu, '');
const deletedLetters = lettersOf(DELETED_USERNAME);

/** Whether a name can be mistaken for the placeholder of a deactivated account, in any spacing or spelling variant. */
export const readsAsDeleted = (name: string): boolean => lettersOf(name) === deletedLetters;
