import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ServiceError } from '../../functions/contract/service-error.ts';
import { limits } from '../../functions/contract/limits.ts';
import { createRateLimitStore, type RateLimitStore } from '../../functions/rate-limits/store.ts';
import { withinCodeBudget } from '../../functions/rate-limits/within-code-budget.ts';
import { startOwnDynamodb } from '../support/own-dynamodb.ts';

const TableName = 'limits';
let client: DynamoDBClient;
let stop: () => Promise<void>;
/** Stores of two functions, each with its own cache of the last state. */
let one: RateLimitStore;
let other: RateLimitStore;

before(async () => {
  ({ client, stop } = await startOwnDynamodb(TableName));
  const open = () =>
    createRateLimitStore(
      () => client,
      () => TableName,
    );
  [one, other] = [open(), open()];
});
after(() => stop());

/**
 * Runs this many attempts at once, by two functions. @returns the number of admitted ones, and the waits of the others,
 * sorted
 */
const burst = async (count: number, attempt: (limits: RateLimitStore) => Promise<number>) => {
  const waits = await Promise.all(
    Array.from({ length: count }, (_, index) => attempt(index % 2 === 0 ? one : other)),
  );
  return { passed: waits.filter((wait) => wait === 0).length, waits: waits.filter((wait) => wait > 0) };
};

const now = 1_000_000;

suite('a pace', () => {
  const limit = { perSecond: 5, burst: 20 };
  const step = (key: string, seconds: number) => (limits: RateLimitStore) =>
    limits.takeStep(key, limit, (now + seconds) * 1000);

  test('lets a burst pass and no more, then as many as time has paid for', async () => {
    assert.equal((await burst(50, step('a', 0))).passed, 20);
    assert.equal((await burst(20, step('a', 1))).passed, 5);
    assert.equal((await burst(20, step('a', 1))).passed, 0);
    assert.equal((await burst(20, step('a', 1.4))).passed, 2);
    assert.equal((await burst(50, step('a', 60))).passed, 20);
    assert.equal((await burst(1, step('b', 0))).passed, 1, 'another key is not concerned');
  });

  test('at the steady rate refuses nobody', async () => {
    for (let n = 0; n < 30; n += 1) assert.equal((await burst(1, step('c', n / 5))).passed, 1);
  });

  test('says to wait a whole second at least', async () => {
    const { waits } = await burst(25, step('d', 0));
    assert.deepEqual(waits, [1, 1, 1, 1, 1]);
  });
});

test('a flood of refused tries is no flood of requests', async () => {
  let requests = 0;
  const counted = createRateLimitStore(
    () => {
      requests += 1;
      return client;
    },
    () => TableName,
  );
  const limit = { perSecond: 10, burst: 20 };
  let passed = 0;
  // A hundred a second for ten seconds, one after the other.
  for (let n = 0; n < 1000; n += 1) {
    if ((await counted.takeStep('flood', limit, now * 1000 + n * 10)) === 0) passed += 1;
  }
  assert.ok(passed >= 110 && passed <= 120, `${passed} passed`);
  assert.ok(requests <= 150, `${requests} requests`);
  // What is known takes none, and says as much.
  const asked = requests;
  const last = now * 1000 + 9990;
  while ((await counted.takeStep('flood', limit, last)) === 0);
  assert.equal(counted.usedUpFor('flood', limit, last), 1);
  assert.equal(counted.usedUpFor('flood', limit, last + 200), 0);
  assert.equal(counted.usedUpFor('nobody', limit, last), 0);
  assert.ok(requests <= asked + 25);
});

suite('a count', () => {
  const limit = { max: 10, windowSeconds: 900, backsOff: false };
  const take = (key: string, seconds: number) => (limits: RateLimitStore) =>
    limits.take(key, limit, now + seconds);

  test('lets so many pass in a window, and says when it is over', async () => {
    const { passed, waits } = await burst(30, take('count a', 0));
    assert.equal(passed, 10);
    assert.deepEqual(new Set(waits), new Set([900]));
    assert.deepEqual((await burst(1, take('count a', 800))).waits, [100]);
    assert.equal((await burst(30, take('count a', 900))).passed, 10);
  });

  test('what is given back may be taken again, and never more than was taken', async () => {
    await burst(10, take('count b', 0));
    for (let n = 0; n < 3; n += 1) await one.giveBack('count b');
    assert.equal((await burst(10, take('count b', 1))).passed, 3);
    for (let n = 0; n < 30; n += 1) await one.giveBack('count b');
    assert.equal((await burst(20, take('count b', 1))).passed, 10);
    await one.giveBack('never taken');
    assert.equal((await burst(20, take('never taken', 0))).passed, 10);
  });
});

