import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import packageJson from '../../package.json' with { type: 'json' };
import { createApi } from '../../lib/client/api/create-api.ts';
import { createChatClient } from '../../lib/client/index.ts';
import { startLocalCloud, type LocalCloud } from '../../lib/local/cloud.ts';
import { synthesizeNextVersion, type NextVersion } from '../support/next-version.ts';
import { newAccount } from '../support/people.ts';

const folder = mkdtempSync(join(tmpdir(), 'chat-service-release-'));
let cloud: LocalCloud;

before(async () => {
  process.env['TZ'] = 'UTC';
  cloud = await startLocalCloud({
    dataDirectory: join(folder, 'data'),
    httpPort: 0,
    webSocketPort: 0,
    log: () => undefined,
    environment: { ...process.env, RATE_LIMITS: 'off', VALIDATE_OUTPUT: 'on' },
  });
});

after(async () => {
  await cloud.stop();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * The next release: it expands the schema, adds a route that reads the new column, and adds needs to functions of
 * existing routes, without which their new code does not start.
 */
const next: NextVersion = {
  edits: [
    ['package.json', `"version": "${packageJson.version}"`, '"version": "99.0.0"'],
    [
      'functions/migrations/mysql/index.ts',
      'export const migrations: Record<string, Migration> = {',
      `import * as motto from './9999-motto.ts';
       export const migrations: Record<string, Migration> = { '9999-motto': motto,`,
    ],
    [
      'functions/contract/table.ts',
      'const table = [',
      `import { feature as motto } from '../motto/contract.ts';
       const table = [ motto,`,
    ],
    [
      'functions/messages/contract.ts',
      "  summary: 'Send a message',\n  needs: [",
      "  summary: 'Send a message',\n  needs: ['verification-keys', ",
    ],
    [
      'functions/chats/contract.ts',
      "  summary: 'List your chats, latest activity first',\n  auth: 'user',\n  rateLimit: readsAreUnlimited,\n  needs: [",
      "  summary: 'List your chats, latest activity first',\n  auth: 'user',\n  rateLimit: readsAreUnlimited,\n  needs: ['post', ",
    ],
  ],
  newFiles: {
    'functions/migrations/mysql/9999-motto.ts': `
      import { sql, type Kysely } from 'kysely';
      export const up = async (db: Kysely<unknown>): Promise<void> => {
        await sql\`ALTER TABLE users ADD COLUMN motto VARCHAR(100) NULL\`.execute(db);
      };`,
    'functions/motto/contract.ts': `
      import * as z from 'zod';
      import { anonymousIsUnlimited, defineHttpRoute } from '../contract/route.ts';
      export const getMotto = defineHttpRoute({
        id: 'get-motto', method: 'GET', path: '/api/v1/motto', tag: 'System', summary: 'A motto', auth: 'none', rateLimit: anonymousIsUnlimited,
        needs: ['mysql'], responses: { 200: { description: 'How many have none', body: z.object({ none: z.number() }) } },
        errors: [],
      });
      export const fileMotto = defineHttpRoute({
        id: 'file-motto', method: 'GET', path: '/api/v1/motto/file', tag: 'System', summary: 'A motto’s file', auth: 'none', rateLimit: anonymousIsUnlimited,
        needs: ['upload-forms', 'file-intake', 'file-urls'],
        responses: { 200: { description: 'A form, or once it is used the file', body: z.looseObject({ url: z.string() }) } },
        errors: [],
      });
      export const feature = { name: 'motto', http: [getMotto, fileMotto] };`,
    'functions/motto/handlers/file-motto.ts': `
      import { fileUrls } from '../../gateways/file-urls.ts';
      import { objectStorage } from '../../gateways/object-storage.ts';
      import { answer, httpHandler } from '../../transport/http.ts';
      import { fileMotto as route } from '../contract.ts';
      export const handler = httpHandler(route, async () => {
        const upload = await objectStorage().find('u/motto');
        if (upload === undefined) {
          return answer(200, await objectStorage().createUploadForm({ key: 'u/motto', contentType: 'text/plain', bytes: 5 }));
        }
        const served = { contentType: 'text/plain', contentDisposition: 'attachment' };
        if (!(await objectStorage().copy('u/motto', 'f/motto', served, upload.etag))) throw new Error('It is gone');
        await objectStorage().remove(['u/motto']);
        return answer(200, await fileUrls().sign('f/motto'));
      });`,
    'functions/motto/handlers/get-motto.ts': `
      import { sql } from 'kysely';
      import { mysql } from '../../platform/mysql/mysql.ts';
      import { answer, httpHandler } from '../../transport/http.ts';
      import { getMotto as route } from '../contract.ts';
      export const handler = httpHandler(route, async () => {
        const { rows } = await sql<{ none: number }>\`SELECT COUNT(*) AS none FROM users WHERE motto IS NULL\`.execute(mysql());
        return answer(200, { none: Number(rows[0]?.none) });
      });`,
  },
};

/** A user who sends and receives messages throughout the release; `heard` records the received ones. */
const newTalker = async () => {
  const client = createChatClient({ baseUrl: `${cloud.httpUrl}/api/v1` });
  const heard: string[] = [];
  const ended: string[] = [];
  let listeners: (() => void)[] = [];
  client.on('message', ({ message }) => {
    heard.push(String(message.content));
    for (const listener of listeners.splice(0)) listener();
  });
  client.on('session_ended', ({ code }) => {
    ended.push(code);
    for (const listener of listeners.splice(0)) listener();
  });
  await client.register(newAccount());
  client.start();
  const hears = async (fits: () => boolean): Promise<void> => {
    while (!fits()) {
      assert.deepEqual(ended, [], 'the session goes on');
      await new Promise<void>((resolve) => listeners.push(resolve));
    }
  };
  return { client, heard, ended, hears };
};

const status = async (path: string, init?: RequestInit): Promise<number> => {
  const response = await fetch(`${cloud.httpUrl}${path}`, init);
  await response.arrayBuffer();
  return response.status;
};

const post = (path: string, body: unknown): Promise<number> =>
  status(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const versionOf = async (): Promise<string> => {
  const response = await fetch(`${cloud.httpUrl}/api/v1/info`);
  return ((await response.json()) as { version: string }).version;
};

/**
 * Checks the whole path of a file: a function creates a form, a client uploads with it, a function moves the object,
 * and CloudFront delivers it.
 */
const assertFilesArrive = async (): Promise<void> => {
  const ask = async () =>
    (await (await fetch(`${cloud.httpUrl}/api/v1/motto/file`)).json()) as {
      url: string;
      fields?: Record<string, string>;
    };
  const { url, fields = {} } = await ask();
  assert.ok(url.startsWith(cloud.s3Url), url);
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob(['motto']));
  assert.equal((await fetch(url, { method: 'POST', body: form })).status, 204);
  const { url: signed } = await ask();
  assert.ok(signed.startsWith(`${cloud.filesUrl}/f/motto?`), signed);
  const file = await fetch(signed);
  assert.equal(file.status, 200);
  assert.equal(await file.text(), 'motto');
  assert.equal(file.headers.get('content-disposition'), 'attachment');
  assert.equal(file.headers.get('x-content-type-options'), 'nosniff');
  assert.equal((await fetch(`${cloud.filesUrl}/f/motto`)).status, 403);
};

test('a release under load: schema, needs and routes change, and nobody loses a message or gets one twice', async (t) => {
  const sources = join(folder, 'next');
  mkdirSync(sources);
  const [assembly, ...talkers] = await Promise.all([
    synthesizeNextVersion(sources, next),
    newTalker(),
    newTalker(),
    newTalker(),
  ]);
  const [first] = talkers;
  assert.ok(first !== undefined);
  const { id: chatId } = await createApi(first.client).createChat({
    chat_type: 'group',
    name: 'On the way',
    participant_ids: talkers.slice(1).map(({ client }) => client.user?.id ?? 0),
  });

  const sent: string[] = [];
  const unexpected: string[] = [];
  const over = new AbortController();
  const talk = async ({ client, hears, heard }: (typeof talkers)[number], name: number): Promise<void> => {
    for (let count = 0; !over.signal.aborted; count += 1) {
      const content = `${name}/${count}`;
      sent.push(content);
      client.send(chatId, content);
      await hears(() => heard.includes(content));
    }
  };
  /**
   * New sessions and lists of chats, whose functions change too. It is an account of its own: the oldest of a user's
   * sessions ends when there are too many.
   */
  const ask = async (): Promise<void> => {
    const { username, password, ...rest } = newAccount();
    assert.equal(await post('/api/v1/users/register', { username, password, ...rest }), 201);
    while (!over.signal.aborted) {
      const login = await fetch(`${cloud.httpUrl}/api/v1/users/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username, password }),
      });
      const session = await login.text();
      if (login.status !== 200) {
        unexpected.push(`log-in ${login.status}: ${session}`);
        continue;
      }
      const { access_token: token } = JSON.parse(session) as { access_token: string };
      const list = await fetch(`${cloud.httpUrl}/api/v1/chats`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const text = await list.text();
      if (list.status !== 200) unexpected.push(`chats ${list.status}: ${text}`);
    }
  };
  const work = [...talkers.map(talk), ask()];
  const talkOn = (messages: number): Promise<void> => {
    const goal = first.heard.length + messages;
    return first.hears(() => first.heard.length >= goal);
  };

  t.after(async () => {
    over.abort();
    await Promise.all(talkers.map(({ client }) => client.stop()));
  });

  await talkOn(10);
  assert.equal(await status('/api/v1/motto'), 404);
  const seen = new Set<string>();
  await cloud.release(assembly, async () => {
    // Both versions serve, on the schema of the new one.
    while (seen.size < 2) seen.add(await versionOf());
    await talkOn(40);
  });
  assert.deepEqual(seen, new Set([packageJson.version, '99.0.0']));
  await talkOn(20);
  assert.equal(await versionOf(), '99.0.0');
  assert.equal(await status('/api/v1/motto'), 200);
  await assertFilesArrive();

  over.abort();
  await Promise.all(work);
  t.diagnostic(`${sent.length} messages`);
  for (const { heard, ended, hears } of talkers) {
    await hears(() => new Set(heard).size >= sent.length);
    assert.deepEqual(heard.toSorted(), sent.toSorted(), 'each message once');
    assert.deepEqual(ended, []);
  }
  assert.deepEqual(unexpected, []);
});
