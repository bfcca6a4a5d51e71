import { constants, copyFileSync, linkSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes a file available at a second path, for reading only: as a hard link, which takes neither time nor space, or
 * as a copy when the two paths are on different disks or the file system has no hard links.
 */
export const linkFile = (from: string, to: string): void => {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
  }
};

/** Does the same for a folder with everything in it. */
export const linkFolder = (from: string, to: string): void => {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const link = entry.isDirectory() ? linkFolder : linkFile;
    link(join(from, entry.name), join(to, entry.name));
  }
};
