import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createApi } from '../../../lib/client/api/create-api.ts';
import type { ClientStorage } from '../../../lib/client/chat-client.ts';
import { createStore } from '../../../lib/client/store.ts';
import { createFakePlatform, createFakeStorage, settle } from '../../support/fake-platform.ts';
import { createFakeClient, createFakeService } from '../../support/fake-service.ts';

const fail = (): never => {
  throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
};
const failLater = async (): Promise<never> => fail();

const troubles: Readonly<Record<string, Partial<ClientStorage>>> = {
  'takes nothing': { set: fail },
  'takes nothing, and says so later': { set: failLater },
  'gives nothing': { get: fail },
  'gives nothing, and says so later': { get: failLater },
  'removes nothing': { remove: fail },
  'does nothing': { get: fail, set: failLater, remove: fail },
};

suite('a storage that fails', () => {
  for (const [name, trouble] of Object.entries(troubles)) {
    test(`and ${name}: what is in memory goes on, and is stored when it can be`, async () => {
      const service = createFakeService();
      const { storage, values } = createFakeStorage();
      let isBroken = false;
      const working = (): Partial<ClientStorage> => (isBroken ? { ...storage, ...trouble } : storage);
      const fragile: ClientStorage = {
        get: (key) => working().get?.(key) ?? null,
        set: (key, value) => working().set?.(key, value),
        remove: (key) => working().remove?.(key),
      };
      const { client, goOnline, pass, socket } = createFakeClient(service, fragile);
      await client.logIn('ada', 'secret');
      isBroken = true;
      // Twice: the second exchange presents what the first one got.
      for (const renewals of [1, 2]) {
        await pass(1_790_000);
        assert.equal((await createApi(client).getOwnProfile()).username, 'ada');
        assert.equal(service.askedFor('/users/refresh').length, renewals);
      }
      await goOnline();
      client.send(7, 'while it is full');
      await settle();
      assert.equal(socket().sent.filter(({ type }) => type === 'message').length, 1);
      await client.stop();
      assert.equal(client.pending().length, 1);

      isBroken = false;
      await pass(60_000);
      assert.match(values.get('chat-service/session') ?? '', /"refresh_token":"r\.1\.1\.3"/);
      const after = createFakeClient(service, storage);
      assert.equal((await after.client.resume())?.username, 'ada');
      assert.deepEqual(
        after.client.pending().map(({ content }) => content),
        ['while it is full'],
      );
      isBroken = true;
      await client.logOut({ discard: true });
      assert.equal(client.state, 'signed-out');
    });
  }

  test('does not bring back the tokens of an earlier log-in', async () => {
    const service = createFakeService();
    const { storage } = createFakeStorage();
    await createFakeClient(service, storage).client.logIn('ada', 'secret');
    const { client, pass } = createFakeClient(service, { ...storage, set: fail, remove: fail });
    await client.logIn('ada', 'secret');
    await pass(1_790_000);
    assert.equal((await createApi(client).getOwnProfile()).username, 'ada');
    assert.deepEqual(
      service.askedFor('/users/refresh').map(({ body }) => body),
      [{ refresh_token: 'r.1.2.1' }],
    );
  });

  test('has nothing when what it has is cut off, broken, or of another version', async () => {
    const whole = createFakeStorage();
    const service = createFakeService();
    const before = createFakeClient(service, whole.storage);
    await before.client.logIn('ada', 'secret');
    await before.goOnline();
    await before.client.stop();
    before.client.send(7, 'unsent');
    await settle();
    assert.equal(whole.values.size, 3);
    const spoilt = (text: string): string[] => [
      text.slice(0, text.length / 2),
      text.slice(0, -1),
      '',
      '[]',
      '{}',
      'null',
      '42',
      '"text"',
      '[null]',
      '[[]]',
      '[1,"a",{"client_message_id":1}]',
      '{"user":null}',
      '{"user":{"id":1}}',
      '{"user":{"id":"1"},"access_token":1,"refresh_token":[],"expires_at":"soon"}',
      '{"owner":1}',
      '{"owner":1,"cursors":{"7":1}}',
      '{"owner":1,"cursors":[null,[7],["7","1"],7]}',
      '{"version":2,"entries":[]}',
      '<html>',
      '\u0000',
    ];
    for (const [key, text] of whole.values) {
      for (const value of spoilt(text)) {
        const { storage, values } = createFakeStorage();
        for (const [name, kept] of whole.values) values.set(name, kept);
        values.set(key, value);
        const after = createFakeClient(service, storage);
        const user = await after.client.resume();
        assert.equal(user?.username, key.endsWith('session') ? undefined : 'ada', `${key}: ${value}`);
        if (user === undefined) await after.client.logIn('ada', 'secret');
        await after.goOnline();
        assert.equal(after.client.state, 'online', `${key}: ${value}`);
        assert.deepEqual(
          after.client.pending().map(({ content }) => content),
          key.includes('outbox') ? [] : ['unsent'],
          `${key}: ${value}`,
        );
        await after.client.stop();
      }
    }
  });
});

test('a change that is made while the storage takes an earlier one is stored too', async () => {
  const { storage, values } = createFakeStorage();
  const held = Promise.withResolvers<void>();
  let writes = 0;
  const slow: ClientStorage = {
    ...storage,
    set: async (key, value) => {
      writes += 1;
      if (writes === 1) await held.promise;
      await storage.set(key, value);
    },
  };
  const store = createStore(slow, createFakePlatform().platform);
  const first = store.update('key', () => 'first');
  await settle();
  const second = store.update('key', () => 'second');
  held.resolve();
  await Promise.all([first, second]);
  assert.equal(values.get('key'), '"second"');
});
