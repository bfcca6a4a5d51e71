import { CommandError } from '../command-error.ts';
import type { Command } from './command.ts';

/** The namespace that a command's first value names. Throws InvalidNamespace. */
export const namespaceOf = ({ name, body, database }: Command): string => namespaceIn(database, body[name]);

/** Joins a database and a collection name. Throws InvalidNamespace (manual: "Naming Restrictions"). */
export const namespaceIn = (database: string, collection: unknown): string => {
  const isValid =
    typeof collection === 'string' &&
    collection !== '' &&
    !/[\0$]/.test(collection) &&
    database !== '' &&
    !/[\0/\\. "$]/.test(database) &&
    `${database}.${collection}`.length <= 255;
  if (isValid) return `${database}.${collection}`;
  throw new CommandError(
    'InvalidNamespace',
    `Invalid namespace specified '${database}.${String(collection)}'`,
  );
};
