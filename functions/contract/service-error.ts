import { type ErrorName, codeOf, errorCatalogue } from './errors.ts';

/** A place in the input and what is wrong there. */
export interface InputIssue {
  readonly path: string;
  readonly message: string;
}

/** An answer that is not a result: everything that a client can be told goes through here. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  /** The error's name in the catalogue. */
  readonly error: ErrorName;
  /** The stable code that clients see. */
  readonly code: string;
  readonly issues: readonly InputIssue[] | undefined;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | undefined;
  /** Whom the refusal is about. */
  readonly userIds: readonly number[] | undefined;

  constructor(
    error: ErrorName,
    options: {
      /** A sentence for people, more exact than the catalogue's. */
      readonly detail?: string;
      readonly issues?: readonly InputIssue[];
      /** The one field of the input that the sentence is about, in the place of issues. */
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
