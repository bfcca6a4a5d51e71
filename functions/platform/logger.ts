import { Logger } from '@aws-lambda-powertools/logger';

/**
 * The structured log: one JSON object a line. Request and connection ids are appended by the transport;
 * contents, tokens and e-mail addresses never are.
 */
export const logger = new Logger({ serviceName: 'chat-service' });

/** An error as the log may show it. */
export interface LoggedError {
  readonly name: string;
  readonly message: string;
  readonly stack: readonly string[];
  readonly cause?: LoggedError;
}

/**
 * What may be logged of an error: its name, its message, where it arose. Errors of MySQL carry the statement with
 * all its values, and name the value that a unique key refused: of those only the code is kept.
 */
export const loggedError = (error: unknown): LoggedError => {
  if (!(error instanceof Error)) return { name: typeof error, message: 'Not an Error was thrown', stack: [] };
  const { code, sqlMessage } = error as Error & { code?: string; sqlMessage?: string };
  return {
    name: error.name,
    message: sqlMessage === undefined ? error.message : `MySQL answered ${code ?? 'an error'}`,
    // The first lines repeat the message.
    stack: (error.stack ?? '')
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .map((line) => line.trim()),
    ...(error.cause === undefined ? {} : { cause: loggedError(error.cause) }),
  };
};
