import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import packageJson from '../../package.json' with { type: 'json' };

const project = join(import.meta.dirname, '../..');

test('the client is small, and needs nothing but its platform', async () => {
  const { metafile, outputFiles } = await build({
    entryPoints: [join(project, packageJson.exports['./client'])],
    bundle: true,
    minify: true,
    // Any of Node's modules would be an error.
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    metafile: true,
    write: false,
    absWorkingDir: project,
  });
  // It takes types of the contract only: neither a schema nor zod comes with them.
  const inputs = Object.keys(metafile.inputs);
  assert.deepEqual(
    inputs.filter((input) => !input.startsWith('lib/client/')),
    [],
  );
  const bytes = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
  assert.ok(bytes > 0 && bytes < 9.5 * 1024, `${bytes} bytes compressed`);
});
