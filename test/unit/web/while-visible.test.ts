import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import { repeatWhileVisible } from '../../../lib/web/model/while-visible.ts';

suite('what is repeated while the page is visible', () => {
  const page = Object.assign(new EventTarget(), { hidden: false });
  const turn = (hidden: boolean): void => {
    page.hidden = hidden;
    page.dispatchEvent(new Event('visibilitychange'));
  };
  beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }));
  afterEach(() => mock.timers.reset());

  test('rests while the page is hidden, runs when it is shown again, and ends', () => {
    let runs = 0;
    const stop = repeatWhileVisible(page, () => (runs += 1), 1000);
    mock.timers.tick(2000);
    assert.equal(runs, 2);
    turn(true);
    mock.timers.tick(5000);
    assert.equal(runs, 2);
    turn(false);
    assert.equal(runs, 3);
    mock.timers.tick(1000);
    assert.equal(runs, 4);
    stop();
    mock.timers.tick(5000);
    turn(false);
    assert.equal(runs, 4);
  });

  test('does not begin on a hidden page', () => {
    page.hidden = true;
    let runs = 0;
    const stop = repeatWhileVisible(page, () => (runs += 1), 1000);
    mock.timers.tick(5000);
    assert.equal(runs, 0);
    turn(false);
    assert.equal(runs, 1);
    stop();
  });
});
