import { Logger } from '@aws-lambda-powertools/logger';

/**
 * The structured log: one JSON object per line. The transport appends request and connection ids. Contents, tokens and
 * e-mail addresses are never logged.
 */
export const logger = new Logger({ serviceName: 'chat-service' });

/** An error in its logged form. */
export interface LoggedError {
  readonly name: string;
  readonly message: string;
  readonly stack: readonly string[];
  readonly cause?: LoggedError;
}

/**
 * Reduces an error to what may be logged: name, message, stack and causes. MySQL's error messages contain the
 * statement with all of its values, and the value that violated a unique key: only their code is logged.
 */
export const loggedError = (error: unknown): LoggedError => {
  if (!(error instanceof Error)) return { name: typeof error, message: 'Not an Error was thrown', stack: [] };
  const { code, sqlMessage } = error as Error & { code?: string; sqlMessage?: string };
  return {
    name: error.name,
    message: sqlMessage === undefined ? error.message : `MySQL answered ${code ?? 'an error'}`,
    // Drops the first lines of the stack, which repeat the message.
    stack: (error.stack ?? '')
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .map((line) => line.trim()),
    ...(error.cause === undefined ? {} : { cause: loggedError(error.cause) }),
  };
};
