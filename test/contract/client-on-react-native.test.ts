import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import type { createApi } from '../../lib/client/api/index.ts';
import type { createFiles } from '../../lib/client/files/index.ts';
import type { createChatClient } from '../../lib/client/index.ts';
import { buildClientPackage } from '../../lib/client/package/build-package.ts';
import { FakeSocket, settle } from '../support/fake-platform.ts';
import { createFakeService, json, messageOf } from '../support/fake-service.ts';

/** The exports of the packed files, which run in a separate realm. */
interface Packed {
  readonly createChatClient: typeof createChatClient;
  readonly createApi: typeof createApi;
  readonly createFiles: typeof createFiles;
}

/** A file in the format of React Native's file pickers. */
const photo = { uri: 'file:///photo.jpg', name: 'photo.jpg', type: 'image/jpeg' };

/**
 * React Native's globals that the client may use, where they differ from a browser's: `FormData` accepts a picker's
 * file in place of a `Blob`, and there is no `document`, `crypto`, `URLSearchParams` or `indexedDB`.
 */
const createReactNative = () => {
  const service = createFakeService();
  const sockets: FakeSocket[] = [];
  const posted: { url: string; parts: (readonly [string, unknown])[] }[] = [];

  service.intercept(({ path }) => {
    const attachment = { id: 'a1', status: 'ready', kind: 'image' };
    if (path === '/attachments/a1/complete') return json(200, attachment);
    if (path !== '/attachments') return undefined;
    const upload = { url: 'https://files.example.org', fields: { key: 'u/1' }, expires_at: '' };
    return json(201, { attachment, upload });
  });

  class NativeFormData {
    readonly parts: (readonly [string, unknown])[] = [];
    append(name: string, value: unknown): void {
      this.parts.push([name, value]);
    }
  }

  class NativeXhr extends EventTarget {
    status = 0;
    readonly upload = new EventTarget();
    #url = '';
    open(_method: string, url: string): void {
      this.#url = url;
    }
    send({ parts }: NativeFormData): void {
      posted.push({ url: this.#url, parts });
      queueMicrotask(() => {
        this.upload.dispatchEvent(Object.assign(new Event('progress'), { loaded: 5, total: 5 }));
        this.status = 204;
        this.dispatchEvent(new Event('load'));
      });
    }
    abort(): void {
      this.dispatchEvent(new Event('abort'));
    }
  }

  class NativeSocket extends FakeSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  }

  const globals = {
    fetch: async (url: string, options?: RequestInit) =>
      url === photo.uri ? { blob: async () => ({ size: 5 }) } : service.fetch(url, options),
    WebSocket: NativeSocket,
    XMLHttpRequest: NativeXhr,
    FormData: NativeFormData,
    AbortController,
    setTimeout,
    clearTimeout,
    queueMicrotask,
    navigator: { product: 'ReactNative' },
  };
  return { globals, service, sockets, posted };
};

suite('the package of the client on React Native', () => {
  let code = '';
  before(async () => {
    const folder = await buildClientPackage();
    // The entries as one classic script, which a realm without modules can run. Nothing is put in the place of a global.
    const { outputFiles } = await build({
      stdin: {
        contents:
          'export * from "./client.js"; export * from "./api.js"; export * from "./files.js"; export * from "./presence.js";',
        resolveDir: folder,
      },
      bundle: true,
      format: 'iife',
      globalName: 'packed',
      target: 'es2022',
      write: false,
      outfile: join(folder, 'packed.js'),
    });
    code = outputFiles[0]?.text ?? '';
  });

  const load = (globals: object): Packed =>
    runInContext(`${code};packed`, createContext({ ...globals })) as Packed;

  test('is loaded where there is nothing but the language', () => {
    const { createChatClient, createFiles } = load({});
    assert.equal(typeof createFiles, 'function');
    const client = createChatClient({ baseUrl: 'https://chat.example.org/api/v1' });
    assert.equal(client.state, 'signed-out');
  });

  test('logs in, connects, sends and receives, and uploads what a picker gives', async (t) => {
    const { globals, service, sockets, posted } = createReactNative();
    const { createApi, createChatClient, createFiles } = load(globals);
    const client = createChatClient({ baseUrl: 'https://chat.example.org/api/v1' });
    t.after(() => client.stop());
    const files = createFiles(client);
    const received: string[] = [];
    client.on('message', ({ message }) => received.push(message.content ?? ''));
    const user = await client.logIn('ada', 'correct horse');
    assert.equal(user.username, 'ada');
    client.start();
    await settle();
    const [socket] = sockets;
    assert.ok(socket !== undefined);
    assert.equal(socket.url, 'wss://chat.example.org/local?ticket=ticket-of-1');
    socket.open();
    await settle();
    assert.equal(client.state, 'online');

    socket.receive({ type: 'new_message', chat_id: 7, message: messageOf(7, 1, { content: 'Hello' }) });
    await settle();
    assert.deepEqual(received, ['Hello']);
    assert.deepEqual(
      (await createApi(client).listChats({ limit: 5 })).items.map(({ id }) => id),
      client.chats().map(({ id }) => id),
    );

    const pending = files.send(7, 'Look', [photo]);
    await settle();
    // The size, which the picker did not say, was read from the file.
    const [asked] = service.askedFor('/attachments');
    assert.deepEqual(asked?.body, { file_name: 'photo.jpg', content_type: 'image/jpeg', size: 5 });
    assert.deepEqual(posted, [
      {
        url: 'https://files.example.org',
        parts: [
          ['key', 'u/1'],
          ['file', photo],
        ],
      },
    ]);
    const frame = socket.sent.find(({ type }) => type === 'message');
    assert.deepEqual(
      [frame?.['content'], frame?.['attachment_ids'], frame?.['client_message_id']],
      ['Look', ['a1'], pending.client_message_id],
    );
    socket.receive({
      type: 'ack',
      client_message_id: pending.client_message_id,
      message: messageOf(7, 2, { content: 'Look', sender_id: 1 }),
    });
    await settle();
    assert.deepEqual([client.pending().length, received], [0, ['Hello', 'Look']]);
  });
});
