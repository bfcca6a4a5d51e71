import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockFolder } from './mongodb-server/folder-lock.ts';

/** What the local cloud writes into its data folder, beside the lock of whoever uses it. */
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

/** Entries of a folder that the local cloud has not written. Files that the system hides there are nobody's. */
export const strangersIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder).filter((name) => !ENTRIES.has(name) && name !== LOCK && !name.startsWith('.'))
    : [];

/**
 * Removes what an earlier run has left in a data folder, and nothing else. A folder that somebody uses is left alone.
 *
 * @throws Error when there is something in the folder that is not the local cloud's: then it is most likely another folder
 * than was meant
 */
export const forgetData = (folder: string, log: (line: string) => void): void => {
  if (!existsSync(folder)) return;
  const [stranger] = strangersIn(folder);
  if (stranger !== undefined) {
    throw new Error(`${folder} has ${stranger} in it, which is not the service's: nothing was removed.`);
  }
  const unlock = lockFolder(folder, log);
  for (const name of readdirSync(folder).filter((one) => ENTRIES.has(one))) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
  unlock();
};
