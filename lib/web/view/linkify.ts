import { isShownAsWritten } from './host-name.ts';

/** A piece of a text: as it is, or an address that may be followed. */
export interface TextPart {
  /** Of an address that looks like another one: what it is. */
  readonly text: string;
  readonly href?: string;
}

/** Characters that turn the direction of a text end an address: they would show it in another order. */
const candidates = /\bhttps?:\/\/[^\s<>"'`\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
/** What browsers and servers take; parsing does not get slower than this, whatever somebody writes. */
const LENGTH_MAX = 2048;

const openings: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * Where an address ends: in running text rarely in a mark, or in a bracket that it did not open. Looks at each
 * character twice at most.
 */
export const addressEnd = (text: ArrayLike<string>): number => {
  /** By closing bracket: how many more of them there are than of opening ones. */
  const surplus = new Map(Object.values(openings).map((closing) => [closing, 0]));
  const count = (closing: string | undefined, by: number): void => {
    const before = closing === undefined ? undefined : surplus.get(closing);
    if (closing !== undefined && before !== undefined) surplus.set(closing, before + by);
  };
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    count(character, 1);
    count(openings[character], -1);
  }
  let end = text.length;
  for (; end > 0; end -= 1) {
    const last = text[end - 1] ?? '';
    if ((surplus.get(last) ?? 0) > 0) count(last, -1);
    else if (!'.,;:!?…'.includes(last)) break;
  }
  return end;
};

/**
 * Finds the addresses in a text. Only http and https are any, and none that names a user: what stands before an `@`
 * looks like the host, and is not.
 */
export const linkify = (text: string): TextPart[] => {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(candidates)) {
    if (match[0].length > LENGTH_MAX) continue;
    const address = match[0].slice(0, addressEnd(match[0]));
    const url = URL.parse(address);
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) continue;
    if (url.username !== '' || url.password !== '') continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: isShownAsWritten(address, url) ? address : url.href, href: url.href });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
};
