import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ChatClient } from '../../../lib/client/chat-client.ts';
import { createFiles } from '../../../lib/client/files/create-files.ts';
import type { FileStore, LocalFile, PostForm } from '../../../lib/client/files/files.ts';
import { abortError } from '../../../lib/client/files/post-form.ts';
import { createFakeStorage, settle } from '../../support/fake-platform.ts';
import {
  createFakeClient,
  createFakeService,
  json,
  messageOf,
  refusal,
  type RecordedRequest,
} from '../../support/fake-service.ts';

/** A store that survives its clients, like IndexedDB. */
const createFileStore = () => {
  const stored = new Map<string, LocalFile>();
  const store: FileStore = {
    get: async (key) => stored.get(key),
    set: async (key, file) => void stored.set(key, file),
    remove: async (key) => void stored.delete(key),
    keys: async () => [...stored.keys()],
  };
  return { store, stored };
};

const heron = (): File => new File(['heron'], 'heron.jpg', { type: 'image/jpeg' });

/** A service with attachments; the test can play each step of an upload. */
const createScene = async (
  storage = createFakeStorage(),
  kept = createFileStore(),
  username: 'ada' | 'bob' | undefined = 'ada',
) => {
  const service = createFakeService();
  const steps: string[] = [];
  /** Answers before the service does, step by step: `create`, `post`, `complete`. */
  const played = new Map<string, ((asked: RecordedRequest) => Response | undefined)[]>();
  const statuses: (number | Error)[] = [];
  let made = 0;
  let hold: Promise<void> | undefined;
  const next = (step: string, asked: RecordedRequest): Response | undefined =>
    played.get(step)?.shift()?.(asked);
  service.intercept((asked) => {
    const { path, method } = asked;
    if (asked.userId === undefined || !path.startsWith('/attachments')) return undefined;
    const id = path.split('/')[2];
    if (method === 'DELETE') {
      steps.push(`delete ${id}`);
      return new Response(null, { status: 204 });
    }
    const attachment = { id, status: 'ready', kind: 'image' };
    if (path.endsWith('/complete')) {
      steps.push(`complete ${id}`);
      return next('complete', asked) ?? json(200, attachment);
    }
    steps.push(`create ${String(asked.body?.['file_name'])}`);
    const early = next('create', asked);
    if (early !== undefined) return early;
    made += 1;
    const upload = { url: 'https://files.example.org', fields: { key: 'u/1' }, expires_at: '' };
    return json(201, { attachment: { id: `a${made}`, status: 'pending' }, upload });
  });
  const scene = createFakeClient(service, storage.storage);
  const post: PostForm = async (_, file, name, { onProgress, signal }) => {
    steps.push(`post ${name}`);
    onProgress({ sent: 1, total: file.size ?? 0 });
    await Promise.race([
      hold,
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(abortError(signal)))),
    ]);
    const status = statuses.shift() ?? 204;
    if (typeof status !== 'number') throw status;
    return status;
  };
  const files = createFiles(scene.client, { store: kept.store, post, platform: scene.platform });
  if (username !== undefined) await scene.client.logIn(username, 'correct horse');
  else await scene.client.resume();
  return {
    ...scene,
    files,
    storage,
    kept,
    steps,
    statuses,
    play: (step: 'create' | 'complete', ...answers: ((asked: RecordedRequest) => Response | undefined)[]) =>
      void played.set(step, answers),
    /** The host takes what it is posted only when this is called. */
    holdUploads: (): (() => void) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      hold = promise;
      return resolve;
    },
    frames: () => scene.sockets.flatMap(({ sent }) => sent.filter(({ type }) => type === 'message')),
  };
};

type Scene = Awaited<ReturnType<typeof createScene>>;

const acknowledge = async (scene: Scene, index = -1): Promise<void> => {
  const id = String(scene.frames().at(index)?.['client_message_id']);
  const message = messageOf(7, 1, { sender_id: 1, client_message_id: id });
  scene.socket().receive({ type: 'ack', chat_id: 7, client_message_id: id, duplicate: false, message });
  await settle();
};

const summaryOf = (client: ChatClient) =>
  client.pending().map(({ content, state, error }) => `${content} ${state}${error ? ` ${error.code}` : ''}`);

