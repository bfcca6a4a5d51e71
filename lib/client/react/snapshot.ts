interface Kept {
  readonly sources: readonly unknown[];
  readonly value: unknown;
}

const kept = new WeakMap<object, Map<string, Kept>>();

/**
 * The value of `make`, computed again only when one of its sources has changed: React compares snapshots by identity.
 *
 * @param owner the object whose value this is; cached values live as long as it does
 * @param name identifies the value among those of its owner
 */
export const snapshot = <Value>(
  owner: object,
  name: string,
  sources: readonly unknown[],
  make: () => Value,
): Value => {
  const ofOwner = kept.get(owner) ?? new Map<string, Kept>();
  kept.set(owner, ofOwner);
  const before = ofOwner.get(name);
  if (
    before?.sources.length === sources.length &&
    before.sources.every((source, index) => Object.is(source, sources[index]))
  ) {
    return before.value as Value;
  }
  const value = make();
  ofOwner.set(name, { sources, value });
  return value;
};
