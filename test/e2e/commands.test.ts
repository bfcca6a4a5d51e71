import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { suite, test } from 'node:test';
import packageJson from '../../package.json' with { type: 'json' };
import { webUrl } from '../support/people.ts';

const project = join(import.meta.dirname, '../..');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script of package.json like npm. */
const run = (
  script: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  cwd = project,
): Promise<Ended> =>
  new Promise((resolve) => {
    const path = `${join(project, 'node_modules/.bin')}${delimiter}${process.env['PATH']}`;
    const child = execFile(
      '/bin/sh',
      ['-c', [script, ...words].join(' ')],
      { cwd, env: { ...process.env, PATH: path, ...environment } },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });

const assertOneLine = ({ stderr, stdout }: Ended, what: string): void => {
  assert.match(stderr, /^[^\n]+\n$/, `${what}: ${stderr}`);
  assert.doesNotMatch(stderr, /\bat .*:\d+:\d+/, what);
  assert.equal(stdout, '', what);
};

/** The scripts that run a program of this project. */
const own = Object.entries(packageJson.scripts).filter(([, script]) =>
  /^exec (?:env .*)?node (?:--\S+ )*(?:bin|test)\/[\w/-]+\.ts$/.test(script),
);

suite('every command', { concurrency: 2 }, () => {
  test('is the process that npm starts, so that a signal to npm reaches it', () => {
    const names = new Set(own.map(([name]) => name));
    for (const name of [
      'start',
      'synth',
      'demo',
      'web',
      'job',
      'migrate',
      'openapi',
      'torture',
      'bench',
      'load',
      'cost',
    ]) {
      assert.ok(names.has(name), name);
    }
    for (const [name, script] of Object.entries(packageJson.scripts)) {
      if (/\b(node|vite) /.test(script)) assert.match(script, /^exec /, name);
    }
  });

  for (const [name, script] of own) {
    test(`${name} explains itself, and refuses what it does not know`, async () => {
      const [help, wrong] = await Promise.all([run(script, ['--help']), run(script, ['--wrong'])]);
      assert.equal(help.code, 0, help.stderr);
      assert.match(help.stdout, new RegExp(`^npm (run )?${name}`));
      assert.equal(help.stderr, '');
      assert.equal(wrong.code, 2, wrong.stderr);
      assertOneLine(wrong, name);
      assert.match(wrong.stderr, /--wrong/);
    });
  }

  test('names a value that makes no sense, in a line', async () => {
    const script = (name: keyof typeof packageJson.scripts): string => packageJson.scripts[name];
    const cases: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>?])[] = [
      [script('bench'), ['--seconds', 'many']],
      [script('torture'), ['--runs', '-1']],
      [script('job'), ['nonsense']],
      [script('synth'), []],
      [script('cost'), ['--users', 'many']],
      [script('start'), ['--data', '""']],
      [script('start'), [], { RATE_LIMITS: 'of' }],
      [script('start'), [], { PORT: 'nonsense' }],
      [script('start'), [], { CORS_ORIGINS: 'https://chat.example.org/path' }],
      [script('web'), ['--port', '65536']],
      [script('demo'), ['--data', join(tmpdir(), 'nothing-here')]],
    ];
    for (const [command, words, environment] of cases) {
      const ended = await run(command, words, environment);
      assert.equal(ended.code, 2, `${command} ${words.join(' ')}: ${ended.stderr}`);
      assert.match(ended.stderr, /^[^\n]+\n$/, ended.stderr);
    }
  });

  test('synth and openapi say last what they made and where, or that it is as it should be', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chat-service-synth-'));
    try {
      const [synth, openapi] = await Promise.all([
        run(packageJson.scripts.synth.replace('bin/', `${project}/bin/`), ['--stage', 'local'], {}, folder),
        run(packageJson.scripts.openapi, ['--check']),
      ]);
      assert.equal(synth.code, 0, synth.stderr);
      assert.match(synth.stdout, /Made the templates of \d+ stacks .* in cdk\.out\n$/);
      assert.ok(existsSync(join(folder, 'cdk.out/manifest.json')));
      assert.equal(openapi.code, 0, openapi.stderr);
      assert.match(openapi.stdout, /openapi\.json matches[^\n]+\n$/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const readOnly = spawnSync('unshare', ['--mount', 'true']).status === 0;
  test(
    'start with --data writes nothing to a project that is read-only',
    { skip: readOnly ? false : 'unshare --mount needs more rights' },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'chat-service-read-only-'));
      // Bundled before, so that this costs no second bundling.
      cpSync(join(project, '.build/functions'), join(folder, 'build/functions'), { recursive: true });
      const words = [
        `mount --bind ${project} ${project} && mount -o remount,ro,bind ${project} && cd ${project} &&`,
        packageJson.scripts.start,
        `--data ${folder}`,
      ];
      try {
        const child = spawn('unshare', ['--mount', '/bin/sh', '-c', words.join(' ')], {
          env: {
            ...process.env,
            PATH: `${join(project, 'node_modules/.bin')}${delimiter}${process.env['PATH']}`,
            PORT: '0',
            WS_PORT: '0',
            WEB_PORT: '0',
            MONGODB_DOWNLOAD: 'off',
          },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        let output = '';
        const ended = once(child, 'exit');
        for (const stream of [child.stdout, child.stderr]) {
          stream.setEncoding('utf8').on('data', (text: string) => {
            output += text;
            if (/Ctrl-C stops it/.test(output)) child.kill('SIGTERM');
          });
        }
        const [code] = (await ended) as [number | null];
        assert.equal(code, 0, output);
        assert.match(output, /Built the chat page in [^]*Ready in [^]*Stopped\.\n$/);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );

  test('web serves the page as it is written, for the service that it is told of', async () => {
    const child = spawn(process.execPath, ['bin/web.ts', '--port', '0'], {
      cwd: project,
      env: { ...process.env, WEB_PORT: new URL(webUrl()).port },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    try {
      const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? '';
      const textOf = async (path: string): Promise<string> => {
        const response = await fetch(url + path);
        assert.equal(response.status, 200, path);
        return response.text();
      };
      for (const path of ['/', '/chats/7', '/verify?token=Zm9vYmFy']) {
        assert.match(await textOf(path), /<script type="module" src="\/assets\/main\.js">/, path);
      }
      const [, file] = /["']\.\/([\w-]+\.js)["']/.exec(await textOf('/assets/main.js')) ?? [];
      assert.match(await textOf(`/assets/${file}`), /index\.html has no #page/);
      assert.match(await textOf('/assets/page.css'), /\/\* lib\/web\/styles\/base\.css \*\//);
      assert.match(await textOf('/theme.js'), /dataset\.theme/);
      assert.equal(await textOf('/config.json'), await (await fetch(`${webUrl()}/config.json`)).text());
      const changes = await fetch(`${url}/esbuild`, { headers: { accept: 'text/event-stream' } });
      assert.equal(changes.headers.get('content-type'), 'text/event-stream');
      await changes.body?.cancel();
    } finally {
      child.kill('SIGTERM');
    }
    assert.deepEqual(await ended, [0, null]);
  });

  test('start says in a sentence that a port is taken, or that its folder is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chat-service-commands-'));
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as { port: number };
      const start = packageJson.scripts.start;
      for (const name of ['PORT', 'WS_PORT', 'WEB_PORT', 'S3_PORT', 'FILES_PORT']) {
        const ports = { PORT: '0', WS_PORT: '0', WEB_PORT: '0', [name]: String(port) };
        const { code, stderr } = await run(start, ['--data', join(folder, 'data')], ports);
        assert.equal(code, 1, stderr);
        assert.match(stderr, new RegExp(`^Port ${port} is taken[^\\n]+\\n$`));
      }
      const web = await run(packageJson.scripts.web, ['--port', String(port)]);
      assert.equal(web.code, 1, web.stderr);
      assertOneLine(web, 'web');
      assert.match(web.stderr, new RegExp(`^Port ${port} is taken`));
      writeFileSync(join(folder, 'file'), '');
      const { code, stderr } = await run(start, ['--data', join(folder, 'file')]);
      assert.equal(code, 1);
      assert.match(stderr, /^Nothing can be written to the data folder [^\n]+: it is no folder\.\n$/);
    } finally {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
