/** Reads the fields of a command, with the error that the server gives for a wrong type. */
import { Long } from 'bson';
import { type BsonDocument, isDocument } from './bson-values.ts';
import { CommandError } from './command-error.ts';

/** The number in a field, or the default when the field is absent. */
export const numberArgument = (body: BsonDocument, name: string, otherwise: number): number => {
  const value = body[name];
  if (value === undefined || value === null) return otherwise;
  if (typeof value === 'number') return value;
  if (value instanceof Long) return value.toNumber();
  throw wrongType(name, 'number');
};

/** Like `numberArgument`, but rejects numbers below 0. */
export const countArgument = (body: BsonDocument, name: string, otherwise: number): number => {
  const value = numberArgument(body, name, otherwise);
  if (value >= 0) return value;
  throw new CommandError('BadValue', `BSON field '${name}' value must be >= 0, actual value '${value}'`);
};

/** The document in a field, or an empty one. */
export const documentArgument = (body: BsonDocument, name: string): BsonDocument => {
  const value = body[name];
  if (value === undefined || value === null) return {};
  if (isDocument(value)) return value;
  throw wrongType(name, 'object');
};

/** The document in a field, or undefined. */
export const optionalDocument = (body: BsonDocument, name: string): BsonDocument | undefined =>
  body[name] === undefined || body[name] === null ? undefined : documentArgument(body, name);

/** The documents in a list, or an empty list. */
export const documentsArgument = (body: BsonDocument, name: string): BsonDocument[] => {
  const value = body[name];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every(isDocument)) return value;
  throw wrongType(name, 'array of objects');
};

/** The string in a field. */
export const stringArgument = (body: BsonDocument, name: string): string => {
  const value = body[name];
  if (typeof value === 'string') return value;
  throw wrongType(name, 'string');
};

/** The sort order in a field: field names with 1 or -1. */
export const sortArgument = (body: BsonDocument, name: string): Array<readonly [string, 1 | -1]> =>
  Object.entries(documentArgument(body, name)).map(([field, direction]) => {
    const number = direction instanceof Long ? direction.toNumber() : direction;
    if (number === 1 || number === -1) return [field, number] as const;
    if (isDocument(number) && '$meta' in number) {
      throw new CommandError('NotImplemented', '$meta is not supported by the embedded MongoDB server');
    }
    throw new CommandError('BadValue', '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
  });

const wrongType = (name: string, wanted: string): CommandError =>
  new CommandError('TypeMismatch', `BSON field '${name}' is the wrong type, expected type '${wanted}'`);
