import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assumptions } from '../../lib/cost/operations.ts';
import { quotas } from '../../lib/cost/quotas-2026-11.ts';
import { demandsOf, limitsOf, type Scale } from '../../lib/cost/scale.ts';

const valuesOf = (scale: Scale): Map<string, number> =>
  new Map(demandsOf(scale, assumptions, quotas).map(({ what, value }) => [what, value]));

suite('what a load asks of what has a limit', () => {
  const scale = { connections: 72_000, messagesPerSecond: 100, reached: 10 };

  test('follows from connections, messages and whom they reach', () => {
    // 20 handshakes, 300 pings, 120 syncs a second.
    assert.deepEqual(Object.fromEntries(valuesOf(scale)), {
      'handshakes a second': 20,
      'frames in a second': 400,
      'API Gateway requests a second': 1200 + 600 + 60 + 120,
      'functions at work': 6 + 1.8 + 4.8 + 4.5,
      'MySQL connections': 2 * (6 + 1 + 4.8),
      'MySQL commits a second': 100,
      'DynamoDB reads a second': 1000 + 120 + 20,
      'DynamoDB writes a second': 100 + 300 + 80,
      'MongoDB connections': 6 + 4.8,
    });
  });

  test('grows with each of them as its formula says', () => {
    const more = valuesOf({ ...scale, connections: 144_000, messagesPerSecond: 200 });
    for (const [what, value] of valuesOf(scale)) assert.equal(more.get(what), 2 * value, what);
    const wider = valuesOf({ ...scale, reached: 20 });
    assert.equal(wider.get('DynamoDB reads a second'), 2140);
    assert.equal(wider.get('MySQL commits a second'), 100);
  });

  test('names what breaks first', () => {
    const limits = limitsOf(demandsOf(scale, assumptions, quotas));
    assert.deepEqual(
      limits.slice(0, 2).map(({ what, share }) => [what, share]),
      [
        ['API Gateway requests a second', 0.198],
        ['handshakes a second', 0.04],
      ],
    );
    assert.ok(limits.every(({ quota }) => Object.values<number>(quotas).includes(quota)));
  });
});
