import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { openChatSocket } from '../../lib/bench/plain-chat-socket.ts';
import { startLocalCloud } from '../../lib/local/cloud.ts';
import { findForeignEntries } from '../../lib/local/data-folder.ts';
import { createHttpClient } from '../../lib/bench/plain-http-client.ts';
import { startLocalService, type LocalService } from '../support/local-service.ts';

const bin = (name: string): string => join(import.meta.dirname, '../../bin', name);
const account = { username: 'ada', password: 'correct horse' };

/** Runs a command until it exits. */
const run = (
  file: string,
  parameters: string[],
  environment: Record<string, string> = {},
): Promise<{ code: number; output: string }> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [bin(file), ...parameters],
      { env: { ...process.env, ...environment } },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });

/** The processes whose command line names a folder; requires /proc. */
const processesOn = (directory: string): string[] =>
  !existsSync('/proc/self')
    ? []
    : readdirSync('/proc').filter((pid) => {
        if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(directory);
        } catch {
          return false;
        }
      });

const logIn = async ({ httpUrl }: LocalService): Promise<string> => {
  const api = createHttpClient(`${httpUrl}/api/v1`);
  const { body } = await api.request<{ access_token: string }>('POST', '/users/login', account);
  return body.access_token;
};

const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'chat-service-life-'));
  folders.push(folder);
  return folder;
};
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The origins for uploads and downloads of files. The page's policy names both, so an open page cannot use others. */
const placesOfFiles = async ({ webUrl }: LocalService): Promise<{ s3: string; files: string }> => {
  const policy = (await fetch(webUrl)).headers.get('content-security-policy') ?? '';
  const [, s3 = ''] = /connect-src [^;]*(http:\/\/127\.0\.0\.1:\d+)\/[a-z0-9-]+;/.exec(policy) ?? [];
  const [, files = ''] = /media-src blob: (http:\/\/127\.0\.0\.1:\d+)\/;/.exec(policy) ?? [];
  assert.ok(s3 !== '' && files !== '', policy);
  return { s3, files };
};

