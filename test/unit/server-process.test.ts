import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { startServerProcess } from '../../lib/local/stores/server-process.ts';

/** A program that ignores the first SIGTERM, as MariaDB does while it starts. */
const forgetful =
  'trap \'echo first; trap "echo second; exit" TERM\' TERM; echo ready; while :; do sleep 0.05; done';
const module = pathToFileURL(join(import.meta.dirname, '../../lib/local/stores/server-process.ts')).href;

const read = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const said = async (file: string, word: string): Promise<void> => {
  while (!read(file).includes(word)) await sleep(20);
};

test('the last words of a server are the errors since its start, or else its last lines', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'chat-service-server-'));
  const run = async (...words: string[]): Promise<string[]> => {
    const server = await startServerProcess(
      '/bin/sh',
      ['-c', `printf '%s\\n' "$@"; exit 3`, 'sh', ...words],
      join(folder, 'log'),
    );
    await server.exited;
    return [server.howItEnded(), server.lastWords()];
  };
  try {
    assert.deepEqual(await run('a', '[ERROR] b', 'c'), ['exit code 3', '[ERROR] b']);
    assert.deepEqual(await run('d', 'e'), ['exit code 3', 'd\ne']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

suite('a server that forgets to end', () => {
  test('is told again when it is stopped', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chat-service-server-'));
    const log = join(folder, 'log');
    try {
      const server = await startServerProcess('/bin/sh', ['-c', forgetful], log);
      await said(log, 'ready');
      await server.stop();
      assert.ok(server.hasExited());
      assert.equal(read(log), 'ready\nfirst\nsecond\n');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('is told again when whoever started it was killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chat-service-server-'));
    const log = join(folder, 'log');
    const starts = `
      import { startServerProcess } from '${module}';
      await startServerProcess('/bin/sh', ['-c', ${JSON.stringify(forgetful)}], ${JSON.stringify(log)});
      process.stdout.write('started');`;
    try {
      const owner = spawn(process.execPath, ['--input-type=module', '-e', starts], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      await Promise.all([once(owner.stdout, 'data'), said(log, 'ready')]);
      owner.kill('SIGKILL');
      await once(owner, 'exit');
      await said(log, 'second');
      assert.equal(read(log), 'ready\nfirst\nsecond\n');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
