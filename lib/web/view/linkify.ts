import { isShownAsWritten } from './host-name.ts';

/** A piece of a text: as it is, or an address that may be followed. */
export interface TextPart {
  /** Of an address that looks like another one: what it is. */
  readonly text: string;
  readonly href?: string;
  /** The length of what was written, where `text` may be another. */
  readonly length?: number;
}

/** Characters that turn the direction of a text end an address: they would show it in another order. */
const IN_ADDRESS = String.raw`[^\s<>"'\u0060\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]`;
/** ASCII alone: letters of other scripts beside it would make it another address. Each repetition is bounded. */
const EMAIL = String.raw`(?<![\p{L}\p{N}._%+\-@])[a-z0-9][a-z0-9._%+\-]{0,63}@(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}(?![\p{L}\p{N}_@\-]|\.[\p{L}\p{N}_\-])`;
const candidates = new RegExp(
  String.raw`\bhttps?:\/\/${IN_ADDRESS}+|(?<![\p{L}\p{N}._@\/\-])www\.${IN_ADDRESS}+|(?<email>${EMAIL})`,
  'giu',
);

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

/** The address that a candidate is. A host that stands without a scheme is taken as of https. */
const addressOf = (candidate: string): TextPart | undefined => {
  const written = candidate.slice(0, addressEnd(candidate));
  const hasScheme = /^http/i.test(written);
  const address = hasScheme ? written : `https://${written}`;
  const url = URL.parse(address);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  if (!hasScheme && !/^www\.[^.]+\../.test(url.hostname)) return undefined;
  return {
    text: isShownAsWritten(address, url) ? written : url.href,
    href: url.href,
    length: written.length,
  };
};

/**
 * Finds the addresses in a text: of http and https, of hosts that begin with `www.`, and of e-mail. None that names a
 * user is any: what stands before an `@` looks like the host, and is not.
 */
export const linkify = (text: string): TextPart[] => {
  const parts: TextPart[] = [];
  let end = 0;
  for (const { 0: match, index, groups } of text.matchAll(candidates)) {
    if (match.length > LENGTH_MAX) continue;
    // Marks that are open at its beginning are around the address: *https://example.org*.
    const [marks] = /[*_~]+$/.exec(match) ?? [];
    const isAround = marks !== undefined && text.slice(0, index).includes(marks);
    const candidate = isAround ? match.slice(0, -marks.length) : match;
    const link =
      groups?.['email'] === undefined
        ? addressOf(candidate)
        : { text: candidate, href: `mailto:${candidate}`, length: candidate.length };
    if (link === undefined) continue;
    if (index > end) parts.push({ text: text.slice(end, index) });
    parts.push(link);
    end = index + (link.length ?? 0);
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
};
