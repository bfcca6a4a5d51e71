/** The corrections of an attempt's count, once its outcome is known. */
export interface CountCorrection<T> {
  /** By default the count stays unchanged. */
  readonly succeeded?: (result: T) => Promise<unknown>;
  readonly failed: (error: unknown) => Promise<unknown>;
}

/**
 * Runs an attempt that was counted before its outcome is known, and corrects the count at most once. When the
 * correction fails, the count stays too high until its window ends: a second correction could lower it below the
 * number of attempts.
 *
 * @throws the error of `run`, or of the correction
 */
export const runCountedAttempt = async <T>(
  run: () => Promise<T>,
  { succeeded, failed }: CountCorrection<T>,
): Promise<T> => {
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
