import { createHash } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

export const project = resolve(import.meta.dirname, '../..');

/** Of each kind of build as many as a developer goes to and fro between. */
const KEPT = 3;

export interface CachedBuild {
  /** What is built; a folder in `.build`. */
  readonly name: string;
  /** Globs of every file, from the project's root, that the result depends on. The lockfile stands for the packages. */
  readonly sources: readonly string[];
  /** Whatever else it depends on. */
  readonly parameters?: string;
  /** Builds into an empty folder. */
  readonly build: (directory: string) => void;
}

const hashOf = ({ sources, parameters = '' }: CachedBuild): string => {
  const hash = createHash('sha256').update(parameters);
  for (const file of globSync([...sources, 'package-lock.json'], { cwd: project, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()) {
    hash.update(file.slice(project.length)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
};

const usedAt = (directory: string): number => statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? 0;

const removeOld = (folder: string): void => {
  const kept = readdirSync(folder)
    .filter((name) => !name.startsWith('building-'))
    .map((name) => join(folder, name));
  for (const old of kept.toSorted((a, b) => usedAt(b) - usedAt(a)).slice(KEPT)) {
    rmSync(old, { recursive: true, force: true });
  }
};

/**
 * The folder with the result of a build, which is made only when it was not made from these very sources before.
 * It is shared: nobody may write into it.
 *
 * @throws what the build throws
 */
export const cachedBuild = (options: CachedBuild): string => {
  const folder = join(project, '.build', options.name);
  const directory = join(folder, hashOf(options));
  if (existsSync(directory)) {
    const now = new Date();
    utimesSync(directory, now, now);
    return directory;
  }
  mkdirSync(folder, { recursive: true });
  // Two processes may build at the same time: each in a folder of its own, and the first to finish is kept.
  const temporary = mkdtempSync(join(folder, 'building-'));
  try {
    options.build(temporary);
    renameSync(temporary, directory);
    removeOld(folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(directory)) throw error;
  }
  return directory;
};
