/**
 * Whether a value fits one of IAM's patterns: `*` stands for any text, `?` for one character.
 *
 * @param flags `i` for actions, whose case IAM ignores; resources and keys have theirs
 */
export const matchesAny = (patterns: unknown, value: string, flags: 'i' | ''): boolean =>
  asList(patterns).some((pattern) => typeof pattern === 'string' && toRegExp(pattern, flags).test(value));

/** A value of a policy, which may stand for itself or in a list. */
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
