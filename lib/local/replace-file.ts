import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Replaces a file, which only its owner can read, or creates it: after a crash it has either all of its former text
 * or all of the new one. When there is no room, the file stays as it was.
 *
 * @throws Error when the text cannot be written
 */
export const replaceFile = (path: string, text: string): void => {
  // Hidden: a crash may leave it in a data folder, and `--fresh` refuses a folder with files that it does not know.
  const temporary = join(dirname(path), `.${randomUUID()}.new`);
  try {
    const descriptor = openSync(temporary, 'w', 0o600);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
};
