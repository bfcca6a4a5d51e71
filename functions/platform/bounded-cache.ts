/** A bounded cache that a Lambda execution environment keeps between invocations. */
export interface BoundedCache<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
  delete(key: Key): void;
}

/**
 * Creates a cache of at most `max` values. When it is full, the next value evicts all others, which costs one miss
 * per key in use; tracking the order of use would cost something at every hit.
 */
export const createBoundedCache = <Key, Value>(max: number): BoundedCache<Key, Value> => {
  const known = new Map<Key, Value>();
  return {
    get: (key) => known.get(key),
    set: (key, value) => {
      if (known.size >= max && !known.has(key)) known.clear();
      known.set(key, value);
    },
    delete: (key) => void known.delete(key),
  };
};
