import { Logger } from '@aws-lambda-powertools/logger';
import { StoreUnavailableError } from './store-unavailable.ts';

/**
 * The structured log: one JSON object per line. The transport appends request and connection ids. Contents, tokens and
 * e-mail addresses are never logged.
 */
export const logger = new Logger({ serviceName: 'chat-service' });

/** An error in its logged form. */
export interface LoggedError {
  readonly name: string;
  readonly message: string;
  /** Absent for stores that are away: these errors are expected, and come in thousands. */
  readonly stack?: readonly string[];
  readonly code?: string | number;
  readonly cause?: LoggedError;
}

/**
 * Reduces an error to what may be logged: name, message, code, stack and causes. MySQL's error messages contain the
 * statement with all of its values, and the value that violated a unique key: only their code is logged.
 */
export const loggedError = (
  error: unknown,
  hasStack = !(error instanceof StoreUnavailableError),
): LoggedError => {
  if (!(error instanceof Error)) return { name: typeof error, message: 'Not an Error was thrown' };
  const { code, sqlMessage } = error as Error & { code?: string | number; sqlMessage?: string };
  return {
    name: error.name,
    message: sqlMessage === undefined ? error.message : `MySQL answered ${code ?? 'an error'}`,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(hasStack ? { stack: stackOf(error) } : {}),
    ...(error.cause === undefined ? {} : { cause: loggedError(error.cause, hasStack) }),
  };
};

/** The lines of a stack without the first ones, which repeat the message. */
const stackOf = (error: Error): string[] =>
  (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim());
