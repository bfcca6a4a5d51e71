/**
 * Whether a value matches one of IAM's patterns: `*` stands for any text, `?` for one character.
 *
 * @param flags `i` for actions, which IAM compares case-insensitively; '' for resources and keys
 */
export const matchesAny = (patterns: unknown, value: string, flags: 'i' | ''): boolean =>
  asList(patterns).some((pattern) => typeof pattern === 'string' && toRegExp(pattern, flags).test(value));

/** A policy's value as a list; a single value may stand without one. */
export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

const compiled = new Map<string, RegExp>();

const toRegExp = (pattern: string, flags: 'i' | ''): RegExp => {
  const key = flags + pattern;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const made = new RegExp(`^${source}$`, `s${flags}`);
  compiled.set(key, made);
  return made;
};
