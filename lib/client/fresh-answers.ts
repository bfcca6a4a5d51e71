/**
 * Discards outdated responses about a resource that the service has and that this client changes as well: a returned
 * response is never older than the latest change.
 */
export interface FreshAnswers {
  /**
   * Records that the resource was changed here, or that a newer response arrived: responses to earlier requests are
   * outdated.
   */
  readonly changed: () => void;
  /**
   * Sends a request, and repeats it when a change was recorded before the response arrived.
   *
   * @throws what `question` throws
   */
  readonly ask: <Answer>(question: () => Promise<Answer>) => Promise<Answer>;
}

/** Responses may arrive late, and in another order than the requests were sent. */
export const createFreshAnswers = (): FreshAnswers => {
  let changes = 0;
  const ask: FreshAnswers['ask'] = async (question) => {
    const before = changes;
    const answer = await question();
    return before === changes ? answer : ask(question);
  };
  return { changed: () => void (changes += 1), ask };
};
