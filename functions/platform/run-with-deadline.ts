import { AsyncLocalStorage } from 'node:async_hooks';

/** Work with a caller that waits for it; abandoned once the caller stops waiting. */
interface Work {
  isAbandoned: boolean;
  /** Callbacks that release what the work holds. */
  readonly held: Set<() => void>;
}

const works = new AsyncLocalStorage<Work>();

/**
 * Runs work that is abandoned when it takes too long: the caller gets an error, and Lambda freezes whatever still
 * runs. Anything that the work holds in a store, such as the row lock of an open transaction, would stay held while
 * it is frozen. So everything is released before the caller gets its error, and the work cannot acquire anything
 * afterwards.
 *
 * @param run throws, or rejects, with its own error
 * @param tooLate creates the error that the caller gets instead of a result
 */
export const runWithDeadline = async <T>(
  ms: number,
  run: () => Promise<T>,
  tooLate: () => Error,
): Promise<T> => {
  const work: Work = { isAbandoned: false, held: new Set() };
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      work.isAbandoned = true;
      for (const release of work.held) release();
      reject(tooLate());
    }, ms);
  });
  try {
    return await Promise.race([works.run(work, run), deadline]);
  } finally {
    clearTimeout(timer);
  }
};

/** A resource that work acquires and releases, such as a connection. */
export interface ResourceHold {
  /** Whether the work has been abandoned and must not acquire the resource any more. */
  readonly isAbandoned: boolean;
  /** Records that the work has acquired the resource. @param release releases it at once, whatever is in flight */
  readonly markAcquired: (release: () => void) => void;
  /** Records that the work has released the resource. */
  readonly markReleased: () => void;
}

/**
 * A hold of the work in whose async context this is called. Outside of `runWithDeadline`, as in jobs, a hold has no
 * effect.
 */
export const holdForCurrentWork = (): ResourceHold => {
  const work = works.getStore();
  let held: (() => void) | undefined;
  return {
    get isAbandoned() {
      return work?.isAbandoned === true;
    },
    markAcquired: (release) => {
      held = release;
      work?.held.add(release);
    },
    markReleased: () => {
      if (held !== undefined) work?.held.delete(held);
    },
  };
};
