import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { assumptions, operationsOf, type Operation } from '../../lib/cost/operations.ts';
import { quotas } from '../../lib/cost/quotas-2026-11.ts';
import {
  CONNECTION_SECONDS,
  demandsOf,
  hotSpotsOf,
  limitsOf,
  shown,
  type Scale,
} from '../../lib/cost/scale.ts';

const valuesOf = (scale: Scale): Map<string, number> =>
  new Map(demandsOf(scale, assumptions, quotas).map(({ what, value }) => [what, value]));

const close = (actual: number | undefined, expected: number): void =>
  assert.ok(actual !== undefined && Math.abs(actual / expected - 1) < 1e-9, `${actual} is not ${expected}`);

suite('what a load asks of what has a limit', () => {
  // 40 handshakes, 926.25 pings and 97.5 rechecks a second; 100 messages, each typed; 300 read marks.
  const scale = { connections: 40 * CONNECTION_SECONDS, messagesPerSecond: 100, reached: 10 };

  test('follows from connections, messages and whom they reach', () => {
    const expected: Record<string, number> = {
      'handshakes a second': 40,
      'frames in a second': 100 + 100 + 300 + 926.25,
      'API Gateway requests a second': 1200 + 1000 + 3300 + 200 + 97.5 + 1852.5,
      'functions at work': 6 + 3 + 10.5 + 7.8 + 3.9 + 13.893_75,
      'MySQL connections': 2 * (6 + 3 + 10.5 + 7 + 3.9),
      'MySQL commits a second': 400 + 200 + 97.5,
      'DynamoDB reads a second': 1000 + 1000 + 3000 - 100 + 240 + 97.5,
      'DynamoDB writes a second': 200 + 300 + 600 + 320 + 2 * 926.25,
      'MongoDB connections': 6 + 3.2 + 3.9,
    };
    const values = valuesOf(scale);
    assert.deepEqual([...values.keys()], Object.keys(expected));
    for (const [what, value] of Object.entries(expected)) close(values.get(what), value);
  });

  test('is what the operations take of which the costs are made', () => {
    const { send, typing, read, open, recheck, heartbeat } = operationsOf(
      { groupSize: scale.reached },
      { reachableShare: 1 },
    );
    const sum = (of: (operation: Operation) => number): number =>
      100 * of(send) +
      100 * of(typing) +
      300 * of(read) +
      40 * of(open) +
      97.5 * of(recheck) +
      926.25 * of(heartbeat);
    const values = valuesOf(scale);
    // Opening a socket is a request, too.
    close(
      values.get('API Gateway requests a second'),
      sum(({ httpRequests, socketMessages }) => httpRequests + socketMessages) + 40,
    );
    close(
      values.get('DynamoDB reads a second'),
      sum(({ reads }) => reads),
    );
    close(
      values.get('DynamoDB writes a second'),
      sum(({ writes }) => writes),
    );
    close(
      values.get('functions at work'),
      sum(({ functions }) => functions.reduce((ms, id) => ms + assumptions.milliseconds[id], 0)) / 1000,
    );
  });

  test('grows with each of them as its formula says', () => {
    const more = valuesOf({ ...scale, connections: 2 * scale.connections, messagesPerSecond: 200 });
    for (const [what, value] of valuesOf(scale)) close(more.get(what), 2 * value);
    const wider = valuesOf({ ...scale, reached: 20 });
    // Twice the read marks, and each is told to twice as many.
    close(wider.get('DynamoDB reads a second'), 2000 + 2000 + 12_000 - 100 + 240 + 97.5);
    assert.equal(wider.get('handshakes a second'), 40);
  });

  test('names what breaks first, and the load that reaches each quota', () => {
    const limits = limitsOf(scale, assumptions, quotas);
    assert.deepEqual(
      limits.slice(0, 2).map(({ what }) => what),
      ['API Gateway requests a second', 'DynamoDB reads a second'],
    );
    assert.equal(limits.length, 8);
    for (const { what, quota, reachedAt } of limits) {
      assert.ok(Object.values<number>(quotas).includes(quota));
      close(valuesOf(reachedAt).get(what), quota);
    }
    assert.deepEqual(
      hotSpotsOf(quotas).map(({ most }) => most),
      [500, 1000, 3000],
    );
  });

  test('stands in decision 10 as it is computed', () => {
    const columns = [
      { connections: 10_000, messagesPerSecond: 100, reached: 10 },
      { connections: 1_000_000, messagesPerSecond: 10_000, reached: 10 },
      { connections: 10_000_000, messagesPerSecond: 100_000, reached: 10 },
    ].map((load) => demandsOf(load, assumptions, quotas));
    const decision = readFileSync('lib/decisions/0010-scale-on-paper.md', 'utf8');
    const rows = decision
      .split('\n')
      .filter((line) => /^\| .*a second|^\| .*at work|^\| .*connections/.test(line))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim().replaceAll('`', '')),
      );
    assert.deepEqual(
      rows,
      columns[0]?.map(({ what, formula }, index) => [
        what,
        formula,
        ...columns.map((column) => shown(column[index]?.value ?? 0)),
      ]),
    );
  });
});
