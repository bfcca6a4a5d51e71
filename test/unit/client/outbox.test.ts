import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Message } from '../../../functions/contract/schemas.ts';
import { ChatError, type ClientEvents } from '../../../lib/client/chat-client.ts';
import { createEmitter } from '../../../lib/client/emitter.ts';
import { createOutbox } from '../../../lib/client/outbox.ts';
import { createStore } from '../../../lib/client/store.ts';
import { createFakePlatform, createFakeStorage, settle } from '../../support/fake-platform.ts';

type Frame = Record<string, unknown>;

const createScene = async (storage = createFakeStorage(), userId = 1) => {
  const { platform, pass } = createFakePlatform();
  const frames: Frame[] = [];
  const posted: Frame[] = [];
  const changes: string[] = [];
  let silences = 0;
  const { on, emit } = createEmitter<ClientEvents>();
  on('outbox', ({ pending: { content, state }, message }) =>
    changes.push(`${content} ${message === undefined ? state : 'sent'}`),
  );
  const outbox = createOutbox({
    store: createStore(storage.storage, platform),
    platform,
    connection: {
      send: (frame) => frames.push(frame) > 0,
      reconnect: () => {
        silences += 1;
      },
    },
    sendByHttp: async (body) => {
      posted.push(body);
      return { id: 1 } as Message;
    },
    emit,
  });
  await outbox.load(userId);
  return {
    outbox,
    frames,
    posted,
    changes,
    pass,
    storage,
    silences: () => silences,
    contents: () => frames.map(({ content }) => content),
    acknowledge: async (frame: Frame | undefined) => {
      outbox.acknowledged(String(frame?.['client_message_id']), { id: 1 } as Message);
      await settle();
    },
    refuse: async (frame: Frame | undefined, status: number, retryAfter?: number) => {
      const error = new ChatError({
        detail: 'No.',
        status_code: status,
        code: 'refused',
        retry_after: retryAfter,
      });
      outbox.refused(String(frame?.['client_message_id']), error);
      await settle();
    },
  };
};

suite('an outbox', () => {
  test('sends a chat’s messages one after the other, and chats beside each other', async () => {
    const { outbox, frames, contents, acknowledge } = await createScene();
    outbox.open();
    for (const content of ['one', 'two']) outbox.add(7, content);
    outbox.add(8, 'elsewhere');
    await settle();
    assert.deepEqual(contents(), ['one', 'elsewhere']);
    await acknowledge(frames[0]);
    assert.deepEqual(contents(), ['one', 'elsewhere', 'two']);
    assert.deepEqual(
      outbox.list().map(({ content }) => content),
      ['two', 'elsewhere'],
    );
  });

  test('stores a message before it sends it', async () => {
    const { outbox, frames, storage } = await createScene();
    outbox.open();
    outbox.add(7, 'one');
    assert.deepEqual(frames, []);
    await settle();
    assert.match(storage.values.get('chat-service/outbox/1') ?? '', /"content":"one"/);
    assert.equal(frames.length, 1);
  });

  test('sends again under the same id what was not acknowledged when the way closed', async () => {
    const { outbox, frames, acknowledge } = await createScene();
    outbox.open();
    outbox.add(7, 'one');
    await settle();
    outbox.close();
    outbox.open();
    assert.equal(frames.length, 2);
    assert.equal(frames[0]?.['client_message_id'], frames[1]?.['client_message_id']);
    await acknowledge(frames[1]);
    await acknowledge(frames[1]);
    assert.deepEqual(outbox.list(), []);
  });

  test('sends a message under the id that the application has chosen for it', async () => {
    const { outbox, frames } = await createScene();
    outbox.open();
    const client_message_id = '0b5f9c1e-4a53-4c0e-9a52-6f0f6f2e9b57';
    assert.equal(outbox.add(7, 'one', { client_message_id }).client_message_id, client_message_id);
    await settle();
    assert.equal(frames[0]?.['client_message_id'], client_message_id);
    assert.equal(typeof outbox.add(7, 'two', { client_message_id: undefined }).client_message_id, 'string');
  });

  test('takes a socket that does not answer for dead', async () => {
    const { outbox, pass, silences } = await createScene();
    outbox.open();
    outbox.add(7, 'one');
    await pass(9000);
    assert.equal(silences(), 0);
    await pass(2000);
    assert.equal(silences(), 1);
  });

  test('goes on after a restart', async () => {
    const first = await createScene();
    first.outbox.add(7, 'one');
    await settle();
    const second = await createScene(first.storage);
    second.outbox.open();
    assert.deepEqual(second.contents(), ['one']);
    await second.acknowledge(second.frames[0]);
    assert.equal(first.storage.values.get('chat-service/outbox/1'), undefined);
  });

  test('waits as long as the service says, and keeps the order meanwhile', async () => {
    const { outbox, frames, contents, pass, refuse } = await createScene();
    outbox.open();
    for (const content of ['one', 'two']) outbox.add(7, content);
    await settle();
    await refuse(frames[0], 429, 7);
    await pass(6900);
    assert.deepEqual(contents(), ['one']);
    await pass(200);
    assert.deepEqual(contents(), ['one', 'one']);
    await refuse(frames[1], 503);
    await pass(60_000);
    assert.ok(contents().every((content) => content === 'one'));
  });

  test('keeps what was refused for good, and goes on with the next', async () => {
    const { outbox, frames, contents, changes, acknowledge, refuse } = await createScene();
    outbox.open();
    const { client_message_id: id } = outbox.add(7, 'one');
    outbox.add(7, 'two');
    await settle();
    await refuse(frames[0], 404);
    assert.deepEqual(contents(), ['one', 'two']);
    assert.deepEqual(outbox.list(7)[0]?.error, { code: 'refused', detail: 'No.' });
    await acknowledge(frames[1]);
    outbox.retry(id);
    assert.deepEqual(contents(), ['one', 'two', 'one']);
    outbox.discard(id);
    assert.deepEqual(outbox.list(), []);
    assert.deepEqual(changes, [
      'one sending',
      'two sending',
      'one failed',
      'two sent',
      'one sending',
      'one sending',
    ]);
  });

  test('sends by HTTP what is too large for a frame', async () => {
    const { outbox, frames, posted, changes } = await createScene();
    outbox.open();
    const content = '🦋'.repeat(10_000);
    outbox.add(7, content);
    await settle();
    assert.deepEqual([frames.length, posted.length], [0, 1]);
    assert.deepEqual(changes, [`${content} sending`, `${content} sent`]);
  });
});

test('a message that waits is discarded without a second sending of the one that is underway', async () => {
  const { outbox, contents } = await createScene();
  outbox.open();
  outbox.add(7, 'one');
  const { client_message_id: id } = outbox.add(7, 'two');
  await settle();
  outbox.discard(id);
  assert.deepEqual(contents(), ['one']);
});
