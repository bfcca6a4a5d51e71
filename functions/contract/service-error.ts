import { type ErrorName, codeOf, errorCatalogue } from './errors.ts';

/** A place in the input and the problem there. */
export interface InputIssue {
  readonly path: string;
  readonly message: string;
}

/** A refusal that the client is told about. Every error response goes through this class. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  /** The error's name in the catalogue. */
  readonly error: ErrorName;
  /** The stable code that clients see. */
  readonly code: string;
  readonly issues: readonly InputIssue[] | undefined;
  /** Seconds until a retry makes sense. */
  readonly retryAfter: number | undefined;
  /** The users whom the refusal is about. */
  readonly userIds: readonly number[] | undefined;

  constructor(
    error: ErrorName,
    options: {
      /** A message for people, more specific than the catalogue's. */
      readonly detail?: string;
      readonly issues?: readonly InputIssue[];
      /** The one input field that the message is about, instead of `issues`. */
      readonly path?: string | undefined;
      readonly retryAfter?: number;
      readonly userIds?: readonly number[];
    } = {},
  ) {
    super(options.detail ?? errorCatalogue[error].detail);
    this.error = error;
    this.code = codeOf(error);
    const { path, issues } = options;
    this.issues = path === undefined ? issues : [{ path, message: this.message }];
    this.retryAfter = options.retryAfter;
    this.userIds = options.userIds;
  }
}
