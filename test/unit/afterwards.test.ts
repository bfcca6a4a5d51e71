import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { awaitAll } from '../../functions/platform/await-all.ts';
import { doAfterwards } from '../../functions/transport/afterwards.ts';

suite('what is still to do once a result stands', () => {
  test('changes no answer, however it fails', async () => {
    await doAfterwards('a-route', undefined);
    await doAfterwards('a-route', async () => {
      throw new Error('DynamoDB is away');
    });
    await doAfterwards('a-route', () => {
      throw new TypeError('thrown before there was a promise');
    });
  });

  test('holds no answer when it never ends', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const done = doAfterwards('a-route', () => new Promise(() => undefined));
    t.mock.timers.tick(6000);
    await done;
  });
});

suite('several tasks', () => {
  test('all come to their end before the first error is told', async () => {
    const second = Promise.withResolvers<void>();
    let isTold = false;
    const all = awaitAll([Promise.reject(new Error('one')), undefined, second.promise]).catch(
      (error: unknown) => {
        isTold = true;
        throw error;
      },
    );
    await Promise.resolve();
    assert.equal(isTold, false);
    second.resolve();
    await assert.rejects(all, /one/);
    await assert.rejects(
      awaitAll([Promise.reject(new Error('one')), Promise.reject(new Error('two'))]),
      AggregateError,
    );
  });
});
