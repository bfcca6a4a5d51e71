import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '../..');

/** What only those run who change the project: its packages are `devDependencies`. */
const forDevelopment = [
  'bin/{bench,client-pack,cost,openapi,torture}.ts',
  'lib/bench/**',
  'lib/client/package/**',
  'lib/client/react/**',
];

/** Packages that the files import values from; an import of types alone needs its package for development only. */
const packagesOf = async (files: readonly string[]): Promise<Set<string>> => {
  const packages = new Set<string>();
  await build({
    absWorkingDir: root,
    entryPoints: [...files],
    outdir: '.build/unwritten',
    bundle: true,
    write: false,
    format: 'esm',
    logLevel: 'error',
    plugins: [
      {
        name: 'imports',
        setup: (bundler) => {
          bundler.onResolve({ filter: /^/ }, ({ path, kind }) => {
            if (kind === 'entry-point') return undefined;
            const [name] = /^(?:@[^/]+\/)?[^./:][^/:]*(?=\/|$)/.exec(path) ?? [];
            if (name !== undefined) packages.add(name);
            return { path, external: true };
          });
        },
      },
    ],
  });
  return packages;
};

test('`npm ci --omit=dev` installs what the service, its deployment and its jobs import, and nothing else', async () => {
  const files = globSync(['bin/*.ts', 'functions/**/*.ts', 'lib/**/*.{ts,tsx}'], {
    cwd: root,
    exclude: forDevelopment,
  });
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    dependencies: Readonly<Record<string, string>>;
  };
  const imported = await packagesOf(files);
  // The runtime of every command, where the machine's is older.
  assert.deepEqual([...imported, 'node'].toSorted(), Object.keys(dependencies).toSorted());
});