suite('a count that backs off', () => {
  const limit = { max: 10, windowSeconds: 900, backsOff: true };
  const take = (key: string, seconds: number) => (limits: RateLimitStore) =>
    limits.take(key, limit, now + seconds);

  test('makes the wait longer with every try, up to the window', async () => {
    assert.equal((await burst(10, take('back-off a', 0))).passed, 10);
    const waits: number[] = [];
    for (let n = 0; n < 8; n += 1) waits.push(await one.take('back-off a', limit, now));
    assert.deepEqual(waits, [15, 30, 60, 120, 240, 480, 900, 900]);
  });

  test('after the wait lets one try pass, however many come', async () => {
    await burst(10, take('back-off b', 0));
    assert.deepEqual((await burst(1, take('back-off b', 0))).waits, [15]);
    assert.equal((await burst(1, take('back-off b', 14))).passed, 0);
    // That was the second refusal: 30 seconds from then.
    assert.equal((await burst(1, take('back-off b', 43))).passed, 0);
    const later = 43 + 60;
    const { passed, waits } = await burst(10, take('back-off b', later));
    assert.equal(passed, 1);
    assert.ok(waits.every((wait) => wait >= 60));
  });

  test('forgets everything when it is cleared, or the window is over since the last try', async () => {
    await burst(12, take('back-off c', 0));
    await one.clear('back-off c');
    assert.equal((await burst(10, take('back-off c', 0))).passed, 10);
    assert.deepEqual((await burst(1, take('back-off c', 0))).waits, [15]);
    assert.equal((await burst(20, take('back-off c', 5000))).passed, 10);
  });

  test('waits as long as the last refusal says, though the one before is recorded after it', async () => {
    const [counted, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const send = async (command: Parameters<DynamoDBClient['send']>[0]) => {
      const isWait =
        command instanceof UpdateItemCommand &&
        command.input.UpdateExpression === 'SET blocked_until = :until';
      if (isWait) {
        counted.resolve();
        await released.promise;
      }
      return client.send(command);
    };
    const late = createRateLimitStore(
      () => ({ send }) as unknown as DynamoDBClient,
      () => TableName,
    );
    await burst(10, take('back-off d', 0));
    const first = late.take('back-off d', limit, now);
    await counted.promise;
    assert.equal(await one.take('back-off d', limit, now), 30);
    released.resolve();
    assert.equal(await first, 15);
    assert.equal((await burst(1, take('back-off d', 29))).passed, 0);
  });
});

suite('a count that backs off within its window', () => {
  const limit = { max: 10, windowSeconds: 900, backsOff: true, endsOnTime: true } as const;
  const take = (key: string, seconds: number) => one.take(key, limit, now + seconds);
  const fill = (key: string) => burst(10, (limits) => limits.take(key, limit, now));

  test('makes the wait longer with every try, up to the end of the window', async () => {
    await fill('within a');
    const waits: number[] = [];
    for (let n = 0; n < 7; n += 1) waits.push(await take('within a', 100));
    assert.deepEqual(waits, [15, 30, 60, 120, 240, 480, 800]);
  });

  test('is over when the window is, however many were refused until then', async () => {
    await fill('within b');
    for (let seconds = 0; seconds < 900; seconds += 60) {
      for (let n = 0; n < 3; n += 1) await take('within b', seconds);
    }
    assert.equal((await burst(30, (limits) => limits.take('within b', limit, now + 900))).passed, 10);
  });
});

suite('wrong codes of a second factor', () => {
  const { totp_failures_per_hour: perHour, totp_failures_per_day: perDay } = limits;
  const hour = 60 * 60;
  /** Checks codes of an account in one moment. */
  const at = (userId: number, seconds: number) => {
    const within = <T>(check: () => Promise<T>) =>
      withinCodeBudget(userId, check, {
        rateLimits: one,
        clock: () => new Date((now + seconds) * 1000),
        areOn: () => true,
      });
    return {
      right: () => within(async () => 'right'),
      /** @returns how many of so many wrong ones were looked at, and how long the others are to wait */
      wrong: async (count: number) => {
        let looked = 0;
        const tries = Array.from({ length: count }, () =>
          within(async () => {
            looked += 1;
            throw new ServiceError('invalid_totp');
          }),
        );
        const waits = new Set<number | undefined>();
        for (const result of await Promise.allSettled(tries)) {
          const error: unknown = result.status === 'rejected' ? result.reason : undefined;
          if (error instanceof ServiceError && error.error === 'rate_limited') waits.add(error.retryAfter);
        }
        return { looked, waits: [...waits] };
      },
    };
  };

  test('are so many in an hour, and so many in a day, and then none is looked at', async () => {
    assert.deepEqual(await at(1, 0).wrong(perHour + 10), { looked: perHour, waits: [hour] });
    assert.deepEqual(await at(1, hour - 1).wrong(2), { looked: 0, waits: [1] });
    await assert.rejects(at(1, hour - 1).right(), { error: 'rate_limited', retryAfter: 1 });
    let looked = perHour;
    for (let hours = 1; looked < perDay; hours += 1) {
      looked += (await at(1, hours * hour).wrong(perHour)).looked;
    }
    assert.equal(looked, perDay);
    assert.deepEqual(await at(1, 23 * hour).wrong(1), { looked: 0, waits: [hour] });
    assert.equal((await at(1, 24 * hour).wrong(1)).looked, 1);
    assert.equal((await at(2, hour).wrong(1)).looked, 1, 'of another account');
  });

  test('are not forgotten for a right one, which takes nothing, as what fails for another reason', async () => {
    assert.equal((await at(3, 0).wrong(perHour - 1)).looked, perHour - 1);
    for (let count = 0; count < 3; count += 1) assert.equal(await at(3, 0).right(), 'right');
    assert.equal((await at(3, 0).wrong(5)).looked, 1);
    await assert.rejects(
      withinCodeBudget(4, () => Promise.reject(new Error('a store is down')), {
        rateLimits: one,
        clock: () => new Date(now * 1000),
        areOn: () => true,
      }),
      /down/,
    );
    assert.equal((await at(4, 0).wrong(perHour)).looked, perHour);
  });
});
