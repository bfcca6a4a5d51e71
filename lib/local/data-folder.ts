import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockFolder } from './mongodb-server/folder-lock.ts';

/** The entries that the local cloud writes into its data folder, besides the lock file. */
const ENTRIES: ReadonlySet<string> = new Set([
  'build',
  'dynamodb',
  'endpoints.json',
  'mail',
  'mongod',
  'mongod-downloaded',
  'mongodb-embedded',
  'mysql',
  'ports.json',
  's3',
  'secrets.json',
  'sqs',
]);
const LOCK = 'lock';

/** Entries of a folder that the local cloud has not written. Ignores files that the operating system hides there. */
export const findForeignEntries = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder).filter((name) => !ENTRIES.has(name) && name !== LOCK && !name.startsWith('.'))
    : [];

/**
 * Removes the data of earlier runs from a data folder, and nothing else. Leaves a folder alone that is in use.
 *
 * @throws Error when the folder contains anything that the local cloud has not written: then it is most likely the
 *   wrong folder
 */
export const deleteData = (folder: string, log: (line: string) => void): void => {
  if (!existsSync(folder)) return;
  const [stranger] = findForeignEntries(folder);
  if (stranger !== undefined) {
    throw new Error(`${folder} has ${stranger} in it, which is not the service's: nothing was removed.`);
  }
  const unlock = lockFolder(folder, log);
  for (const name of readdirSync(folder).filter((one) => ENTRIES.has(one))) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
  unlock();
};
