// Decides which host names may be shown in the letters of their language, by rules like Chromium's (docs/idn.md in its
// sources) and Unicode's UTS 39. All others are shown in Punycode.

const inScripts = (...scripts: readonly string[]): RegExp =>
  new RegExp(String.raw`^[${scripts.map((script) => String.raw`\p{scx=${script}}`).join('')}0-9\-]+$`, 'v');

/**
 * Patterns of labels in the letters of one language: letters of several alphabets in one label could be mistaken for
 * each other.
 */
const alphabets = [
  // Latin without phonetic letters, and without a few that are mistaken for ASCII: ı, ĸ, ŉ, ſ.
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

/** Labels that consist of these letters only can be mistaken for Latin words. */
const looksLatin = /^(?:[асԁеһіјӏорԛѕԝхуъҽпгѵѡїьү0-9-]+|[αικνρυωηοτγχεϲϳ0-9-]+)$/u;
const onlyAscii = /^[a-z0-9-]*$/;

const isReadable = (label: string, isLatinDomain: boolean): boolean =>
  onlyAscii.test(label) ||
  (alphabets.some((alphabet) => alphabet.test(label)) && !(isLatinDomain && looksLatin.test(label)));

/**
 * Whether an address, as written, looks like the host that it leads to: it has no user, no port, and no number in
 * another notation, and no label of the host mixes scripts or consists only of letters that look Latin.
 */
export const isShownAsWritten = (address: string, url: URL): boolean => {
  const [, written = ''] = /^https?:\/\/([^/?#\\]*)/i.exec(address) ?? [];
  const host = written.toLowerCase();
  // Browsers treat a backslash as a slash; people do not.
  if (address.includes('\\')) return false;
  // A name that is written in ASCII or Punycode is shown as it is.
  if (host === url.host) return true;
  const labels = host
    .normalize('NFC')
    .replace(/:\d{1,5}$/, '')
    .split('.');
  const isLatinDomain = onlyAscii.test(labels.at(-1) ?? '');
  return /[^\0-\x7f]/.test(host) && labels.every((label) => isReadable(label, isLatinDomain));
};
