import { isShownAsWritten } from './host-name.ts';

/** A part of a text: plain text, or a link. */
export interface TextPart {
  /** The text to show. For a link whose address could be mistaken for another one, it is the normalized URL. */
  readonly text: string;
  readonly href?: string;
  /** The length of the link in the original text, since `text` may differ from it. */
  readonly length?: number;
}

/**
 * Characters of an address. Characters that control the direction of text end an address, since they would reorder what
 * is shown.
 */
const IN_ADDRESS = String.raw`[^\s<>"'\u0060\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]`;
/**
 * An e-mail address in ASCII only: adjacent letters of other scripts would make it a different address. Each repetition
 * is bounded.
 */
const EMAIL = String.raw`(?<![\p{L}\p{N}._%+\-@])[a-z0-9][a-z0-9._%+\-]{0,63}@(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}(?![\p{L}\p{N}_@\-]|\.[\p{L}\p{N}_\-])`;
const candidates = new RegExp(
  String.raw`\bhttps?:\/\/${IN_ADDRESS}+|(?<![\p{L}\p{N}._@\/\-])www\.${IN_ADDRESS}+|(?<email>${EMAIL})`,
  'giu',
);

/** The longest URL that browsers and servers commonly accept; it also bounds the time of parsing. */
const LENGTH_MAX = 2048;

const openings: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * The end of an address in running text, which seldom ends with a punctuation mark or with a bracket that it has not
 * opened. Looks at each character at most twice.
 */
export const addressEnd = (text: ArrayLike<string>): number => {
  /** By closing bracket: its count minus that of the opening bracket. */
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

/** Parses a candidate into a link. A host without a scheme gets `https`. */
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
 * Finds the links in a text: URLs with http and https, hosts that begin with `www.`, and e-mail addresses. A URL with a
 * user name is not linked, since the part before the `@` could be mistaken for the host.
 */
export const linkify = (text: string): TextPart[] => {
  const parts: TextPart[] = [];
  let end = 0;
  for (const { 0: match, index, groups } of text.matchAll(candidates)) {
    if (match.length > LENGTH_MAX) continue;
    // Markup that was opened before the address encloses the address: *https://example.org*.
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
