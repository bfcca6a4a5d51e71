import { createFreshAnswers, type FreshAnswers } from '../../client/fresh-answers.ts';

/** Answers for a view that shows one at a time: the one to its latest question, and none older than a change. */
export interface LatestAnswer {
  readonly changed: FreshAnswers['changed'];
  /**
   * Asks, and asks again when a change came before the answer.
   *
   * @returns undefined, also in place of an error, when `ask` has been called since
   */
  readonly ask: <Answer>(question: () => Promise<Answer>) => Promise<Answer | undefined>;
}

/** For the questions of one view about one thing. */
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
