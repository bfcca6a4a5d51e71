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
 * The bundles of all functions: a folder each, with `index.mjs`, the libraries that it imports and, for one that imports
 * them, native packages.
 */
export interface FunctionBundles {
  /** The folder of a route's bundle. */
  readonly directoryOf: (route: Route) => string;
  /** What went into which bundle: under the name of its `index.mjs` what is in its libraries too. */
  readonly metafile: () => Pick<Metafile, 'outputs'>;
  /** The size of all code in a route's bundle. */
  readonly bytesOf: (route: Route) => number;
}

const readMade = (directory: string): BundlesMade =>
  JSON.parse(readFileSync(join(directory, 'meta.json'), 'utf8')) as BundlesMade;

type Output = Metafile['outputs'][string];

/** What is in a bundle: in the file that it begins with, and in each of its libraries. */
interface Bundle {
  readonly file: string;
  readonly outputs: readonly Output[];
}

const libraryIn = ({ libraries }: BundlesMade, name: string): Output => {
  const library = libraries[name];
  if (library === undefined) throw new Error(`There is no library ${name}`);
  return library;
};

/** What a bundle imports and does not have in it. */
const packagesIn = ({ outputs }: Bundle): Output['imports'] =>
  outputs
    .flatMap(({ imports }) => imports)
    .filter(({ path, external }) => external === true && !path.startsWith(LIBRARY));

const bytesIn = ({ outputs }: Bundle): number => outputs.reduce((sum, { bytes }) => sum + bytes, 0);

/** As esbuild would describe the bundle if it were one file. */
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
 * A bundle with the native packages that it imports. Kept apart from the bundles themselves, which are the same for every
 * machine.
 *
 * @param bundle a folder with `index.mjs`
 * @returns that folder, or one with packages beside a copy of it
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
 * Bundles every function in one run of esbuild: each gets what its own imports reach, and nothing else, since
 * AWS bills the time that loading takes. Packages are bundled once for all of them.
 *
 * @param region whose databases the functions reach
 * @param machine what the functions run on
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
      // In a process of its own, whose memory is released with it.
      const program = join(import.meta.dirname, 'bundle-process.ts');
      await runNode([program, temporary], { input: JSON.stringify(order) });
      const stranger = readMade(temporary).sources.find(
        (file) => !file.includes('node_modules/') && !sources.some((glob) => matchesGlob(file, glob)),
      );
      // Otherwise a change of it would go unnoticed.
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
