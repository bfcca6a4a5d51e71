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

export const projectRoot = resolve(import.meta.dirname, '../..');

/**
 * The environment variable with the folder of build results instead of `.build`, for when the project's own folder is
 * not writable.
 */
export const BUILD_DIRECTORY = 'BUILD_DIRECTORY';

const buildDirectory = (): string => process.env[BUILD_DIRECTORY] ?? join(projectRoot, '.build');

let tell: (line: string) => void = () => undefined;

/** Sets a callback that gets a line for each build that runs, with its duration; cached builds are not reported. */
export const onBuild = (to: (line: string) => void): void => {
  tell = to;
};

/** How many results are kept per kind of build, however old: as many as a developer switches between. */
const KEPT = 3;
/** A build that was used within this time may still be in use. */
const IN_USE_MS = 2 * 60 * 60 * 1000;

/** @template Made the return type of `build`: a promise, when the build is asynchronous */
export interface CachedBuild<Made extends void | Promise<void> = void> {
  /** The name of the build; also its folder in `.build`. */
  readonly name: string;
  /** The message to print when the build has run, such as `bundled the functions`. */
  readonly done: string;
  /**
   * Globs, relative to the project's root, of every file on which the result depends. The lockfile represents the
   * packages.
   */
  readonly sources: readonly string[];
  /** All other inputs on which the result depends. */
  readonly parameters?: string;
  /** Builds into an empty folder. */
  readonly build: (directory: string) => Made;
}

type Inputs = Omit<CachedBuild, 'build'>;
type HashedInputs = Omit<Inputs, 'name' | 'done'>;

const hashOf = ({ sources, parameters = '' }: HashedInputs): string => {
  const hash = createHash('sha256').update(parameters);
  for (const file of globSync([...sources, 'package-lock.json'], { cwd: projectRoot, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()) {
    hash.update(file.slice(projectRoot.length)).update('\0').update(readFileSync(file)).update('\0');
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

/** The folder of a build's result, and a temporary folder to build in when the result does not exist yet. */
const openBuild = (options: Inputs) => {
  const folder = join(buildDirectory(), options.name);
  const directory = join(folder, hashOf(options));
  if (existsSync(directory)) {
    markUsed(directory);
    return { directory, making: undefined };
  }
  mkdirSync(folder, { recursive: true });
  // Two processes may build at the same time: each in its own folder, and the first to finish wins.
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
 * The folder with the result of a build, which runs only when there is no cached result for the same sources. The
 * folder is shared: nobody may write to it.
 *
 * @throws the build's error
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

/** Like `cachedBuild`, for an asynchronous build. */
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

/** Keeps a build from being evicted while this process uses it. @returns a function that ends this */
export const keepInUse = (directory: string): (() => void) => {
  const timer = setInterval(() => markUsed(directory), IN_USE_MS / 4);
  timer.unref();
  return () => clearInterval(timer);
};
