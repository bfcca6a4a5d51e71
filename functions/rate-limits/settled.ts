/** How the count of an attempt is corrected when its outcome is known. */
export interface Settlement<T> {
  /** By default the count stays. */
  readonly succeeded?: (result: T) => Promise<unknown>;
  readonly failed: (error: unknown) => Promise<unknown>;
}

/**
 * Runs an attempt that was counted before its outcome was known, and corrects the count once. Where the correction itself
 * fails, the count stays too high until its window ends: a second correction could lower it below the number of attempts.
 *
 * @throws what `run` throws, or what the correction throws
 */
export const settled = async <T>(run: () => Promise<T>, { succeeded, failed }: Settlement<T>): Promise<T> => {
  let result: T;
  try {
    result = await run();
  } catch (error) {
    await failed(error);
    throw error;
  }
  await succeeded?.(result);
  return result;
};
