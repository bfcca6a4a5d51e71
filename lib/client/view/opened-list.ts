import type { Signals } from './signals.ts';

/**
 * A list that is loaded when it is opened, and then kept current by the changes that the client reports.
 *
 * @param fetch requests the list
 * @param show replaces the list by a response
 */
export const createOpenedList = <Answer>(
  fetch: () => Promise<Answer>,
  show: (answer: Answer) => void,
  { signal, batch }: Signals,
) => {
  const state = signal<'loading' | 'loaded' | 'failed'>('loading');
  /** Changes that arrived during a request; the response may be older. */
  let early: (() => void)[] = [];
  let loading: Promise<void> | undefined;
  let isOpened = false;

  const load = async (): Promise<void> => {
    try {
      const answer = await fetch();
      batch(() => {
        show(answer);
        for (const change of early) change();
        state.value = 'loaded';
      });
    } catch {
      // What is shown so far stays; the next connection and `reload` try again.
      state.value = 'failed';
    } finally {
      early = [];
      loading = undefined;
    }
  };

  const reload = (): Promise<void> => {
    isOpened = true;
    return (loading ??= load());
  };

  return {
    state,
    /** Loads the list again. */
    reload,
    isOpened: (): boolean => isOpened,
    /** Loads the list, unless it is loaded or loading. */
    open: async (): Promise<void> => {
      if (!isOpened || state.peek() === 'failed') await reload();
    },
    /** Applies a change to an opened list, and once more after a pending response has arrived. */
    apply: (change: () => void): void => {
      if (!isOpened) return;
      if (loading !== undefined) early.push(change);
      change();
    },
  };
};
