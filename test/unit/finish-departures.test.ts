import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finishDepartures } from '../../functions/users/finish-departures.ts';

const MINUTES = 60_000;

/** A run over the accounts 1 to 5, each of which takes four minutes. The second one cannot be finished. */
const run = async (tries: number[]) => {
  let now = 0;
  return finishDepartures({
    users: { listDeparting: async (after) => [1, 2, 3, 4, 5].filter((id) => id > after) },
    depart: async (userId) => {
      tries.push(userId);
      now += 4 * MINUTES;
      if (userId === 2) throw new Error('MySQL is away');
      return { groupsLeft: 1, events: [], isComplete: true };
    },
    publish: async () => undefined,
    clock: () => new Date(now),
  });
};

test('a run whose time is over still says which accounts it could not finish, and leaves the rest', async () => {
  const tries: number[] = [];
  await assert.rejects(run(tries), { name: 'AggregateError', message: '1 accounts could not be finished' });
  assert.deepEqual(tries, [1, 2]);
});

test('a run that leaves an account with groups is not complete', async () => {
  const departures = (isComplete: boolean) =>
    finishDepartures({
      users: { listDeparting: async (after) => (after < 1 ? [1] : []) },
      depart: async () => ({ groupsLeft: 50, events: [], isComplete }),
      publish: async () => undefined,
      clock: () => new Date(0),
    });
  assert.deepEqual(await departures(false), { departed: 0, groupsLeft: 50, complete: false });
  assert.deepEqual(await departures(true), { departed: 1, groupsLeft: 50, complete: true });
});