suite('an upload', () => {
  test('asks for a form, posts the file and completes it, and says how far it is', async () => {
    const { files, steps, service } = await createScene();
    const heard: number[] = [];
    const done = await files.upload(heron(), { onProgress: ({ sent, total }) => heard.push(sent / total) });
    assert.equal(done.id, 'a1');
    assert.deepEqual(steps, ['create heron.jpg', 'post heron.jpg', 'complete a1']);
    assert.deepEqual(service.askedFor('/attachments')[0]?.body, {
      file_name: 'heron.jpg',
      content_type: 'image/jpeg',
      size: 5,
    });
    assert.deepEqual(heard, [1 / 5]);
  });

  test('declares a file without a name or a type as what it is: bytes, and says what it is for', async () => {
    const { files, service } = await createScene();
    await files.upload(new Blob(['x']), { purpose: 'avatar' });
    assert.deepEqual(service.askedFor('/attachments')[0]?.body, {
      file_name: 'file',
      content_type: 'application/octet-stream',
      size: 1,
      purpose: 'avatar',
    });
  });

  test('posts again when the network fails, takes another form when the first has expired, and repeats only the last step when that fails', async () => {
    const { files, steps, statuses, play, pass } = await createScene();
    statuses.push(new TypeError('The network is gone'), 403);
    play(
      'complete',
      () => refusal(503, 'store_unavailable'),
      () => undefined,
    );
    const uploading = files.upload(heron());
    await pass(60_000);
    assert.equal((await uploading).id, 'a2');
    assert.deepEqual(steps, [
      'create heron.jpg',
      'post heron.jpg',
      'post heron.jpg',
      'delete a1',
      'create heron.jpg',
      'post heron.jpg',
      'complete a2',
      'complete a2',
    ]);
  });

  test('posts again what the service does not find', async () => {
    const { files, steps, play, pass } = await createScene();
    play('complete', () => refusal(409, 'upload_missing'));
    const uploading = files.upload(heron());
    await pass(10_000);
    assert.equal((await uploading).id, 'a1');
    assert.deepEqual(steps.slice(2), ['complete a1', 'post heron.jpg', 'complete a1']);
  });

  test('gives up after four attempts, with the reason', async () => {
    const { files, statuses, steps, pass } = await createScene();
    statuses.push(400, 400, 400, 400);
    const refused = assert.rejects(files.upload(heron()), { code: 'upload_refused', status: 0 });
    await pass(120_000);
    await refused;
    assert.equal(steps.filter((step) => step.startsWith('post')).length, 4);
  });

  for (const failure of [new TypeError('No file host'), 403]) {
    test(`that fails with ${String(failure)}, however often, leaves nothing that takes up storage`, async () => {
      const { files, statuses, steps, pass } = await createScene();
      for (let round = 0; round < 3; round += 1) {
        statuses.push(failure, failure, failure, failure);
        const failed = assert.rejects(files.upload(heron()));
        await pass(120_000);
        await failed;
      }
      const countOf = (step: string): number => steps.filter((one) => one.startsWith(step)).length;
      assert.ok(countOf('create') > 0);
      assert.equal(countOf('delete'), countOf('create'));
      // Never two at a time.
      const open = steps.filter((step) => !step.startsWith('post')).map((step) => step.split(' ')[0]);
      assert.deepEqual(
        open,
        open.map((_, index) => (index % 2 === 0 ? 'create' : 'delete')),
      );
    });
  }

  for (const [step, status, code] of [
    ['create', 409, 'storage_full'],
    ['create', 413, 'file_too_large'],
    ['complete', 422, 'file_rejected'],
  ] as const) {
    test(`fails at once with ${code}`, async () => {
      const { files, play } = await createScene();
      play(step, () => refusal(status, code));
      await assert.rejects(files.upload(heron()), { code, status });
    });
  }

  test('tells who is asked to wait for long, instead of waiting', async () => {
    const { files, play } = await createScene();
    play('create', () => refusal(429, 'rate_limited', { retry_after: 1800 }));
    await assert.rejects(files.upload(heron()), { code: 'rate_limited', retryAfter: 1800 });
  });

  test('is aborted at any step, and takes back what it began', async () => {
    const { files, steps, holdUploads } = await createScene();
    holdUploads();
    const controller = new AbortController();
    const aborted = assert.rejects(files.upload(heron(), { signal: controller.signal }), {
      name: 'AbortError',
    });
    await settle();
    controller.abort();
    await aborted;
    await settle();
    assert.deepEqual(steps, ['create heron.jpg', 'post heron.jpg', 'delete a1']);
    await assert.rejects(files.upload(heron(), { signal: controller.signal }), { name: 'AbortError' });
    assert.equal(steps.length, 3);
  });
});

