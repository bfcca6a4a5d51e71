/** Answers about one thing that the service has and that is changed here, too: none of them is older than a change. */
export interface FreshAnswers {
  /** The thing has changed here, or a newer answer has come: what was asked before says nothing any more. */
  readonly changed: () => void;
  /**
   * Asks, and asks again when a change came before the answer.
   *
   * @throws what `question` throws
   */
  readonly ask: <Answer>(question: () => Promise<Answer>) => Promise<Answer>;
}

/** Answers may arrive late, and in another order than the questions were asked. */
export const createFreshAnswers = (): FreshAnswers => {
  let changes = 0;
  const ask: FreshAnswers['ask'] = async (question) => {
    const before = changes;
    const answer = await question();
    return before === changes ? answer : ask(question);
  };
  return { changed: () => void (changes += 1), ask };
};
