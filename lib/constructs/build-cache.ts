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

/** Names another folder than `.build` for what is built: where the project's own cannot be written. */
export const BUILD_DIRECTORY = 'BUILD_DIRECTORY';

const buildDirectory = (): string => process.env[BUILD_DIRECTORY] ?? join(project, '.build');

let tell: (line: string) => void = () => undefined;

/** Hands over a line for each build that is made, with the time that it took, and none for one that was kept. */
export const tellOfBuilds = (to: (line: string) => void): void => {
  tell = to;
};

/** Of each kind of build as many as a developer goes to and fro between, however old. */
const KEPT = 3;
/** A build that was used since then may still be in use. */
const IN_USE_MS = 2 * 60 * 60 * 1000;

/** @template Made what `build` returns: a promise, when the build is waited for */
export interface CachedBuild<Made extends void | Promise<void> = void> {
  /** What is built; a folder in `.build`. */
  readonly name: string;
  /** What a person is told of it when it is made, such as `bundled the functions`. */
  readonly done: string;
  /** Globs of every file, from the project's root, that the result depends on. The lockfile stands for the packages. */
  readonly sources: readonly string[];
  /** Whatever else it depends on. */
  readonly parameters?: string;
  /** Builds into an empty folder. */
  readonly build: (directory: string) => Made;
}

type Inputs = Omit<CachedBuild, 'build'>;
type HashedInputs = Omit<Inputs, 'name' | 'done'>;

const hashOf = ({ sources, parameters = '' }: HashedInputs): string => {
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
    .map((name) => join(folder, name))
    .toSorted((one, other) => usedAt(other) - usedAt(one));
  for (const old of kept.slice(KEPT)) {
    if (Date.now() - usedAt(old) > IN_USE_MS) rmSync(old, { recursive: true, force: true });
  }
};

const markUsed = (directory: string): void => {
  const now = new Date();
  utimesSync(directory, now, now);
};

/** Where a build is kept, and a folder to make it in when it is not there yet. */
const openBuild = (options: Inputs) => {
  const folder = join(buildDirectory(), options.name);
  const directory = join(folder, hashOf(options));
  if (existsSync(directory)) {
    markUsed(directory);
    return { directory, making: undefined };
  }
  mkdirSync(folder, { recursive: true });
  // Two processes may build at the same time: each in a folder of its own, and the first to finish is kept.
  const temporary = mkdtempSync(join(folder, 'building-'));
  const startedAt = performance.now();
  const fail = (error: unknown): void => {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(directory)) throw error;
  };
  const keep = (): void => {
    try {
      renameSync(temporary, directory);
      tell(`${options.done} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
      removeOld(folder);
    } catch (error) {
      fail(error);
    }
  };
  return { directory, making: { temporary, keep, fail } };
};

/**
 * The folder with the result of a build, which is made only when it was not made from these very sources before.
 * It is shared: nobody may write into it.
 *
 * @throws what the build throws
 */
export const cachedBuild = ({ build, ...options }: CachedBuild): string => {
  const { directory, making } = openBuild(options);
  if (making === undefined) return directory;
  try {
    build(making.temporary);
  } catch (error) {
    making.fail(error);
  }
  making.keep();
  return directory;
};

/** As `cachedBuild`, for a build that is waited for. */
export const cachedBuildAsync = async ({
  build,
  ...options
}: CachedBuild<Promise<void>>): Promise<string> => {
  const { directory, making } = openBuild(options);
  if (making === undefined) return directory;
  try {
    await build(making.temporary);
  } catch (error) {
    making.fail(error);
  }
  making.keep();
  return directory;
};

/** Keeps a build for as long as this process uses it, whatever else is built. @returns what ends that */
export const keepInUse = (directory: string): (() => void) => {
  const timer = setInterval(() => markUsed(directory), IN_USE_MS / 4);
  timer.unref();
  return () => clearInterval(timer);
};
