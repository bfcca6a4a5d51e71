import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { build } from 'esbuild';
import sharp from 'sharp';
import { withNativePackages } from '../../lib/constructs/function-bundles.ts';
import { LAMBDA, NATIVE_PACKAGES, THIS_MACHINE } from '../../lib/constructs/native-packages.ts';

const folder = mkdtempSync(join(tmpdir(), 'chat-service-native-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A bundle of the image decoder, built like those of functions. */
const bundle = async () => {
  const directory = join(folder, 'decoder');
  mkdirSync(directory, { recursive: true });
  const { metafile } = await build({
    entryPoints: [join(import.meta.dirname, '../../functions/files/image-pixels.ts')],
    outfile: join(directory, 'index.mjs'),
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    external: [...NATIVE_PACKAGES],
    metafile: true,
  });
  return { directory, imports: Object.values(metafile.outputs).flatMap((output) => output.imports) };
};

suite('a bundle that imports sharp', () => {
  test('decodes a picture on this machine, where nothing else is installed', async () => {
    const { directory, imports } = await bundle();
    const made = withNativePackages(directory, imports, THIS_MACHINE);
    assert.notEqual(made, directory);
    const picture = join(folder, 'picture.png');
    writeFileSync(
      picture,
      await sharp({ create: { width: 30, height: 20, channels: 3, background: 'red' } })
        .png()
        .toBuffer(),
    );
    const script = `
      const { readFacts } = await import(process.argv[1]);
      const { width, height, format } = await readFacts(await (await import('node:fs/promises')).readFile(process.argv[2]));
      console.log(width, height, format);`;
    const output = execFileSync(
      process.execPath,
      ['--input-type=module', '-e', script, join(made, 'index.mjs'), picture],
      { cwd: folder, encoding: 'utf8', env: {} },
    );
    assert.equal(output, '30 20 png\n');
  });

  test('has Lambda’s native code when it is deployed, and no other machine’s', async (t) => {
    const { directory, imports } = await bundle();
    let made: string;
    try {
      made = withNativePackages(directory, imports, LAMBDA);
    } catch (error) {
      if (!/could not be had/.test(String(error))) throw error;
      t.skip('npm’s registry is out of reach');
      return;
    }
    const native = globSync('node_modules/**/*.{node,so*}', { cwd: made });
    assert.deepEqual(
      native.map((file) => file.replace(/so[.\d]+$/, 'so').replace(/-[\d.]+node/, '.node')).toSorted(),
      [
        'node_modules/@img/sharp-libvips-linux-arm64/lib/libvips-cpp.so',
        'node_modules/@img/sharp-linux-arm64/lib/sharp-linux-arm64.node',
      ],
    );
    for (const file of native) {
      // ELF's field of the machine: AArch64.
      assert.equal(readFileSync(join(made, file)).readUInt16LE(18), 0xb7, file);
    }
  });

  test('is the only one that gets packages', async () => {
    const { directory } = await bundle();
    assert.equal(withNativePackages(directory, [{ path: 'node:fs', external: true }], LAMBDA), directory);
  });
});
