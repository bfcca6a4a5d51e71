import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { pushEnvironment } from '../support/push-service.ts';
import { fastBundling } from '../support/local-service.ts';

test('whatever breaks between a message and its push, it arrives once', { timeout: 180_000 }, async () => {
  // Authorities of certificates are read when a process starts.
  const child = fork(join(import.meta.dirname, 'push-faults-scenario.ts'), {
    env: { ...process.env, ...fastBundling, ...pushEnvironment, TZ: 'UTC' },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.equal(code, 0, output);
});
