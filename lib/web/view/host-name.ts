// Which host names may be shown in the letters of their language, after what Chromium does
// (docs/idn.md in its sources) and Unicode's UTS 39: the others are shown in Punycode.

const inScripts = (...scripts: readonly string[]): RegExp =>
  new RegExp(String.raw`^[${scripts.map((script) => String.raw`\p{scx=${script}}`).join('')}0-9\-]+$`, 'v');

/** Letters of one alphabet that are mistaken for others when letters of other alphabets stand beside them. */
const alphabets = [
  // Without those of phonetic alphabets, and a few that are mistaken for ASCII: ı, ĸ, ŉ, ſ.
  /^[[a-z0-9\-ß-öø-ž]--[ıĸŉſ]]+$/v,
  /^[[\p{Script=Cyrillic}&&\p{L}]0-9\-]+$/v,
  /^[[\p{Script=Greek}&&\p{L}]0-9\-]+$/v,
  inScripts('Han', 'Hiragana', 'Katakana'),
  inScripts('Han', 'Hangul'),
  inScripts('Han', 'Bopomofo'),
  ...'Arabic Armenian Bengali Devanagari Ethiopic Georgian Gujarati Gurmukhi Hebrew Kannada Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thai Tibetan'
    .split(' ')
    .map((script) => inScripts(script)),
];

/** Words of nothing but these look like words of Latin letters. */
const looksLatin = /^(?:[асԁеһіјӏорԛѕԝхуъҽпгѵѡїьү0-9-]+|[αικνρυωηοτγχεϲϳ0-9-]+)$/u;
const onlyAscii = /^[a-z0-9-]*$/;

const isReadable = (label: string, isLatinDomain: boolean): boolean =>
  onlyAscii.test(label) ||
  (alphabets.some((alphabet) => alphabet.test(label)) && !(isLatinDomain && looksLatin.test(label)));

/**
 * Whether an address, as somebody wrote it, looks like the host that it leads to: without a user, a port or a number
 * in another notation, and no part of the name mixes scripts or is of nothing but letters that look Latin.
 */
export const isShownAsWritten = (address: string, url: URL): boolean => {
  const [, written = ''] = /^https?:\/\/([^/?#\\]*)/i.exec(address) ?? [];
  const host = written.toLowerCase();
  // Browsers read a backslash as a slash, people do not.
  if (address.includes('\\')) return false;
  // A name that is written in Punycode is shown so.
  if (host === url.host) return true;
  const labels = host
    .normalize('NFC')
    .replace(/:\d{1,5}$/, '')
    .split('.');
  const isLatinDomain = onlyAscii.test(labels.at(-1) ?? '');
  return /[^\0-\x7f]/.test(host) && labels.every((label) => isReadable(label, isLatinDomain));
};
