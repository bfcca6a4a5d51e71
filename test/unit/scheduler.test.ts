import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startScheduler } from '../../lib/local/scheduler.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const schedule = (functionName: string, intervalMs: number) => ({ functionName, intervalMs, input: {} });
/** Waits until invoked functions have ended. */
const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('what runs by the clock runs soon after the start, one function after the other, and then at its interval', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const runs: [name: string, atSeconds: number][] = [];
  let seconds = 0;
  const stop = startScheduler({
    schedules: [schedule('reap', MINUTE), schedule('clean', HOUR), schedule('rotate', 30 * 24 * HOUR)],
    invoke: async (name) => runs.push([name, seconds]),
    log: assert.fail,
  });
  const passTo = async (end: number): Promise<void> => {
    for (; seconds < end;) {
      seconds += 10;
      t.mock.timers.tick(10_000);
      await settle();
    }
  };
  await passTo(130);
  assert.deepEqual(runs, [
    ['reap', 60],
    ['clean', 70],
    ['rotate', 80],
    ['reap', 120],
  ]);
  runs.length = 0;
  await passTo(3600);
  assert.deepEqual(
    runs.filter(([name]) => name !== 'reap'),
    [['clean', 3600]],
  );
  stop();
  runs.length = 0;
  await passTo(7300);
  assert.deepEqual(runs, []);
});

test('a run that takes longer than its interval leaves out the next ones, and one that fails is tried again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const lines: string[] = [];
  const { promise, reject } = Promise.withResolvers<void>();
  let runs = 0;
  const stop = startScheduler({
    schedules: [schedule('reap', MINUTE)],
    invoke: async () => {
      runs += 1;
      if (runs === 1) await promise;
    },
    log: (line) => lines.push(line),
  });
  t.mock.timers.tick(3 * MINUTE);
  assert.equal(runs, 1);
  reject(new Error('no store'));
  await settle();
  assert.deepEqual(lines, ['reap, which runs by the clock, failed: Error: no store']);
  t.mock.timers.tick(MINUTE);
  assert.equal(runs, 2);
  stop();
});
