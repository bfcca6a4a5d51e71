/** A failed invocation as Lambda reports it: the `errorType` and `errorMessage` of its response. */
export class LambdaError extends Error {
  override readonly name = 'LambdaError';
  readonly errorType: string;

  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
}

/** Lambda's error for a function that has used up its concurrency. */
export const throttled = (): LambdaError => new LambdaError('TooManyRequestsException', 'Rate Exceeded.');
