import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import manifest from '../../package.json' with { type: 'json' };
import { filesOf } from '../support/in-one-process.ts';

const project = join(import.meta.dirname, '../..');

test('npm test runs each test file, once', () => {
  const globs = [...manifest.scripts.test.matchAll(/'([^']*\.test\.ts)'/g)].map(([, glob]) => glob ?? '');
  const run = globs.flatMap((glob) => globSync(join(project, glob)));
  const shared = run.flatMap((file) =>
    [
      ...readFileSync(file, 'utf8').matchAll(
        /^runInOneProcess\('(\w+)'(?:, \{ number: (\d+), of: (\d+) \})?\)/gm,
      ),
    ].flatMap(([, folder = '', number = '1', of = '1']) =>
      filesOf(folder, { number: Number(number), of: Number(of) }),
    ),
  );
  assert.ok(shared.length > 100, `only ${shared.length} files share a process`);
  assert.deepEqual([...run, ...shared].toSorted(), globSync(join(project, 'test/**/*.test.ts')).toSorted());
});
