/** What a Lambda function remembers between its events, at most so many values. */
export interface Memory<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
  delete(key: Key): void;
}

/**
 * Makes a memory of at most `max` values. One more makes it forget all others, which costs a miss for each key in use; keeping
 * them in the order of their use would cost something at every hit.
 */
export const createMemory = <Key, Value>(max: number): Memory<Key, Value> => {
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
