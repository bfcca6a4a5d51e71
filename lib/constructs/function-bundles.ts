import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, matchesGlob, resolve } from 'node:path';
import type { Metafile } from 'esbuild';
import type { Route } from '../../functions/contract/route.ts';
import { handlerFile } from '../../functions/contract/table.ts';
import { cachedBuild, cachedBuildAsync } from './build-cache.ts';
import type { BundleOrder, BundlesMade } from './bundle-process.ts';
import { LIBRARY } from './library-imports.ts';
import { NATIVE_PACKAGES, placeNativePackage, type Machine } from './native-packages.ts';
import { runNode } from './run-node.ts';

const functionsRoot = resolve(import.meta.dirname, '../../functions');

/**
 * The bundles of all functions: a folder for each with `index.mjs`, the libraries that it imports and any native
 * packages that it imports.
 */
export interface FunctionBundles {
  /** The folder of a route's bundle. */
  readonly directoryOf: (route: Route) => string;
  /** The inputs of each bundle. An entry under the name of an `index.mjs` includes the inputs of its libraries. */
  readonly metafile: () => Pick<Metafile, 'outputs'>;
  /** The size of all code in a route's bundle. */
  readonly bytesOf: (route: Route) => number;
}

const readMade = (directory: string): BundlesMade =>
  JSON.parse(readFileSync(join(directory, 'meta.json'), 'utf8')) as BundlesMade;

type Output = Metafile['outputs'][string];

/** The contents of a bundle: of its entry file, and of each of its libraries. */
interface Bundle {
  readonly file: string;
  readonly outputs: readonly Output[];
}

const libraryIn = ({ libraries }: BundlesMade, name: string): Output => {
  const library = libraries[name];
  if (library === undefined) throw new Error(`There is no library ${name}`);
  return library;
};

/** The imports of a bundle that it does not contain. */
const packagesIn = ({ outputs }: Bundle): Output['imports'] =>
  outputs
    .flatMap(({ imports }) => imports)
    .filter(({ path, external }) => external === true && !path.startsWith(LIBRARY));

const bytesIn = ({ outputs }: Bundle): number => outputs.reduce((sum, { bytes }) => sum + bytes, 0);

/** esbuild's description of the bundle as if it were one file. */
const wholeOf = (bundle: Bundle): Output => ({
  ...bundle.outputs[0],
  exports: bundle.outputs[0]?.exports ?? [],
  bytes: bytesIn(bundle),
  imports: packagesIn(bundle),
  inputs: Object.assign({}, ...bundle.outputs.map(({ inputs }) => inputs)) as Output['inputs'],
});

const sources = [
  'functions/**/*',
  'lib/constructs/bundle-process.ts',
  'lib/constructs/library-imports.ts',
  'lib/constructs/link-files.ts',
  'lib/constructs/native-packages.ts',
  'lib/constructs/bundle-replacements/*',
  'package.json',
];

const hashOf = (directory: string): string => {
  const hash = createHash('sha256');
  for (const name of readdirSync(directory).toSorted()) {
    hash
      .update(name)
      .update('\0')
      .update(readFileSync(join(directory, name)))
      .update('\0');
  }
  return hash.digest('hex');
};

/**
 * A bundle with the native packages that it imports. Separate from the bundles themselves, which are the same for
 * every machine.
 *
 * @param bundle a folder with `index.mjs`
 * @returns this folder, or one with a copy of it and the packages
 */
export const withNativePackages = (
  bundle: string,
  imports: readonly { readonly path: string; readonly external?: boolean | undefined }[],
  machine: Machine,
): string => {
  const packages = NATIVE_PACKAGES.filter((name) =>
    imports.some(({ path, external }) => external === true && path === name),
  );
  if (packages.length === 0) return bundle;
  return cachedBuild({
    name: 'native',
    done: `brought ${packages.join(', ')} for ${machine.os} on ${machine.cpu}`,
    sources: ['lib/constructs/native-packages.ts'],
    parameters: JSON.stringify({ ...machine, code: hashOf(bundle) }),
    build: (temporary) => {
      cpSync(bundle, temporary, { recursive: true });
      for (const name of packages) placeNativePackage(name, temporary, machine);
    },
  });
};

/**
 * Bundles every function in one run of esbuild: each contains only what its own imports reach, since AWS bills the
 * time of loading. Packages are bundled once for all of them.
 *
 * @param region the region of the databases to which the functions connect
 * @param machine the platform on which the functions run
 */
export const bundleFunctions = async (
  routes: readonly Route[],
  region: string,
  machine: Machine,
): Promise<FunctionBundles> => {
  const entryPoints = routes.map((route) => ({
    in: join(functionsRoot, handlerFile(route)),
    out: `${route.id}/index`,
  }));
  const directory = await cachedBuildAsync({
    name: 'functions',
    done: `bundled ${routes.length} functions`,
    sources,
    parameters: JSON.stringify({ region, ids: routes.map(({ id }) => id) }),
    build: async (temporary) => {
      const order: BundleOrder = { entryPoints, region };
      // In a separate process, whose memory is released when it ends.
      const program = join(import.meta.dirname, 'bundle-process.ts');
      await runNode([program, temporary], { input: JSON.stringify(order) });
      const stranger = readMade(temporary).sources.find(
        (file) => !file.includes('node_modules/') && !sources.some((glob) => matchesGlob(file, glob)),
      );
      // A change of such a file would otherwise not invalidate the cache.
      if (stranger !== undefined)
        throw new Error(`${stranger} is bundled, but is none of the sources of a bundle`);
    },
  });
  const made = readMade(directory);
  const bundles = new Map(
    Object.entries(made.bundles).map(([file, { output, libraries }]) => [
      basename(dirname(file)),
      { file, outputs: [output, ...libraries.map((name) => libraryIn(made, name))] },
    ]),
  );
  const bundleOf = ({ id }: Route): Bundle => {
    const bundle = bundles.get(id);
    if (bundle === undefined) throw new Error(`${id} has no bundle`);
    return bundle;
  };
  return {
    directoryOf: (route) =>
      withNativePackages(join(directory, route.id), packagesIn(bundleOf(route)), machine),
    metafile: () => ({
      outputs: Object.fromEntries([...bundles.values()].map((bundle) => [bundle.file, wholeOf(bundle)])),
    }),
    bytesOf: (route) => bytesIn(bundleOf(route)),
  };
};
