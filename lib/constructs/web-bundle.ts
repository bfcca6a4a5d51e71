import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdtempSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const project = resolve(import.meta.dirname, '../..');
const built = join(project, '.build/web');

/** Everything that the page is made of. */
const sources = ['lib/web/**/*', 'lib/client/**/*', 'functions/routes/*.ts', 'package-lock.json'];

const hashOfSources = (): string => {
  const hash = createHash('sha256');
  for (const file of globSync(sources, { cwd: project, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()) {
    hash.update(file.slice(project.length)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
};

/**
 * Builds the chat page by Vite, unless it was built from these very sources before: that takes about a second.
 *
 * @returns the folder with `index.html`, what belongs to it, and hashed files in `assets`
 */
export const bundleWebPage = (): string => {
  const directory = join(built, hashOfSources());
  if (existsSync(directory)) return directory;
  mkdirSync(built, { recursive: true });
  // Two processes may build at the same time: each in a folder of its own, and the first to finish is kept.
  const temporary = mkdtempSync(join(built, 'building-'));
  try {
    const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');
    execFileSync(
      process.execPath,
      [vite, 'build', 'lib/web', '--outDir', temporary, '--emptyOutDir', '--logLevel', 'warn'],
      {
        cwd: project,
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, NODE_ENV: 'production' },
      },
    );
    renameSync(temporary, directory);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(directory)) throw error;
  }
  return directory;
};
