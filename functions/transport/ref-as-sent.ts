/** What `JSON.parse` tells a reviver of a primitive value, and `JSON.rawJSON`: ES2026, which TypeScript does not know yet. */
const json = JSON as unknown as {
  parse(
    text: string,
    reviver: (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
};

/** The text of the number that stands at `ref` in a JSON object. */
const sourceOfRef = (text: string): string | undefined => {
  const sources = new Map<unknown, string>();
  try {
    const root = json.parse(text, function note(this: unknown, key, value, { source }) {
      if (key === 'ref' && source !== undefined) sources.set(this, source);
      return value;
    });
    return sources.get(root);
  } catch (error) {
    // With a reviver V8 goes down the text recursively, which a frame of nothing but brackets can make too deep.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};

/**
 * An answer whose `ref`, where it is a number that JavaScript does not hold exactly, is written as the client wrote it:
 * 12345678901234567890 comes back as 12345678901234567890.
 *
 * @param sent the text of the frame that is answered
 */
export const refAsSent = <Answer extends object>(answer: Answer, sent: string | undefined): Answer => {
  if (!('ref' in answer) || typeof answer.ref !== 'number') return answer;
  if (Number.isSafeInteger(answer.ref) && !Object.is(answer.ref, -0)) return answer;
  const source = sent === undefined ? undefined : sourceOfRef(sent);
  return source === undefined ? answer : { ...answer, ref: json.rawJSON(source) };
};