suite('a message with files', () => {
  test('waits for its turn, is uploaded, and is sent with what was written around it in order', async () => {
    const scene = await createScene();
    const { client, files, steps, frames, kept, goOnline } = scene;
    client.send(7, 'before');
    files.send(7, 'a heron', [heron(), new File(['w'], 'words.txt', { type: 'text/plain' })]);
    client.send(7, 'after');
    await settle();
    assert.equal(steps.length, 0);
    assert.equal(kept.stored.size, 2);
    await goOnline();
    await acknowledge(scene);
    assert.deepEqual(
      steps.filter((step) => step.startsWith('create')),
      ['create heron.jpg', 'create words.txt'],
    );
    await acknowledge(scene);
    await acknowledge(scene);
    assert.deepEqual(
      frames().map(({ content, attachment_ids, files }) => [content, attachment_ids, files]),
      [
        ['before', undefined, undefined],
        ['a heron', ['a1', 'a2'], undefined],
        ['after', undefined, undefined],
      ],
    );
    assert.equal(kept.stored.size, 0);
    assert.deepEqual(client.pending(), []);
  });

  test('goes out after a restart, once', async () => {
    const first = await createScene();
    first.files.send(7, '', [heron()]);
    await settle();
    const second = await createScene(first.storage, first.kept, undefined);
    await second.goOnline();
    assert.deepEqual(
      second.frames().map((frame) => frame['attachment_ids']),
      [['a1']],
    );
    // The answer is lost; what was uploaded is not uploaded again.
    second.socket().lose();
    await second.pass(60_000);
    await second.goOnline();
    const [one, two] = second.frames();
    assert.deepEqual(two, one);
    assert.equal(second.steps.length, 3);
    await acknowledge(second);
    assert.equal(second.kept.stored.size, 0);
  });

  test('whose file is not there any more says so, and lets the next one go', async () => {
    const first = await createScene();
    first.files.send(7, 'a heron', [heron()]);
    first.client.send(7, 'after');
    await settle();
    first.kept.stored.clear();
    const second = await createScene(first.storage, first.kept, undefined);
    await second.goOnline();
    assert.deepEqual(summaryOf(second.client), ['a heron failed file_missing', 'after sending']);
    assert.equal(second.frames().length, 1);
  });

  test('is refused with the name of the file and the reason, and is tried again or discarded', async () => {
    const scene = await createScene();
    const { client, files, play, steps, goOnline, kept } = scene;
    await goOnline();
    play(
      'complete',
      () => refusal(422, 'file_rejected'),
      () => refusal(422, 'file_rejected'),
    );
    const { client_message_id: id } = files.send(7, '', [heron()]);
    await settle();
    assert.deepEqual(client.pending()[0]?.error, { code: 'file_rejected', detail: '“heron.jpg”: No.' });
    client.retry(id);
    await settle();
    assert.deepEqual(summaryOf(client), [' failed file_rejected']);
    assert.equal(steps.filter((step) => step.startsWith('create')).length, 2);
    client.discard(id);
    await settle();
    assert.equal(kept.stored.size, 0);
    assert.deepEqual(client.pending(), []);
  });

  test('waits while the service is busy or away', async () => {
    const scene = await createScene();
    const { files, play, pass, goOnline, client } = scene;
    await goOnline();
    play('create', ...Array.from({ length: 6 }, () => () => refusal(503, 'store_unavailable')));
    files.send(7, '', [heron()]);
    await pass(1000);
    assert.deepEqual(summaryOf(client), [' sending']);
    await pass(40_000);
    assert.equal(scene.frames().length, 1);
  });

  test('is uploaded anew when the service has forgotten its files', async () => {
    const scene = await createScene();
    const { client, files, goOnline, frames } = scene;
    const socket = await goOnline();
    const { client_message_id: ref } = files.send(7, '', [heron()]);
    await settle();
    socket.receive({ type: 'error', status_code: 422, code: 'attachment_not_found', detail: 'No.', ref });
    await settle();
    assert.deepEqual(summaryOf(client), [' failed attachment_not_found']);
    client.retry(ref);
    await settle();
    assert.deepEqual(
      frames().map((frame) => frame['attachment_ids']),
      [['a1'], ['a2']],
    );
  });

  test('is uploaded once when the connection comes back meanwhile', async () => {
    const scene = await createScene();
    const { files, steps, holdUploads, pass, goOnline, frames } = scene;
    const socket = await goOnline();
    const release = holdUploads();
    files.send(7, '', [heron()]);
    await settle();
    socket.lose();
    await pass(2000);
    await goOnline();
    release();
    await settle();
    assert.deepEqual(steps, ['create heron.jpg', 'post heron.jpg', 'complete a1']);
    assert.equal(frames().length, 1);
  });

  test('that another tab has sent is forgotten, and only if it is the user’s', async () => {
    const [storage, kept] = [createFakeStorage(), createFileStore()];
    const first = await createScene(storage, kept);
    first.files.send(7, '', [heron()]);
    first.files.send(7, 'unsent', [heron()]);
    await settle();
    const second = await createScene(storage, kept, undefined);
    await first.goOnline();
    const id = String(first.frames()[0]?.['client_message_id']);
    await acknowledge(first);
    // Its file is gone with it. The other one has no file in this tab either, but nobody has sent it.
    kept.stored.clear();
    const socket = await second.goOnline();
    assert.deepEqual(summaryOf(second.client), [' failed file_missing', 'unsent failed file_missing']);
    const [unsent = ''] = second.client
      .pending(7)
      .flatMap((one) => (one.content ? [one.client_message_id] : []));
    const heard = (seq: number, change: object): void =>
      socket.receive({ type: 'new_message', chat_id: 7, rev: seq, message: messageOf(7, seq, change) });
    heard(1, { sender_id: 1, client_message_id: id });
    heard(2, { sender_id: 9, client_message_id: unsent });
    assert.deepEqual(summaryOf(second.client), ['unsent failed file_missing']);
  });

  test('whose event precedes its acknowledgement is acknowledged', async () => {
    const scene = await createScene();
    const socket = await scene.goOnline();
    const acknowledged: boolean[] = [];
    scene.client.on('outbox', ({ pending, message }) => {
      if (pending.attachment_ids !== undefined) acknowledged.push(message !== undefined);
    });
    scene.files.send(7, '', [heron()]);
    await settle();
    const client_message_id = scene.frames()[0]?.['client_message_id'] as string;
    const message = messageOf(7, 1, { sender_id: 1, client_message_id });
    socket.receive({ type: 'new_message', chat_id: 7, rev: 1, message });
    await acknowledge(scene);
    assert.deepEqual(acknowledged, [false, true]);
  });

  test('that is discarded stops, and is not sent', async () => {
    const scene = await createScene();
    const { client, files, steps, holdUploads, goOnline, frames, kept } = scene;
    await goOnline();
    holdUploads();
    const heard: number[] = [];
    files.onProgress(({ sent }) => heard.push(sent));
    const pending = files.send(7, '', [heron()]);
    const id = pending.files?.[0]?.id ?? '';
    await settle();
    assert.deepEqual([heard, files.progressOf(id)], [[1], { sent: 1, total: 5 }]);
    client.discard(pending.client_message_id);
    client.send(7, 'after');
    await settle();
    assert.deepEqual(steps, ['create heron.jpg', 'post heron.jpg', 'delete a1']);
    assert.deepEqual(
      frames().map(({ content }) => content),
      ['after'],
    );
    assert.equal(files.progressOf(id), undefined);
    assert.equal(kept.stored.size, 0);
  });

  test('that is discarded after one of its files failed takes back the others', async () => {
    const scene = await createScene();
    const { client, files, play, steps, goOnline, pass } = scene;
    await goOnline();
    play(
      'complete',
      () => undefined,
      () => undefined,
      () => undefined,
      () => refusal(422, 'file_rejected'),
    );
    const { client_message_id: id } = files.send(7, '', [heron(), heron(), heron(), heron()]);
    await pass(1000);
    assert.deepEqual(summaryOf(client), [' failed file_rejected']);
    client.discard(id);
    await settle();
    assert.deepEqual(steps.filter((step) => step.startsWith('delete')).toSorted(), [
      'delete a1',
      'delete a2',
      'delete a3',
      'delete a4',
    ]);
  });

  test('belongs to its user: others neither see nor send it, and it waits for its owner', async () => {
    const adas = await createScene();
    const { id = '' } = adas.files.send(7, 'by Ada', [heron()]).files?.[0] ?? {};
    await settle();
    await adas.client.logOut();
    assert.equal(await adas.files.load(id), undefined);
    await adas.client.logIn('bob', 'correct horse');
    await adas.goOnline();
    assert.equal(await adas.files.load(id), undefined);
    assert.deepEqual(adas.steps, []);
    assert.deepEqual([...adas.kept.stored.keys()], [`1/${id}`]);
    await adas.client.logOut();
    await adas.client.logIn('ada', 'correct horse');
    assert.equal((await adas.files.load(id))?.size, 5);
    await adas.goOnline();
    assert.deepEqual(
      adas.frames().map(({ content }) => content),
      ['by Ada'],
    );
    assert.throws(() => {
      void adas.client.logOut({ discard: true });
      adas.files.send(7, 'by nobody', [heron()]);
    });
  });

  test('is forgotten with its files by whoever logs out for good', async () => {
    const { client, files, kept } = await createScene();
    files.send(7, '', [heron()]);
    await settle();
    assert.equal(kept.stored.size, 1);
    await client.logOut({ discard: true });
    assert.equal(kept.stored.size, 0);
  });

  test('leaves no file behind when the application died between the two', async () => {
    const kept = createFileStore();
    kept.stored.set('1/lost', heron());
    kept.stored.set('2/of-bob', heron());
    await createScene(undefined, kept);
    await settle();
    assert.deepEqual([...kept.stored.keys()], ['2/of-bob']);
  });
});
