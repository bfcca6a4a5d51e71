/** The JSON contains an object with a duplicate key, whose meaning is undefined (RFC 8259, section 4). */
export class DuplicateKeyError extends SyntaxError {
  override readonly name = 'DuplicateKeyError';
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Counts the keys in a JSON text: each has one colon outside of strings. */
const fieldsWritten = (json: string): number => {
  let count = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === COLON) count += 1;
    if (code !== QUOTE) continue;
    for (at += 1; json.charCodeAt(at) !== QUOTE; at += 1) {
      if (json.charCodeAt(at) === BACKSLASH) at += 1;
    }
  }
  return count;
};

/** Counts the keys in a parsed value. Iterative, since a text may nest deeper than the call stack. */
const fieldsOf = (value: unknown): number => {
  let count = 0;
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== 'object' || next === null) continue;
    const inside: unknown[] = Object.values(next);
    if (!Array.isArray(next)) count += inside.length;
    for (const item of inside) waiting.push(item);
  }
  return count;
};

/**
 * Parses JSON like `JSON.parse`, but rejects duplicate keys, however they are escaped: `JSON.parse` uses the last
 * one, other parsers the first, so a check and the actual work might see different values.
 *
 * @throws SyntaxError when the text is not JSON
 * @throws DuplicateKeyError
 */
export const parseJson = (text: string): unknown => {
  const value: unknown = JSON.parse(text);
  // A duplicate key appears twice in the text and once in the value.
  if (fieldsOf(value) !== fieldsWritten(text)) throw new DuplicateKeyError('A field is named twice');
  return value;
};
