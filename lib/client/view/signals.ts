/** A value with change notifications. The signals of `@preact/signals` satisfy it. */
export interface Signal<Value> {
  value: Value;
  /** The value, without subscribing the reader. */
  readonly peek: () => Value;
}

/**
 * The functions from which a view is built: the page passes those of `@preact/signals`, the React hooks those of
 * `createSignals`.
 */
export interface Signals {
  readonly signal: <Value>(initial: Value) => Signal<Value>;
  /** Combines the notifications of several changes. */
  readonly batch: (run: () => void) => void;
}

/** Signals with common listeners for the changes of all of them. */
export interface ListenedSignals extends Signals {
  /** @returns a function that removes the listener */
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
