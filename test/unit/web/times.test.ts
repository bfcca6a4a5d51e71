import assert from 'node:assert/strict';
import { effect } from '@preact/signals';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import { dayName, shortTime } from '../../../lib/web/view/times.ts';

const HOUR_MS = 60 * 60 * 1000;

/** A time of the reader's zone, as the service writes times. */
const at = (...parts: [year: number, month: number, day: number, hour: number]): string =>
  new Date(...parts).toISOString();

suite('the times in a list', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: new Date(2026, 10, 27, 23) }));
  afterEach(() => mock.timers.reset());

  test('have the year when it is another one', () => {
    assert.doesNotMatch(shortTime(at(2026, 0, 2, 9)), /2026/);
    assert.match(shortTime(at(2025, 11, 31, 9)), /2025/);
    assert.match(shortTime(at(2019, 10, 27, 9)), /2019/);
  });

  test('change at midnight, and on a page that has slept through it', () => {
    const document = new EventTarget();
    Object.assign(globalThis, { document });
    const sent = at(2026, 10, 27, 22);
    const seen: string[] = [];
    const end = effect(() => void seen.push(shortTime(sent), dayName(sent)));
    const [time, today] = seen.splice(0);
    mock.timers.tick(HOUR_MS);
    const [weekday, yesterday] = seen.splice(0);
    // Timers of a device that sleeps are late.
    mock.timers.setTime(new Date(2026, 10, 30, 8).getTime());
    document.dispatchEvent(new Event('visibilitychange'));
    const [stillWeekday, date] = seen.splice(0);
    assert.equal(new Set([time, weekday]).size, 2);
    assert.equal(stillWeekday, weekday);
    assert.equal(new Set([today, yesterday, date, undefined]).size, 4);
    end();
    Reflect.deleteProperty(globalThis, 'document');
  });
});
