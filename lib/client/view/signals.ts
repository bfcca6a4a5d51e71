/** A value that tells of its changes. The signals of `@preact/signals` fit. */
export interface Signal<Value> {
  value: Value;
  /** The value, without subscribing whoever reads it. */
  readonly peek: () => Value;
}

/** What a view is made of: the page passes those of `@preact/signals`, React's hooks those of `createSignals`. */
export interface Signals {
  readonly signal: <Value>(initial: Value) => Signal<Value>;
  /** Tells of several changes once. */
  readonly batch: (run: () => void) => void;
}

/** Signals with one listener for the changes of all. */
export interface ListenedSignals extends Signals {
  /** @returns a function that ends it */
  readonly subscribe: (listener: () => void) => () => void;
}

export const createSignals = (): ListenedSignals => {
  const listeners = new Set<() => void>();
  let depth = 0;
  let isChanged = false;

  const tell = (): void => {
    if (depth > 0 || !isChanged) return;
    isChanged = false;
    for (const listener of listeners) listener();
  };

  return {
    signal: <Value>(initial: Value): Signal<Value> => {
      let current = initial;
      return {
        get value() {
          return current;
        },
        set value(next) {
          if (Object.is(next, current)) return;
          current = next;
          isChanged = true;
          tell();
        },
        peek: () => current,
      };
    },
    batch: (run) => {
      depth += 1;
      try {
        run();
      } finally {
        depth -= 1;
        tell();
      }
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
