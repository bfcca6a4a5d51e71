import type { BsonDocument } from './bson-values.ts';

/** The server's error numbers (mongodb/mongo `src/mongo/base/error_codes.yml`), as far as they are used. */
const codes = {
  InternalError: 1,
  BadValue: 2,
  FailedToParse: 9,
  TypeMismatch: 14,
  IllegalOperation: 20,
  InvalidBSON: 22,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  InvalidIdField: 53,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  NotImplemented: 238,
  NoQueryExecutionPlans: 291,
  UnsupportedOpQueryCommand: 352,
  BSONObjectTooLarge: 10334,
  DuplicateKey: 11000,
  OutOfDiskSpace: 14031,
  Location40324: 40324,
} as const;

export type ErrorName = keyof typeof codes;

/** A failure that is reported to the client: code, name and message as MongoDB sends them. */
export class CommandError extends Error {
  readonly code: number;
  readonly codeName: ErrorName;
  /** Further fields of the error, such as `keyPattern` for a duplicate key. */
  readonly details: BsonDocument;

  constructor(codeName: ErrorName, message: string, details: BsonDocument = {}) {
    super(message);
    this.name = 'CommandError';
    this.code = codes[codeName];
    this.codeName = codeName;
    this.details = details;
  }
}

/** The error for features that the embedded server does not implement, instead of a wrong result. */
export const notSupported = (what: string): CommandError =>
  new CommandError('NotImplemented', `${what} is not supported by the embedded MongoDB server`);
