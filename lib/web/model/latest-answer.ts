import { createFreshAnswers, type FreshAnswers } from '../../client/fresh-answers.ts';

/**
 * Loads data for a view that shows one response at a time: the one to its latest request, and none that is older than a
 * change.
 */
export interface LatestAnswer {
  readonly changed: FreshAnswers['changed'];
  /**
   * Sends a request, and sends it again when a change came before the response.
   *
   * @returns undefined, also in place of an error, when `ask` has been called again since
   */
  readonly ask: <Answer>(question: () => Promise<Answer>) => Promise<Answer | undefined>;
}

/** Creates the request state of one view for one resource. */
export const createLatestAnswer = (): LatestAnswer => {
  const { changed, ask } = createFreshAnswers();
  let latest = 0;
  return {
    changed,
    ask: async (question) => {
      const own = (latest += 1);
      const isOver = (): boolean => own !== latest;
      try {
        const answer = await ask(async () => (isOver() ? undefined : question()));
        return isOver() ? undefined : answer;
      } catch (error) {
        if (isOver()) return undefined;
        throw error;
      }
    },
  };
};
