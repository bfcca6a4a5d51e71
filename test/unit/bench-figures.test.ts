import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { missedTargets, tableOf, undecidedFigures, type Figure } from '../../lib/bench/figures.ts';
import { measureOthers } from '../../lib/bench/machine-load.ts';

suite('what a bench missed', () => {
  const late: Figure = { name: 'late', unit: 'ms', value: 9, target: { most: 5 } };
  const large: Figure = { name: 'large', unit: 'MB', value: 9, target: { most: 5 } };
  const busy = { machineWasBusy: true };

  test('is told apart from what a busy machine did', () => {
    assert.deepEqual(missedTargets([late, large]), [late, large]);
    const met = { ...late, value: 5, ...busy };
    // No other process makes the service larger.
    const figures = [{ ...late, ...busy }, { ...large, ...busy }, met];
    assert.deepEqual(missedTargets(figures), [figures[1]]);
    assert.deepEqual(undecidedFigures(figures), [figures[0]]);
    assert.match(tableOf(figures), /late .*≤ 5 \?\nlarge .*≤ 5 !\nlate .*≤ 5$/);
  });

  test('others are all but this process and its children, and the host', () => {
    const machine = { user: 100, idle: 100, stolen: 0 };
    let own = 50;
    const others = measureOthers((path) =>
      path === '/proc/stat'
        ? `cpu  ${machine.user} 0 0 ${machine.idle} 0 0 0 ${machine.stolen} 0 0\ncpu0 1`
        : `7 (a (b) c) S 1 7 7 0 -1 0 0 0 0 0 ${own} 0 0 0 20`,
    );
    machine.user += 60;
    machine.idle += 30;
    machine.stolen += 10;
    own += 45;
    // Of 100 ticks 15 went to other processes, and 10 to the host.
    assert.equal(others(), 0.25);
    assert.equal(measureOthers(() => undefined)(), undefined);
  });
});
