/**
 * Waits until all tasks have settled, also when one fails: Lambda may freeze the function as soon as this returns.
 *
 * @throws the error of the task that failed, or AggregateError of several
 */
export const awaitAll = async (tasks: readonly (Promise<unknown> | undefined)[]): Promise<void> => {
  const failures = (await Promise.allSettled(tasks.filter((task) => task !== undefined)))
    .filter((result) => result.status === 'rejected')
    .map((result): unknown => result.reason);
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, `${failures.length} of ${tasks.length} failed`);
};