suite('the command that npm start runs', () => {
  test('says what it runs on, keeps its data, and stops with everything that it started', async () => {
    const dataDirectory = newFolder();
    const first = await startLocalService({ dataDirectory });
    for (const store of ['MySQL: ', 'MongoDB: ', 'DynamoDB: ', 'S3: ']) {
      assert.equal(
        first
          .output()
          .split('\n')
          .filter((line) => line.includes(store)).length,
        1,
        store,
      );
    }
    assert.match(first.output(), /Ready in/);
    assert.ok(first.output().includes(first.httpUrl));

    const api = createHttpClient(`${first.httpUrl}/api/v1`);
    await api.request('POST', '/users/register', { ...account, email: 'ada@example.org' });
    const token = await logIn(first);
    const chat = { chat_type: 'group', name: 'Alone', participant_ids: [] };
    const { body: group } = await api.as(token).request<{ id: number }>('POST', '/chats', chat);
    await api.as(token).request('POST', '/messages', { chat_id: group.id, content: 'still here' });

    const places = await placesOfFiles(first);
    // All that it writes is known, so that `--fresh` forgets that and nothing else.
    assert.deepEqual(findForeignEntries(dataDirectory), []);

    // On the same folder, and on the same port, a second one says so in one sentence and harms nobody.
    const sameFolder = await run('local.ts', ['--data', dataDirectory], {
      PORT: '0',
      WS_PORT: '0',
      WEB_PORT: '0',
    });
    assert.equal(sameFolder.code, 1);
    assert.match(sameFolder.output, /in use by/);
    const elsewhere = newFolder();
    const samePort = await run('local.ts', ['--data', elsewhere], {
      PORT: new URL(first.httpUrl).port,
      WS_PORT: '0',
      WEB_PORT: '0',
    });
    assert.equal(samePort.code, 1);
    assert.match(samePort.output, /Port \d+ is taken/);
    for (const { output } of [sameFolder, samePort]) assert.doesNotMatch(output, /\n\s+at /);
    assert.deepEqual(processesOn(elsewhere), []);
    assert.equal((await createHttpClient(first.httpUrl).request('GET', '/health')).status, 200);

    // What is under way is answered, open sockets are closed.
    const socket = await openChatSocket(first.websocketUrl, token);
    const underWay = api
      .as(token)
      .request('POST', '/messages', { chat_id: group.id, content: 'the last one' });
    // The connection answers, so the request before it has been received.
    socket.send({ type: 'ping' });
    await socket.take(({ type }) => type === 'pong');
    first.process.kill('SIGTERM');
    assert.equal((await underWay).status, 201);
    await socket.closed;
    await first.exited;
    assert.equal(first.process.exitCode, 0, first.output());
    assert.match(first.output(), /Stopped\./);
    assert.deepEqual(processesOn(dataDirectory), []);

    const origin = 'https://chat.example.org';
    const second = await startLocalService({
      dataDirectory,
      environment: { CORS_ORIGINS: `${origin}/, http://one.test` },
    });
    try {
      for (const [asked, allowed] of [
        [origin, origin],
        [second.webUrl, second.webUrl],
        ['http://localhost:5173', null],
      ] as const) {
        const answer = await fetch(`${second.httpUrl}/`, { headers: { origin: asked } });
        assert.equal(answer.headers.get('access-control-allow-origin'), allowed, asked);
      }
      const again = createHttpClient(`${second.httpUrl}/api/v1`);
      const old = await again
        .as(token)
        .request<{ items: { content: string }[] }>('GET', `/messages/chat/${group.id}`);
      assert.equal(old.status, 200, 'a token from before the restart');
      assert.deepEqual(
        old.body.items.map(({ content }) => content),
        ['the last one', 'still here'],
      );
      assert.ok(await logIn(second));
      assert.deepEqual(await placesOfFiles(second), places, 'a page that is open goes on with its files');
      // Without a goodbye: the next start deals with what is left behind.
      second.process.kill('SIGKILL');
      await second.exited;
      // A port that is named is taken, and one that somebody else has meanwhile is left to them.
      const [taken, named] = [createServer(), createServer()];
      taken.listen(Number(new URL(places.files).port), '127.0.0.1');
      named.listen(0, '127.0.0.1');
      await Promise.all([once(taken, 'listening'), once(named, 'listening')]);
      const { port } = named.address() as { port: number };
      named.close();
      const third = await startLocalService({ dataDirectory, environment: { S3_PORT: String(port) } });
      const moved = await placesOfFiles(third);
      taken.close();
      assert.equal(moved.s3, `http://127.0.0.1:${port}`);
      assert.notEqual(moved.files, places.files);
      assert.ok(await logIn(third));
      // A process that starts it and crashes leaves nothing behind.
      third.process.disconnect();
      await third.exited;
      assert.equal(third.process.exitCode, 0, third.output());
      assert.deepEqual(processesOn(dataDirectory), []);
    } finally {
      await second.stop();
    }
  });

  test('the demo plays against it and prints each delivery', async () => {
    const service = await startLocalService();
    try {
      // The data folder knows the ports.
      const { code, output } = await run('demo.ts', ['--data', service.dataDirectory]);
      assert.equal(code, 0, output);
      assert.match(output, /deliveries, all arrived; median [\d.]+ ms/);
      assert.match(output, /Grace +It does, since I took the moth out of it/);
    } finally {
      await service.stop();
    }
    const nobody = await run('demo.ts', ['--url', `${service.httpUrl}/api/v1`]);
    assert.equal(nobody.code, 1);
    assert.match(nobody.output, /npm start/);
    const nowhere = await run('demo.ts', ['--data', service.dataDirectory]);
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.output, /^No service runs on [^\n]+\n$/);
  });
});

test('a start that fails after its gateways listen leaves no port open', async () => {
  const dataDirectory = newFolder();
  const servers = (): string[] => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap');
  const before = servers();
  let atFailure: string[] = [];
  await assert.rejects(
    startLocalCloud({
      dataDirectory,
      httpPort: 0,
      webSocketPort: 0,
      log: () => undefined,
      inFrontOfLambda: () => {
        atFailure = servers();
        throw new Error('This start is to fail');
      },
    }),
    { message: 'This start is to fail' },
  );
  assert.ok(atFailure.length >= before.length + 2, 'the gateways listened');
  assert.deepEqual(servers(), before);
  assert.deepEqual(processesOn(dataDirectory), []);
});
