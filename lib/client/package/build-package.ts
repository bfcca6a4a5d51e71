import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { cachedBuildAsync, projectRoot } from '../../constructs/build-cache.ts';
import { contractTypes } from './contract-types.ts';
import { declarationsOf } from './declarations.ts';
import { bundleModule, privateNames } from './minify.ts';

/** The path of the API: the suffix of a client's `baseUrl`. */
const API_PATH = '/api/v1';

/** The package's manifest: its exports, the version of the API, and no dependencies. */
const manifest = {
  name: packageJson.name,
  version: packageJson.version,
  description:
    'The client of the chat service, for browsers, React Native and Node.js, with hooks for React.',
  license: packageJson.license,
  type: 'module',
  sideEffects: false,
  engines: { node: '>=20' },
  main: './client.js',
  types: './client.d.ts',
  exports: {
    '.': { types: './client.d.ts', default: './client.js' },
    './client': { types: './client.d.ts', default: './client.js' },
    './api': { types: './api.d.ts', default: './api.js' },
    './files': { types: './files.d.ts', default: './files.js' },
    './presence': { types: './presence.d.ts', default: './presence.js' },
    './react': { types: './react.d.ts', default: './react.js' },
    './package.json': './package.json',
  },
  peerDependencies: { react: '>=18' },
  peerDependenciesMeta: { react: { optional: true } },
  // The `version` that `GET /info` returns for the service with which the package was built.
  api: { path: API_PATH, version: packageJson.version },
};

const clientModules = new Set(['lib/client/types', 'lib/client/chat-client']);

const write = async (directory: string): Promise<void> => {
  const {
    files: [client = '', api = '', files = '', presence = '', react = ''],
    members,
  } = declarationsOf([
    { entry: 'lib/client/index', given: { 'lib/client/types': contractTypes() } },
    ...['api', 'files', 'presence', 'react'].map((name) => ({
      entry: `lib/client/${name}/index`,
      given: {},
      others: { import: './client.js', has: (module: string) => clientModules.has(module) },
    })),
  ]);
  /**
   * Names to shorten. @param shown the declarations of the entry, and of those that it calls, since all of them call
   * the client
   */
  const shortenedIn = (...shown: readonly string[]): string[] =>
    privateNames(members, client + shown.join(''));
  const modules = {
    client: await bundleModule('lib/client/index.ts', 'client.js', shortenedIn()),
    api: await bundleModule('lib/client/api/index.ts', 'api.js', shortenedIn(api)),
    // Its errors are of the client's own class, so that `instanceof` works.
    files: await bundleModule('lib/client/files/index.ts', 'files.js', shortenedIn(files), {
      shared: { 'lib/client/chat-client.ts': './client.js' },
    }),
    presence: await bundleModule('lib/client/presence/index.ts', 'presence.js', shortenedIn(presence)),
    // The API and the presence module are bundled once and shared by the hooks and the application.
    react: await bundleModule('lib/client/react/index.ts', 'react.js', shortenedIn(api, presence, react), {
      packages: ['react'],
      // The hooks run in Client Components of React; Server Components may import what they need from the API.
      preamble: "'use client';",
      shared: {
        'lib/client/api/create-api.ts': './api.js',
        'lib/client/view/names.ts': './api.js',
        'lib/client/presence/create-presence.ts': './presence.js',
      },
    }),
  };
  for (const [name, { code, map, inputs }] of Object.entries(modules)) {
    // The client may import only types of the contract: neither a schema nor zod may get into the package.
    const strangers = inputs.filter((input) => !input.startsWith('lib/client/'));
    if (strangers.length > 0) throw new Error(`${name}.js has ${strangers.join(', ')} in it`);
    writeFileSync(join(directory, `${name}.js`), code);
    writeFileSync(join(directory, `${name}.js.map`), map);
  }
  writeFileSync(join(directory, 'client.d.ts'), client);
  writeFileSync(join(directory, 'api.d.ts'), api);
  writeFileSync(join(directory, 'files.d.ts'), files);
  writeFileSync(join(directory, 'presence.d.ts'), presence);
  writeFileSync(join(directory, 'react.d.ts'), react);
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  writeFileSync(
    join(directory, 'README.md'),
    readFileSync(join(import.meta.dirname, 'README.md'), 'utf8').replaceAll('{version}', packageJson.version),
  );
  copyFileSync(join(projectRoot, 'LICENSE'), join(directory, 'LICENSE'));
};

/**
 * Builds the client as a package for other projects.
 *
 * @returns the folder with `package.json` and the files that it lists
 */
export const buildClientPackage = (): Promise<string> =>
  cachedBuildAsync({
    name: 'client-package',
    done: 'built the client package',
    sources: ['lib/client/**/*', 'functions/**/*.ts', 'package.json', 'tsconfig.json', 'LICENSE'],
    build: write,
  });
