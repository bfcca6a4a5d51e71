import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Metafile } from 'esbuild';
import type { Route } from '../../functions/routes/route.ts';
import { handlerFile } from '../../functions/routes/table.ts';
import type { BundleOrder } from './bundle-process.ts';

const functionsRoot = resolve(import.meta.dirname, '../../functions');

/** The bundles of all functions: a folder each, with `index.mjs` and nothing else. */
export interface FunctionBundles {
  /** The folder of a route's bundle. */
  readonly directoryOf: (route: Route) => string;
  /** What went into which bundle. */
  readonly metafile: Metafile;
}

/**
 * Bundles every function in one run of esbuild: each gets what its own imports reach, and nothing else, since
 * AWS bills the time that loading takes.
 *
 * @param directory where the bundles go; emptied first
 * @param region whose databases the functions reach
 */
export const bundleFunctions = (
  routes: readonly Route[],
  directory: string,
  region: string,
): FunctionBundles => {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const order: BundleOrder = {
    entryPoints: routes.map((route) => ({
      in: join(functionsRoot, handlerFile(route)),
      out: `${route.id}/index`,
    })),
    directory: resolve(directory),
    region,
  };
  execFileSync(process.execPath, [join(import.meta.dirname, 'bundle-process.ts'), JSON.stringify(order)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const metafile = JSON.parse(readFileSync(join(directory, 'meta.json'), 'utf8')) as Metafile;
  return { directoryOf: (route) => join(directory, route.id), metafile };
};
