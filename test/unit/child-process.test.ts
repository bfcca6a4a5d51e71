import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runProgram } from '../../lib/local/child-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'chat-service-child-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Waits for a file that the program writes, and reads it. */
const written = async (name: string): Promise<string> => {
  const file = join(folder, name);
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await sleep(5);
  return readFileSync(file, 'utf8');
};

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const stopped = { name: 'AbortError' };

suite('a program that the local cloud runs to its end', { timeout: 60_000 }, () => {
  test('takes its input, tells its lines, and says why it failed', async () => {
    const lines: string[] = [];
    const input = 'one\ntwo\n';
    await runProgram('/bin/sh', ['-c', 'cat >&2'], { input, onErrorLine: (line) => lines.push(line) });
    assert.deepEqual(lines, ['one', 'two']);
    await assert.rejects(runProgram('/bin/sh', ['-c', 'echo broken >&2; exit 3']), /exit code 3:\nbroken/);
    await assert.rejects(runProgram('/no/such/program', []), { code: 'ENOENT' });
  });

  test('ends with all that it runs', async () => {
    const stopping = new AbortController();
    const script = `sleep 1000 & echo $! > ${folder}/child; wait`;
    const running = runProgram('/bin/sh', ['-c', script], { signal: stopping.signal });
    const pid = Number(await written('child'));
    stopping.abort();
    await assert.rejects(running, stopped);
    while (runs(pid)) await sleep(5);
  });

  test('may finish what it must not leave half done when it is told by SIGINT', async () => {
    const stopping = new AbortController();
    const script =
      `trap 'echo told > ${folder}/told' INT; ` +
      `(trap 'exit 1' INT; until [ -e ${folder}/told ]; do sleep 0.01; done; echo done > ${folder}/done) & ` +
      `echo ready > ${folder}/ready; wait; wait`;
    const { signal } = stopping;
    const running = runProgram('/bin/sh', ['-c', script], { signal, stopBy: 'SIGINT' });
    await written('ready');
    stopping.abort();
    await assert.rejects(running, stopped);
    assert.equal(await written('done'), 'done\n');
  });
});
