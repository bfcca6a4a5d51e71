/** How Lambda reports a failed invocation: the `errorType` and `errorMessage` of its answer. */
export class LambdaError extends Error {
  override readonly name = 'LambdaError';
  readonly errorType: string;

  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
}

/** What Lambda says when a function has used up its concurrency. */
export const throttled = (): LambdaError => new LambdaError('TooManyRequestsException', 'Rate Exceeded.');
