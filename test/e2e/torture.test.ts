import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fastBundling, fastHeap } from '../support/local-service.ts';
import { pushEnvironment } from '../support/push-service.ts';

test('whatever breaks, every device has what the service has, and is pushed each message once', async (t) => {
  // The same schedules in each run of the suite. `npm run torture` is the long form, with random ones.
  const options = ['--seed', '20261126', '--runs', '2', '--steps', '60', '--no-shrinking'];
  // Authorities of certificates are read when a process starts.
  const child = fork(join(import.meta.dirname, '../../bin/torture.ts'), options, {
    env: { ...process.env, ...fastBundling, ...pushEnvironment },
    execArgv: [...fastHeap],
    // Ends with the test, also when that is given up.
    signal: t.signal,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    assert.ok(stream !== null);
    createInterface(stream).on('line', (line) => {
      said.push(line);
      t.diagnostic(line);
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, said.join('\n'));
});
