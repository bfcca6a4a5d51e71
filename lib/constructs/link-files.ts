import { constants, copyFileSync, linkSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Puts a file in a second place, for who only reads it there: as a hard link, which takes neither time nor room, and as a
 * copy where the two places are on different disks or the disk knows no links.
 */
export const linkFile = (from: string, to: string): void => {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
  }
};

/** The same for a folder with everything in it. */
export const linkFolder = (from: string, to: string): void => {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const link = entry.isDirectory() ? linkFolder : linkFile;
    link(join(from, entry.name), join(to, entry.name));
  }
};
