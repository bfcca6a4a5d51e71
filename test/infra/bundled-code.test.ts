import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { App, Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { BundledCode } from '../../lib/constructs/bundled-code.ts';
import { loadAssembly } from '../../lib/local/assembly/assembly.ts';

suite('the code of a function that was bundled', () => {
  let folder: string;
  let count = 0;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'chat-service-code-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const bundleOf = (files: Readonly<Record<string, string>>): string => {
    count += 1;
    const bundle = join(folder, `bundle-${count}`);
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(bundle, file)), { recursive: true });
      writeFileSync(join(bundle, file), text);
    }
    return bundle;
  };

  /** Synthesizes one function. @returns the key of its code, and where the assembly has it */
  const synthesize = (
    bundle: string,
    context: Readonly<Record<string, unknown>> = {},
  ): { readonly key: string; readonly outdir: string; readonly directory: () => string } => {
    count += 1;
    const outdir = join(folder, `assembly-${count}`);
    const app = new App({ outdir, context });
    const stack = new Stack(app, 'stack');
    new LambdaFunction(stack, 'Function', {
      code: new BundledCode(bundle),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
    });
    const assembly = loadAssembly(app.synth().directory);
    const [resource] = assembly.resourcesOf('AWS::Lambda::Function');
    assert.ok(resource !== undefined);
    const { Code } = resource.properties as { readonly Code: { readonly S3Key: string } };
    return { key: Code.S3Key, outdir, directory: () => assembly.assetDirectory(Code.S3Key) };
  };

  test('is linked into the assembly, which has it when the bundle is gone', () => {
    const bundle = bundleOf({ 'index.mjs': 'import"./zod-AB.mjs"', 'zod-AB.mjs': 'one' });
    const directory = synthesize(bundle).directory();
    const library = join(directory, 'zod-AB.mjs');
    assert.equal(statSync(library).ino, statSync(join(bundle, 'zod-AB.mjs')).ino);
    rmSync(bundle, { recursive: true });
    assert.equal(readFileSync(library, 'utf8'), 'one');
    assert.equal(readFileSync(join(directory, 'index.mjs'), 'utf8'), 'import"./zod-AB.mjs"');
  });

  test('is named by its contents', () => {
    const keyOf = (files: Readonly<Record<string, string>>): string => synthesize(bundleOf(files)).key;
    const files = { 'index.mjs': 'import"./zod-AB.mjs"', 'zod-AB.mjs': 'one' };
    const key = keyOf(files);
    assert.equal(keyOf(files), key);
    const others = [
      keyOf({ ...files, 'index.mjs': 'import "./zod-AB.mjs"' }),
      // What esbuild makes of a library that has changed.
      keyOf({ 'index.mjs': 'import"./zod-CD.mjs"', 'zod-CD.mjs': 'two' }),
      keyOf({ ...files, 'kysely-AB.mjs': 'three' }),
    ];
    assert.equal(new Set([key, ...others]).size, 4);
  });

  test('stays where it is when the CDK is told to stage no assets', () => {
    const { outdir } = synthesize(bundleOf({ 'index.mjs': '' }), { 'aws:cdk:disable-asset-staging': true });
    assert.deepEqual(
      readdirSync(outdir).filter((name) => name.startsWith('asset.')),
      [],
    );
  });

  test('has native packages in it, by whose contents it is named too', () => {
    const files = { 'index.mjs': 'import"sharp"', 'node_modules/sharp/index.js': 'one' };
    const { key, directory } = synthesize(bundleOf(files));
    assert.equal(readFileSync(join(directory(), 'node_modules/sharp/index.js'), 'utf8'), 'one');
    assert.notEqual(synthesize(bundleOf({ ...files, 'node_modules/sharp/index.js': 'two' })).key, key);
  });
});
