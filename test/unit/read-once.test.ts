import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createPushKeysReader } from '../../functions/notifications/push-keys.ts';
import { readOnce, readAtMostEvery } from '../../functions/platform/read-once.ts';
import {
  keySetText,
  newPrivateJwk,
  publicJwkOf,
  verificationKeysFrom,
} from '../../functions/platform/token-keys.ts';

const epoch = new Date(0);

/** Reads that the test answers. */
const held = () => {
  const reads: PromiseWithResolvers<string>[] = [];
  const read = (): Promise<string> => {
    const answer = Promise.withResolvers<string>();
    reads.push(answer);
    return answer.promise;
  };
  const nth = (index: number): PromiseWithResolvers<string> =>
    reads[index] ?? assert.fail(`no read ${index}`);
  return { reads, read, nth };
};

suite('what is read', () => {
  for (const [name, reader] of [
    ['once', readOnce],
    ['and refreshed', (read: () => Promise<string>) => readAtMostEvery(read, 1000, () => epoch)],
  ] as const) {
    test(`${name} is shared by all who ask meanwhile, and later`, async () => {
      const { reads, read, nth } = held();
      const get = reader(read);
      assert.equal(reads.length, 0, 'not before somebody asks');
      const asked = [get(), get()];
      nth(0).resolve('secret');
      assert.deepEqual(await Promise.all(asked), ['secret', 'secret']);
      assert.equal(await get(), 'secret');
      assert.equal(reads.length, 1);
    });

    test(`${name} is read again by whoever asks after a failure`, async () => {
      const { reads, read, nth } = held();
      const get = reader(read);
      const asked = [get(), get()];
      // Asks as soon as it hears of the failure, before the second has heard of it.
      const again = (asked[0] ?? assert.fail()).catch(() => get());
      nth(0).reject(new Error('throttled'));
      await assert.rejects(asked[1] ?? assert.fail(), /throttled/);
      nth(1).resolve('secret');
      assert.equal(await again, 'secret');
      assert.equal(await get(), 'secret');
      assert.equal(reads.length, 2);
    });
  }

  test('is read again at its age, which counts from the beginning of a read that succeeded', async () => {
    let now = 0;
    let reads = 0;
    const get = readAtMostEvery(
      async () => {
        reads += 1;
        if (reads === 1 || reads === 3) throw new Error('throttled');
        return reads;
      },
      1000,
      () => new Date(now),
    );
    await assert.rejects(get());
    now = 900;
    assert.equal(await get(), 2);
    now = 1899;
    assert.equal(await get(), 2);
    now = 1900;
    await assert.rejects(get(), /throttled/, 'what is old is not answered');
    assert.equal(await get(), 4);
  });

  test('is not forgotten because an older read fails late', async () => {
    const { reads, read, nth } = held();
    let now = 0;
    const get = readAtMostEvery(read, 1000, () => new Date(now));
    const frozen = get();
    now = 5000;
    const newer = get();
    nth(1).resolve('secret');
    assert.equal(await newer, 'secret');
    nth(0).reject(new Error('timed out'));
    await assert.rejects(frozen, /timed out/);
    assert.equal(await get(), 'secret');
    assert.equal(reads.length, 2);
  });
});

suite('messages that are worked on together read one secret once', () => {
  test('of the keys to push with', async () => {
    let reads = 0;
    const get = createPushKeysReader(
      () => 'arn',
      () => epoch,
      async () => {
        reads += 1;
        return JSON.stringify({ public_key: 'B'.repeat(87), private_key: 'PEM' });
      },
    );
    const [one, other] = await Promise.all([get(), get()]);
    assert.equal(one, other);
    assert.equal(reads, 1);
  });

  test('of the keys of tokens', async () => {
    const key = newPrivateJwk(epoch);
    let reads = 0;
    const keys = verificationKeysFrom(
      async () => {
        reads += 1;
        return keySetText([publicJwkOf(key)]);
      },
      () => epoch,
    );
    await Promise.all([keys.find(key.kid), keys.find(key.kid)]);
    assert.equal(reads, 1);
  });
});
