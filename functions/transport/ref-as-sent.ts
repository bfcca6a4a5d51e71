/**
 * The `context` argument of JSON.parse's reviver, and `JSON.rawJSON`: ES2026 features that TypeScript's library
 * lacks.
 */
const json = JSON as unknown as {
  parse(
    text: string,
    reviver: (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
};

/** The source text of the number at `ref` in a JSON object. */
const sourceOfRef = (text: string): string | undefined => {
  const sources = new Map<unknown, string>();
  try {
    const root = json.parse(text, function note(this: unknown, key, value, { source }) {
      if (key === 'ref' && source !== undefined) sources.set(this, source);
      return value;
    });
    return sources.get(root);
  } catch (error) {
    // With a reviver, V8 parses recursively: a frame of nested brackets exceeds the call stack.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};

/**
 * Restores `ref` in a reply to the client's own notation, when it is a number that JavaScript cannot represent
 * exactly: 12345678901234567890 is returned as 12345678901234567890.
 *
 * @param sent the text of the client's frame
 */
export const refAsSent = <Answer extends object>(answer: Answer, sent: string | undefined): Answer => {
  if (!('ref' in answer) || typeof answer.ref !== 'number') return answer;
  if (Number.isSafeInteger(answer.ref) && !Object.is(answer.ref, -0)) return answer;
  const source = sent === undefined ? undefined : sourceOfRef(sent);
  return source === undefined ? answer : { ...answer, ref: json.rawJSON(source) };
};
