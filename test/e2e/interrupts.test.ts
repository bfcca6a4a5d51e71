import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const project = join(import.meta.dirname, '../..');
const dataDirectory = mkdtempSync(join(tmpdir(), 'chat-service-interrupt-'));
after(() => rmSync(dataDirectory, { recursive: true, force: true }));

const environment = {
  ...process.env,
  PATH: `${join(project, 'node_modules/.bin')}:${process.env['PATH']}`,
  PORT: '0',
  WS_PORT: '0',
  WEB_PORT: '0',
  MONGODB_DOWNLOAD: 'off',
};

interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Waits until it has printed something that fits. @throws Error when it ends first */
  readonly printed: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly output: () => string;
}

/** Runs a command in its own process group, like a shell. */
const start = (
  command: string,
  parameters: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Started => {
  const child = spawn(command, parameters, {
    cwd: project,
    env: { ...environment, ...more },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      child.emit('output');
    });
  }
  const ended = once(child, 'exit');
  return {
    child,
    pid: child.pid ?? 0,
    output: () => output,
    printed: async (pattern) => {
      for (;;) {
        const found = pattern.exec(output);
        if (found !== null) return found;
        const more = await Promise.race([once(child, 'output').then(() => true), ended.then(() => false)]);
        if (!more && pattern.exec(output) === null)
          throw new Error(`It ended without ${pattern}:\n${output}`);
      }
    },
  };
};

const commandLineOf = (pid: string): string => {
  try {
    // The commands themselves name it too, but one that nobody has waited for has no command line any more.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
};

/** The processes whose command line names the data folder: the service, its stores and their child processes. */
const left = (): string[] =>
  readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid && commandLineOf(pid).includes(dataDirectory),
  );

const commandLines = (): string[] => left().map((pid) => commandLineOf(pid).replaceAll('\0', ' '));

/** Waits until no process is left; the limit is only for a busy machine. */
const nothingLeft = async (what: string, { output }: Started): Promise<void> => {
  for (const deadline = Date.now() + 60_000; ; await sleep(50)) {
    const running = commandLines();
    if (running.length === 0) return;
    assert.ok(Date.now() < deadline, `${what} left these running:\n${running.join('\n')}\n${output()}`);
  }
};

const skip = existsSync('/proc/self') ? false : 'processes are looked for in /proc';
const service = ['bin/local.ts', '--data', dataDirectory];

suite('whatever ends the command, nothing is left running', { skip }, () => {
  for (const [moment, signal, toGroup] of [
    ['starting the stage', 'SIGINT', true],
    ['MySQL: ', 'SIGTERM', false],
    ['DynamoDB: ', 'SIGINT', true],
  ] as const) {
    test(`${signal}${toGroup ? ' to its group, as Ctrl-C sends it,' : ''} when it says "${moment}"`, async () => {
      const started = start(process.execPath, service);
      await started.printed(new RegExp(moment));
      process.kill(toGroup ? -started.pid : started.pid, signal);
      const [code] = (await once(started.child, 'exit')) as [number | null];
      assert.equal(code, 0, started.output());
      assert.match(started.output(), /Stopped\.\n$/);
      assert.doesNotMatch(started.output(), /Ready in|\n\s+at /);
      await nothingLeft(moment, started);
    });
  }

  test('SIGTERM while it bundles, SIGKILL while it does', async () => {
    // Where nothing was built before: the first start, whose children have children.
    const build = { BUILD_DIRECTORY: join(dataDirectory, 'build') };
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const started = start(process.execPath, service, build);
      await started.printed(/Synthesizing/);
      while (!commandLines().some((line) => line.includes('bundle-process.ts'))) await sleep(20);
      process.kill(started.pid, signal);
      const [code] = (await once(started.child, 'exit')) as [number | null];
      assert.equal(code, signal === 'SIGTERM' ? 0 : null, started.output());
      assert.doesNotMatch(started.output(), /Bundled|\n\s+at /);
      await nothingLeft(`${signal} while it bundles`, started);
    }
  });

  test('its terminal closes, it is killed, npm is told to stop, npm is killed', async () => {
    const npm = ['start', '--', '--data', dataDirectory];
    const first = start('npm', npm);
    const [, url] = await first.printed(/HTTP API +(http\S+)\n[^]*Ctrl-C/);
    // Without a terminal, as under nohup, it goes on: npm does not.
    process.kill(-first.pid, 'SIGHUP');
    await once(first.child, 'exit');
    // Longer than it takes to notice that npm has gone.
    await sleep(1500);
    assert.equal((await fetch(`${url?.replace('/api/v1', '')}/health`)).status, 200);
    // Its stores do not outlive it, however it ends.
    for (const pid of left()) {
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('local.ts'))
        process.kill(Number(pid), 'SIGKILL');
    }
    await nothingLeft('SIGKILL to the service', first);

    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const started = start('npm', npm);
      await started.printed(/Ctrl-C stops it/);
      started.child.kill(signal);
      await nothingLeft(`${signal} to npm`, started);
    }
  });
});
