import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { fastBundling } from './local-service.ts';

const project = resolve(import.meta.dirname, '../..');

/** A change of a source file: the text before and after it. */
export type Edit = readonly [file: string, before: string, after: string];

/** A version of the project that might be released next: a copy with changes. */
export interface NextVersion {
  readonly edits: readonly Edit[];
  readonly newFiles: Readonly<Record<string, string>>;
}

/**
 * Synthesizes another version of the project from a copy of its sources, as a release does.
 *
 * @param folder an empty folder for the sources and the results
 * @returns the path of the cloud assembly of the stage `local`
 * @throws Error when an edit does not match the sources, or they cannot be synthesized
 */
export const synthesizeNextVersion = async (
  folder: string,
  { edits, newFiles }: NextVersion,
): Promise<string> => {
  for (const name of [
    'bin',
    'functions',
    'lib',
    'cdk.json',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
  ]) {
    cpSync(join(project, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
  for (const [file, before, after] of edits) {
    const source = readFileSync(join(folder, file), 'utf8');
    if (source.split(before).length !== 2) throw new Error(`${file} does not have once: ${before}`);
    writeFileSync(
      join(folder, file),
      source.replace(before, () => after),
    );
  }
  for (const [file, source] of Object.entries(newFiles)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), source);
  }
  // The chat page belongs to no function, so it is not built.
  writeFileSync(
    join(folder, 'lib/constructs/web-bundle.ts'),
    `export const bundleWebPage = async (): Promise<string> => ${JSON.stringify(join(project, 'lib/web/public'))};`,
  );
  const assembly = join(folder, 'cdk.out');
  await promisify(execFile)(process.execPath, ['bin/app.ts', '--stage', 'local', '--output', assembly], {
    cwd: folder,
    env: { ...process.env, ...fastBundling },
  });
  return assembly;
};
