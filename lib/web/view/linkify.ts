/** A piece of a text: as it is, or an address that may be followed. */
export interface TextPart {
  readonly text: string;
  readonly href?: string;
}

const candidates = /\bhttps?:\/\/[^\s<>"'`]+/giu;

/** An address in running text rarely ends in a mark, or in a bracket that it did not open. */
const withoutTrailingMarks = (address: string): string => {
  let text = address;
  for (;;) {
    const last = text.at(-1) ?? '';
    const opening = { ')': '(', ']': '[', '}': '{' }[last];
    const isUnopened = opening !== undefined && text.split(last).length > text.split(opening).length;
    if (!isUnopened && !'.,;:!?…'.includes(last || 'x')) return text;
    text = text.slice(0, -1);
  }
};

/** Finds the addresses in a text. Only http and https are any: nothing else becomes a link. */
export const linkify = (text: string): TextPart[] => {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(candidates)) {
    const address = withoutTrailingMarks(match[0]);
    const url = URL.parse(address);
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '')
      continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: address, href: url.href });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
};
