/** A text that is JSON, in which an object names a field twice: what it means is anybody's guess (RFC 8259, 4). */
export class DuplicateKeyError extends SyntaxError {
  override readonly name = 'DuplicateKeyError';
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** How many fields a JSON text writes down: each has one colon outside of strings. */
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

/** How many fields a parsed value has. Without recursion: a text may nest deeper than the stack. */
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
 * Parses JSON as `JSON.parse` does, but for objects that name a field twice, however the name is written: of those
 * `JSON.parse` takes the last, others the first, and whoever checked one may act on the other.
 *
 * @throws SyntaxError for what is no JSON, DuplicateKeyError
 */
export const parseJson = (text: string): unknown => {
  const value: unknown = JSON.parse(text);
  // A name that came twice is one field in the value.
  if (fieldsOf(value) !== fieldsWritten(text)) throw new DuplicateKeyError('A field is named twice');
  return value;
};
