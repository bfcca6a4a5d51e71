import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { before, suite, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { projectRoot } from '../../lib/constructs/build-cache.ts';
import { buildClientPackage } from '../../lib/client/package/build-package.ts';
import { contractTypeNames } from '../../lib/client/package/contract-types.ts';
import packageJson from '../../package.json' with { type: 'json' };

suite('the package of the client', () => {
  let folder: string;
  before(async () => {
    folder = await buildClientPackage();
  });
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');

  test('is small: 8 KB over the network, as Brotli compresses it, 1 KB more with presence, 1.5 with all routes, 3 with files', () => {
    const bytes = brotliCompressSync(read('client.js')).length;
    assert.ok(bytes > 4096 && bytes <= 8 * 1024, `${bytes} bytes compressed`);
    const more = brotliCompressSync(read('files.js')).length;
    assert.ok(more > 1024 && more <= 3 * 1024, `${more} bytes compressed, of files`);
    const presence = brotliCompressSync(read('presence.js')).length;
    assert.ok(presence > 512 && presence <= 1024, `${presence} bytes compressed, of presence`);
    const routes = brotliCompressSync(read('api.js')).length;
    assert.ok(routes > 1024 && routes <= 1.5 * 1024, `${routes} bytes compressed, of the routes`);
  });

  test('needs nothing but its platform, and the hooks React', () => {
    const imports = (file: string): string[] =>
      [...read(file).matchAll(/(?:\bfrom|\bimport)\s*\(?["']([^"']+)["']/g)].map(([, name = '']) => name);
    assert.deepEqual([...imports('client.js'), ...imports('api.js'), ...imports('presence.js')], []);
    // Its errors are instances of the client's own class.
    assert.deepEqual(new Set(imports('files.js')), new Set(['./client.js']));
    assert.deepEqual(new Set(imports('react.js')), new Set(['react', './api.js', './presence.js']));
    assert.deepEqual(imports('client.d.ts'), []);
    assert.deepEqual(new Set(imports('api.d.ts')), new Set(['./client.js']));
    assert.deepEqual(new Set(imports('files.d.ts')), new Set(['./client.js']));
    assert.deepEqual(new Set(imports('presence.d.ts')), new Set(['./client.js']));
    assert.deepEqual(new Set(imports('react.d.ts')), new Set(['react', './client.js']));
    const manifest = JSON.parse(read('package.json')) as Record<string, unknown>;
    assert.equal(manifest['dependencies'], undefined);
    assert.deepEqual(manifest['api'], { path: '/api/v1', version: packageJson.version });
  });

  test('has its hooks in a module for React’s Client Components, and names for Server Components in the API', async () => {
    for (const name of ['client', 'api', 'files', 'presence', 'react']) {
      assert.equal(read(`${name}.js`).startsWith("'use client';\n"), name === 'react', name);
    }
    const { nameOf, titleOf } = (await import(join(folder, 'api.js'))) as Record<string, unknown>;
    assert.deepEqual([typeof nameOf, typeof titleOf], ['function', 'function']);
  });

  test('has everything that its manifest names, and the sources in its source maps', () => {
    const { exports } = JSON.parse(read('package.json')) as { exports: Record<string, string | object> };
    const files = Object.values(exports).flatMap((one) =>
      typeof one === 'string' ? [one] : Object.values(one),
    );
    const there = readdirSync(folder);
    for (const file of files) assert.ok(there.includes(String(file).replace('./', '')), String(file));
    for (const name of ['client', 'api', 'files', 'presence', 'react']) {
      assert.match(read(`${name}.js`), new RegExp(`//# sourceMappingURL=${name}\\.js\\.map\\s*$`));
      const { sources = [], sourcesContent } = JSON.parse(read(`${name}.js.map`)) as Record<string, string[]>;
      assert.ok(sources.some((source) => source.endsWith('.ts')));
      assert.equal(sourcesContent?.length, sources.length);
    }
    assert.ok(read('README.md').includes(`Version ${packageJson.version}`));
  });

  test('shows the types that the client has, field by field', () => {
    const names = contractTypeNames.filter((name) => name !== 'Page');
    const check = [
      `import type * as Packed from '${join(folder, 'client.js')}';`,
      `import type * as Source from '${join(projectRoot, 'lib/client/index.ts')}';`,
      `import type * as PackedApi from '${join(folder, 'api.js')}';`,
      `import type * as SourceApi from '${join(projectRoot, 'lib/client/api/index.ts')}';`,
      `import type * as PackedPresence from '${join(folder, 'presence.js')}';`,
      `import type * as SourcePresence from '${join(projectRoot, 'lib/client/presence/index.ts')}';`,
      `import type * as PackedReact from '${join(folder, 'react.js')}';`,
      `import type * as SourceReact from '${join(projectRoot, 'lib/client/react/index.ts')}';`,
      `import type * as PackedValues from '${join(folder, 'client.js')}';`,
      'type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;',
      'const holds = <Claim extends true>(claim?: Claim): void => void claim;',
      'holds<Equal<keyof typeof PackedValues, keyof typeof Source>>();',
      'holds<Equal<PackedApi.ChatApi, SourceApi.ChatApi>>();',
      'holds<Equal<keyof typeof PackedApi, keyof typeof SourceApi>>();',
      'holds<Equal<PackedPresence.Presence, SourcePresence.Presence>>();',
      'holds<Equal<keyof typeof PackedPresence, keyof typeof SourcePresence>>();',
      'holds<Equal<keyof typeof PackedReact, keyof typeof SourceReact>>();',
      'holds<Equal<Packed.Page<1>, Source.Page<1>>>();',
      // `Equal` of what differs must not compile, or the rest would prove nothing.
      '// @ts-expect-error',
      'holds<Equal<Packed.Chat, Source.Message>>();',
      ...names.map((name) => `holds<Equal<Packed.${name}, Source.${name}>>();`),
      ...['ClientEvents', 'ClientState', 'ChatClient', 'PendingMessage', 'ChatClientOptions'].map(
        (name) => `holds<Equal<Packed.${name}, Source.${name}>>();`,
      ),
    ].join('\n');
    const directory = mkdtempSync(join(projectRoot, '.build', 'client-types-'));
    try {
      writeFileSync(join(directory, 'check.ts'), `${check}\n`);
      writeFileSync(
        join(directory, 'tsconfig.json'),
        JSON.stringify({ extends: join(projectRoot, 'tsconfig.json'), files: ['check.ts'], include: [] }),
      );
      const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
      execFileSync(process.execPath, [tsc, '-p', directory], { encoding: 'utf8' });
    } catch (error) {
      assert.fail((error as { stdout?: string }).stdout ?? String(error));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
