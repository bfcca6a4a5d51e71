import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe } from 'node:test';

const tests = join(import.meta.dirname, '..');

/** One of several parts of a folder's files. */
export interface Share {
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

/** @returns the test files of a folder below `test/`, or a share of them, by their absolute paths */
export const filesOf = (folder: string, share: Share): readonly string[] =>
  globSync(join(tests, folder, '**/*.test.ts'))
    .toSorted()
    .filter((_, index) => index % share.of === share.number - 1);

/**
 * Runs the test files of a folder in the caller's process, each as a suite that is named after it. The runner gives each
 * file a process of its own, and starting one and loading what it imports takes 0.3 s of CPU, more than most files' tests
 * do. Hooks at the root of a file are those of its suite, so that no other file runs them.
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
