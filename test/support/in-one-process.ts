import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe } from 'node:test';

const tests = join(import.meta.dirname, '..');

/** One of several parts of a folder's test files. */
export interface Share {
  /** Counts from 1. */
  readonly number: number;
  readonly of: number;
}

/** @returns the absolute paths of the test files in a folder below `test/`, or of a share of them */
export const filesOf = (folder: string, share: Share): readonly string[] =>
  globSync(join(tests, folder, '**/*.test.ts'))
    .toSorted()
    .filter((_, index) => index % share.of === share.number - 1);

/**
 * Runs the test files of a folder in the caller's process, each as a suite with the name of the file. By default the
 * runner starts one process per file, which takes 0.3 s of CPU with its imports, more than the tests of most files.
 * Hooks at the root of a file belong to its suite and do not run for other files.
 *
 * @throws Error when there is no file to run
 */
export const runInOneProcess = (folder: string, share: Share = { number: 1, of: 1 }): void => {
  const files = filesOf(folder, share);
  if (files.length === 0) throw new Error(`There are no tests in test/${folder}.`);
  for (const file of files) {
    describe(relative(tests, file), async () => {
      await import(pathToFileURL(file).href);
    });
  }
};
