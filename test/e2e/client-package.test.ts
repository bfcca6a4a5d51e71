import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { projectRoot } from '../../lib/constructs/build-cache.ts';
import { packClient } from '../../lib/client/package/pack.ts';
import type { ChatDetail } from '../../functions/contract/schemas.ts';
import { openChromium } from '../support/chromium.ts';
import { codeBlocksOf } from '../support/code-blocks.ts';
import { httpUrl, newAccount, newPeople, send, type Person } from '../support/people.ts';

// The client as users get it: a tarball that is installed outside of the repository.

const run = promisify(execFile);
const baseUrl = (): string => `${httpUrl()}/api/v1`;
const { resolve } = createRequire(import.meta.url);
const binOf = (name: string, bin: string): string => join(dirname(resolve(`${name}/package.json`)), bin);

/** Runs a Node program in a folder. @throws Error with its whole output */
const runNode = async (
  folder: string,
  words: readonly string[],
  node = process.execPath,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> => {
  try {
    // Not the options of the test runner that this process was started with.
    const env = { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: '', ...environment };
    const { stdout } = await run(node, words, { cwd: folder, env, timeout: 120_000 });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${words.join(' ')}:\n${stdout}\n${stderr}`, { cause: error });
  }
};

/** The newest binary of each major version of Node.js on this machine. */
const nodes = async (): Promise<Map<number, string>> => {
  const found = new Map<number, string>();
  const folders = (process.env['PATH'] ?? '').split(':');
  for (const node of new Set([
    process.execPath,
    ...folders.map((folder) => join(folder, 'node')),
    '/usr/bin/node',
  ])) {
    if (!existsSync(node)) continue;
    const { stdout } = await run(node, ['--version']).catch(() => ({ stdout: '' }));
    const major = Number(/^v(\d+)/.exec(stdout)?.[1]);
    if (!found.has(major)) found.set(major, node);
  }
  return found;
};

const write = (folder: string, files: Readonly<Record<string, string>>): void => {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
};

/** A small application of the client in plain JavaScript. It exits by itself on success. */
const application = `
import assert from 'node:assert/strict';
import { createApi } from 'chat-service/api';
import { createChatClient, ChatError } from 'chat-service/client';
import { createFiles } from 'chat-service/files';

const { BASE_URL: baseUrl, ACCOUNTS, WITH_WS } = process.env;
const [ada, grace] = JSON.parse(ACCOUNTS);
const platform = WITH_WS === undefined ? {} : { WebSocket: (await import('ws')).WebSocket };
const stored = new Map();
let noteCursors;
const cursorsStored = new Promise((resolve) => (noteCursors = resolve));
const storage = {
  get: (key) => stored.get(key) ?? null,
  set: (key, value) => {
    stored.set(key, value);
    if (key === 'chat-service/cursors') noteCursors();
  },
  remove: (key) => void stored.delete(key),
};
const clients = [createChatClient({ baseUrl, platform, storage }), createChatClient({ baseUrl, platform })];
const [adas, graces] = clients;
const [adasApi, gracesApi] = clients.map(createApi);
await adas.register(ada);
await graces.register(grace);
assert.throws(() => createChatClient({ baseUrl }).send(1, 'x'), (error) => error.code === 'not_authenticated');
if (globalThis.WebSocket === undefined && WITH_WS === undefined) {
  assert.throws(() => adas.start(), (error) => error instanceof ChatError && error.code === 'no_websocket' && /platform/.test(error.message));
  console.log('no WebSocket');
} else {
  const files = createFiles(adas);
  const heard = new Promise((resolve) => graces.on('message', ({ message }) => resolve(message)));
  const seen = new Promise((resolve) => graces.on('message', ({ message }) => message.attachments.length > 0 && resolve(message)));
  const online = Promise.all(clients.map((client) => new Promise((resolve) => {
    client.on('state', ({ state }) => state === 'online' && resolve());
    client.start();
  })));
  await online;
  const chat = await adasApi.createChat({ chat_type: 'group', name: 'Packed', participant_ids: [graces.user.id] });
  adas.send(chat.id, 'Hello from a package');
  const message = await heard;
  assert.equal(message.content, 'Hello from a package');
  assert.equal(message.sender_username, ada.username);
  await assert.rejects(gracesApi.renameChat(chat.id, 'Mine'), (error) => error.code === 'not_group_admin' && error.status === 403);
  const page = await gracesApi.listMessages(chat.id, { limit: 10 });
  assert.deepEqual(page.items.map(({ content }) => content), ['Hello from a package']);
  const found = await gracesApi.searchMessages({ q: 'package', chat_id: chat.id });
  assert.equal(found.total, 1);
  const progress = [];
  files.onProgress(({ sent, total }) => progress.push([sent, total]));
  files.send(chat.id, '', [new Blob(['It eats fish.'], { type: 'text/plain' })]);
  const { attachments } = await seen;
  assert.equal(await (await fetch(attachments[0].url)).text(), 'It eats fish.');
  assert.deepEqual(progress, [[0, 13], [13, 13]]);
  await assert.rejects(
    files.upload(new Blob(['no picture'], { type: 'image/png' })),
    (error) => error instanceof ChatError && error.code === 'file_rejected',
  );
  await Promise.all(clients.map((client) => client.stop()));
  await cursorsStored;
  // What is stored has the names that every version of the client stores.
  const { owner, cursors } = JSON.parse(stored.get('chat-service/cursors'));
  assert.equal(owner, adas.user.id);
  assert.ok(cursors.some(([chatId]) => chatId === chat.id));
  const again = createChatClient({ baseUrl, platform, storage });
  assert.equal((await again.resume()).username, ada.username);
  console.log('heard');
}
`;

/** Code that must compile in strict mode. */
const typed = `
import { createApi, type ChatApi } from 'chat-service/api';
import { createChatClient, ChatError, memoryStorage } from 'chat-service/client';
import { createFiles, type LocalFile } from 'chat-service/files';
import type { Chat, ChatClient, ChatDetail, ClientEvents, ClientState, ErrorCode, Message, OwnProfile, Page, Participant, PendingMessage, Profile, SyncAnswer } from 'chat-service/client';

const client: ChatClient = createChatClient({ baseUrl: 'https://chat.example.org/api/v1', storage: memoryStorage() });
const api: ChatApi = createApi(client);
const end: () => void = client.on('message', ({ message }) => {
  const text: string | null = message.content;
  const kind: 'text' = message.message_type;
  // @ts-expect-error: a message has no such field.
  void [text, kind, message.body];
});
client.on('chat', ({ chat }: ClientEvents['chat']) => void (chat.peer?.online satisfies boolean | undefined));
client.on('frame', (frame) => {
  if (frame.type === 'typing_started') void (frame.user_id satisfies number);
});
// @ts-expect-error: there is no such event.
client.on('massage', () => undefined);
// @ts-expect-error: a chat is named by its number.
client.send('1', 'x');
export const all = async (): Promise<[Page<Chat>, ChatDetail, Message[], OwnProfile | undefined, Profile, SyncAnswer, Page<Participant>]> => [
  await api.listChats({ page: 1, limit: 10 }),
  await api.createChat({ chat_type: 'direct', participant_ids: [7] }),
  (await api.listMessages(1, { before_seq: 5 })).items,
  await client.resume(),
  await api.getProfile(7),
  await api.sync({ chats: [{ chat_id: 1, rev: 2 }] }),
  await api.listParticipants(1),
];
// @ts-expect-error: a chat is named by its number.
export const wrong = () => api.getChat('1');
export const called: Promise<unknown> = client.call('GET /chats/7', 'chat_type');
export const state: ClientState = client.state;
export const pending: readonly PendingMessage[] = client.pending();
export const problem = (error: unknown): ErrorCode | undefined => (error instanceof ChatError ? (error.code as ErrorCode) : undefined);
export const isLimited = (error: ChatError): boolean => error.code === 'rate_limited' || error.code === 'of a newer service';
export const upload = (file: LocalFile): Promise<unknown> => createFiles(client).upload(file, { onProgress: ({ sent }) => void (sent satisfies number) });
void end;
`;

/** The used subset of React Native's types, which are not installed here. */
const native = `
declare module 'react-native' {
  export const AppState: {
    addEventListener(type: 'change', listener: (state: 'active' | 'background' | 'inactive') => void): { remove(): void };
  };
}
declare module '@react-native-async-storage/async-storage' {
  const storage: {
    getItem: (key: string) => Promise<string | null>;
    setItem: (key: string, value: string) => Promise<void>;
    removeItem: (key: string) => Promise<void>;
  };
  export default storage;
}
`;

suite('the packed client, installed outside of the repository', { timeout: 240_000 }, () => {
  let folder: string;
  const blocks = codeBlocksOf(join(projectRoot, 'lib/docs/quick-start-react.md'));
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'chat-client-'));
    const tarball = await packClient(join(folder, 'packed'));
    write(folder, { 'package.json': JSON.stringify({ name: 'application', type: 'module', private: true }) });
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball], {
      cwd: folder,
    });
    assert.deepEqual(
      readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.')),
      ['chat-service'],
      'it brings nothing else along',
    );
    // What an application installs besides, from where this repository has it.
    mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
    for (const name of [
      'ws',
      'react',
      'react-dom',
      'vite',
      '@types/react',
      '@types/react-dom',
      '@types/ws',
      '@types/node',
    ]) {
      symlinkSync(join(projectRoot, 'node_modules', name), join(folder, 'node_modules', name));
    }
    write(folder, { 'application.js': application });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('runs in plain JavaScript on every Node.js that is here, and says at once where there is no WebSocket', async (t) => {
    const found = await nodes();
    for (const major of [20, 22, 24]) {
      const node = found.get(major);
      if (node === undefined) {
        t.diagnostic(`SKIPPED: Node.js ${major} is not on this machine, so the package was not tried on it`);
        continue;
      }
      const use = (environment: Record<string, string> = {}): Promise<string> =>
        runNode(folder, ['application.js'], node, {
          BASE_URL: baseUrl(),
          ACCOUNTS: JSON.stringify([newAccount('ada'), newAccount('grace')]),
          ...environment,
        });
      assert.equal(await use(), major < 22 ? 'no WebSocket\n' : 'heard\n', `Node.js ${major}`);
      if (major < 22) assert.equal(await use({ WITH_WS: 'yes' }), 'heard\n', `Node.js ${major} with ws`);
    }
    assert.ok(found.has(24));
  });

  test('compiles strictly, with and without the DOM, and with the hooks of the quick start', async () => {
    write(folder, { 'typed.ts': typed });
    for (const { file, text } of blocks) if (file !== undefined) write(folder, { [file]: text });
    write(folder, {
      'src/react-native.d.ts': native,
      'with-ws.ts': `import { createChatClient } from 'chat-service';\nimport { WebSocket } from 'ws';\ncreateChatClient({ baseUrl: '', platform: { WebSocket, fetch } });\n`,
      'in-browser.ts': `import { createChatClient } from 'chat-service/client';\ncreateChatClient({ baseUrl: '', platform: { WebSocket, fetch } });\n`,
    });
    const strict = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      target: 'es2022',
      skipLibCheck: false,
    };
    const cases = {
      nodenext: { options: { module: 'nodenext', types: [] }, files: ['typed.ts', 'in-browser.ts'] },
      bundler: {
        options: { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022'], types: [] },
        files: ['typed.ts'],
      },
      // The types of Node.js and of `ws` are others' to keep right.
      node: {
        options: { module: 'nodenext', lib: ['es2022'], types: ['node'], skipLibCheck: true },
        files: ['with-ws.ts'],
      },
    };
    const tsc = binOf('typescript', 'bin/tsc');
    for (const [name, { options, files }] of Object.entries(cases)) {
      write(folder, {
        [`${name}.json`]: JSON.stringify({ compilerOptions: { ...strict, ...options }, files }),
      });
      await runNode(folder, [tsc, '-p', `${name}.json`]);
    }
    await runNode(folder, [tsc, '-p', 'tsconfig.json']);
  });

  suite('in a browser, as the quick start for React has it', () => {
    let ada: Person;
    let grace: Person;
    before(async () => {
      [ada, grace] = await newPeople('ada', 'grace');
      for (const { file, text } of blocks) {
        // The one line that is different here: where the service listens.
        if (file !== undefined)
          write(folder, { [file]: text.replace('http://127.0.0.1:8000/api/v1', baseUrl()) });
      }
      // React as one develops with it: StrictMode mounts everything twice, and what is wrong is an error in the console.
      const build = ['build', '--mode', 'development', '--logLevel', 'warn'];
      await runNode(folder, [binOf('vite', 'bin/vite.js'), ...build], process.execPath, {
        NODE_ENV: 'development',
      });
    });

    test('people log in, read, write and see each other type', async (t) => {
      const browser = await openChromium('whole');
      if (browser === undefined) return t.skip('no Chromium here, and it cannot be installed');
      try {
        const { body: chat } = await ada.api.request<ChatDetail>('POST', '/chats', {
          chat_type: 'direct',
          participant_ids: [grace.id],
        });
        await send(grace, chat.id, 'Before you came');
        // The page is played and not served, so that the browser takes it for one from the internet.
        const permissions = ['local-network-access'];
        const page: Page = await browser.newPage({ permissions });
        page.setDefaultTimeout(30_000);
        const wrong: string[] = [];
        page.on('pageerror', (error) => wrong.push(String(error)));
        page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
        // The address of Vite's own server, which the local service lets in.
        await page.route('http://localhost:5173/**', (route) => {
          const { pathname } = new URL(route.request().url());
          const file = join(folder, 'dist', pathname === '/' ? 'index.html' : pathname);
          if (!existsSync(file)) return route.fulfill({ status: 204 });
          const contentType = extname(file) === '.js' ? 'text/javascript' : 'text/html';
          return route.fulfill({ contentType, body: readFileSync(file) });
        });
        await page.goto('http://localhost:5173/');
        await page.getByPlaceholder('Username').fill(ada.username);
        await page.getByPlaceholder('Password').fill('not it');
        await page.getByRole('button', { name: 'Log in' }).click();
        await page.getByText('The username or the password is wrong.').waitFor();
        wrong.length = 0;
        await page.getByPlaceholder('Password').fill(ada.password);
        await page.getByRole('button', { name: 'Log in' }).click();
        await page.getByText('You are online.').waitFor();
        await page.getByRole('button', { name: `${grace.username} (1 unread)` }).click();
        await page.getByText('Before you came').waitFor();
        await page.getByRole('button', { name: `${grace.username} (0 unread)` }).waitFor();

        const socket = await grace.connect();
        socket.send({ type: 'typing', chat_id: chat.id, content: 'start' });
        await page.getByText('Somebody is typing').waitFor();
        await send(grace, chat.id, 'Now you are here');
        await page.getByText('Now you are here').waitFor();
        await page.getByText('Somebody is typing').waitFor({ state: 'detached' });

        await page.getByPlaceholder('Message').fill('Hello, Grace');
        await page.getByRole('button', { name: 'Send' }).click();
        await socket.take(
          ({ type, chat_id, message }) =>
            type === 'new_message' &&
            chat_id === chat.id &&
            (message as { content: string }).content === 'Hello, Grace',
        );
        await page.locator('li', { hasText: `${ada.username}: Hello, Grace` }).waitFor();
        assert.deepEqual(await page.locator('ol li').allTextContents(), [
          `${grace.username}: Before you came`,
          `${grace.username}: Now you are here`,
          `${ada.username}: Hello, Grace`,
        ]);

        // Who was logged in still is, and what happened while nobody looked at the chat is there.
        await page.reload();
        await page.getByText('You are online.').waitFor();
        await send(grace, chat.id, 'While it was closed');
        for (let batch = 0; batch < 5; batch += 1) {
          await Promise.all(Array.from({ length: 10 }, () => send(grace, chat.id, 'Another one')));
        }
        // More than a page: the first unread message is there, with what is before it, and the newest one is not yet.
        await page.getByRole('button', { name: `${grace.username} (51 unread)` }).click();
        const newer = page.getByRole('button', { name: 'Newer messages' });
        await newer.waitFor();
        assert.equal(await page.locator('ol li').count(), 3 + 50);
        const line = page.locator('li', { has: page.getByRole('separator', { name: 'New' }) });
        assert.deepEqual(await line.allTextContents(), [`${grace.username}: While it was closed`]);
        await page.getByRole('button', { name: `${grace.username} (1 unread)` }).waitFor();
        await newer.click();
        await page.getByRole('button', { name: `${grace.username} (0 unread)` }).waitFor();
        await newer.waitFor({ state: 'detached' });
        assert.equal(await page.locator('ol li').count(), 3 + 51);
        // The line stays where it was when the chat was opened.
        assert.deepEqual(await line.allTextContents(), [`${grace.username}: While it was closed`]);
        await socket.close();
        assert.deepEqual(wrong, []);
      } finally {
        await browser.close();
      }
    });
  });
});
