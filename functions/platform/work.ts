import { AsyncLocalStorage } from 'node:async_hooks';

/** Work that somebody waits for, and that goes on for nobody once they have given up waiting. */
interface Work {
  isAbandoned: boolean;
  /** How it lets go of what others wait for. */
  readonly held: Set<() => void>;
}

const works = new AsyncLocalStorage<Work>();

/**
 * Runs work that is abandoned when it takes too long: the caller is answered, and Lambda freezes what still runs. What it
 * then held in a store, such as the lock of an open transaction, it would hold for as long as it is frozen. So it lets go
 * of everything ahead of the answer, and takes nothing from then on.
 *
 * @param run throws, or rejects, with its own error
 * @param tooLate the error that the caller gets in the place of a result
 */
export const within = async <T>(ms: number, run: () => Promise<T>, tooLate: () => Error): Promise<T> => {
  const work: Work = { isAbandoned: false, held: new Set() };
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      work.isAbandoned = true;
      for (const letGo of work.held) letGo();
      reject(tooLate());
    }, ms);
  });
  try {
    return await Promise.race([works.run(work, run), deadline]);
  } finally {
    clearTimeout(timer);
  }
};

/** Something that work takes and gives back, such as a connection. */
export interface Hold {
  /** Whether the work is abandoned, and must not take it any more. */
  readonly isRefused: boolean;
  /** The work has it from now on. @param letGo gives it up at once, whatever is under way */
  readonly take: (letGo: () => void) => void;
  /** The work has given it back. */
  readonly end: () => void;
}

/** A hold of the work under way: of none, where nobody waits with a limit, as in jobs. */
export const holdOfWork = (): Hold => {
  const work = works.getStore();
  let held: (() => void) | undefined;
  return {
    get isRefused() {
      return work?.isAbandoned === true;
    },
    take: (letGo) => {
      held = letGo;
      work?.held.add(letGo);
    },
    end: () => {
      if (held !== undefined) work?.held.delete(held);
    },
  };
};
