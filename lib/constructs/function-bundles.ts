import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, matchesGlob, resolve } from 'node:path';
import type { Metafile } from 'esbuild';
import type { Route } from '../../functions/contract/route.ts';
import { handlerFile } from '../../functions/contract/table.ts';
import { cachedBuild, project } from './build-cache.ts';
import type { BundleOrder } from './bundle-process.ts';

const functionsRoot = resolve(import.meta.dirname, '../../functions');

/** The bundles of all functions: a folder each, with `index.mjs` and nothing else. */
export interface FunctionBundles {
  /** The folder of a route's bundle. */
  readonly directoryOf: (route: Route) => string;
  /** What went into which bundle. */
  readonly metafile: Metafile;
}

const readMetafile = (directory: string): Metafile =>
  JSON.parse(readFileSync(join(directory, 'meta.json'), 'utf8')) as Metafile;

const sources = [
  'functions/**/*',
  'lib/constructs/bundle-process.ts',
  'lib/constructs/bundle-replacements/*',
  'package.json',
];

/**
 * Bundles every function in one run of esbuild: each gets what its own imports reach, and nothing else, since
 * AWS bills the time that loading takes.
 *
 * @param region whose databases the functions reach
 */
export const bundleFunctions = (routes: readonly Route[], region: string): FunctionBundles => {
  const entryPoints = routes.map((route) => ({
    in: join(functionsRoot, handlerFile(route)),
    out: `${route.id}/index`,
  }));
  const directory = cachedBuild({
    name: 'functions',
    done: `bundled ${routes.length} functions`,
    sources,
    parameters: JSON.stringify({ region, ids: routes.map(({ id }) => id) }),
    build: (temporary) => {
      const order: BundleOrder = { entryPoints, directory: temporary, region };
      const program = join(import.meta.dirname, 'bundle-process.ts');
      execFileSync(process.execPath, [program, JSON.stringify(order)], {
        cwd: project,
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      const stranger = Object.keys(readMetafile(temporary).inputs).find(
        (file) => !file.includes('node_modules/') && !sources.some((glob) => matchesGlob(file, glob)),
      );
      // Otherwise a change of it would go unnoticed.
      if (stranger !== undefined)
        throw new Error(`${stranger} is bundled, but is none of the sources of a bundle`);
    },
  });
  return { directoryOf: (route) => join(directory, route.id), metafile: readMetafile(directory) };
};
