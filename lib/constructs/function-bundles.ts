import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { buildSync, type Metafile } from 'esbuild';
import type { Route } from '../../functions/routes/route.ts';
import { handlerFile } from '../../functions/routes/table.ts';

const functionsRoot = resolve(import.meta.dirname, '../../functions');

/** The bundles of all functions: a folder each, with `index.mjs` and nothing else. */
export interface FunctionBundles {
  /** The folder of a route's bundle. */
  directoryOf(route: Route): string;
  /** What went into which bundle. */
  readonly metafile: Metafile;
}

/** Drivers whose absence `mongodb` and `mysql2` allow for, and which this service does without. */
const optionalPackages = [
  'kerberos',
  '@mongodb-js/zstd',
  '@aws-sdk/credential-providers',
  'gcp-metadata',
  'snappy',
  'socks',
  'mongodb-client-encryption',
];

/** Packages of which functions need next to nothing, and what they get instead. */
const replacements = Object.fromEntries(
  ['iconv-lite', 'whatwg-url', '@aws-sdk/credential-provider-node'].map((name) => [
    name,
    join(import.meta.dirname, 'bundle-replacements', `${basename(name)}.ts`),
  ]),
);

/**
 * Bundles every function in one run of esbuild: each gets what its own imports reach, and nothing else, since
 * AWS bills the time that loading takes.
 *
 * @param directory where the bundles go; emptied first
 */
export const bundleFunctions = (routes: readonly Route[], directory: string): FunctionBundles => {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const { metafile } = buildSync({
    entryPoints: routes.map((route) => ({
      in: join(functionsRoot, handlerFile(route)),
      out: `${route.id}/index`,
    })),
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    external: optionalPackages,
    alias: replacements,
    // Packages in CommonJS ask for Node's own modules by `require`, which ESM does not have.
    banner: {
      js: "import{createRequire as topLevelCreateRequire}from'node:module';const require=topLevelCreateRequire(import.meta.url);",
    },
    legalComments: 'none',
    metafile: true,
    logLevel: 'error',
  });
  // Beside the bundles, for who wants to know what is in them.
  writeFileSync(join(directory, 'meta.json'), JSON.stringify(metafile));
  return { directoryOf: (route) => join(directory, route.id), metafile };
};
