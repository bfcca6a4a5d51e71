import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isGatewayId, newGatewayId, newTraceId } from '../../../lib/local/api-gateway/identifiers.ts';
import { formatRequestTime } from '../../../lib/local/api-gateway/request-time.ts';
import { tokenBucket } from '../../../lib/local/api-gateway/token-bucket.ts';

test('identifiers look like those of AWS and do not repeat', () => {
  const ids = Array.from({ length: 5000 }, newGatewayId);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.every(isGatewayId));
  for (const id of ['L0SM9cOFvHcCIhw=', 'BFaT_fALIAMCKug=', 'JC1dgf9yoAMCK-g='])
    assert.ok(isGatewayId(id), id);
  for (const id of ['', 'non-existing-id', 'L0SM9cOFvHcCIhw', '../../../etc/pas='])
    assert.ok(!isGatewayId(id), id);
  assert.match(newTraceId(1583817383220), /^Root=1-5e6722a7-[0-9a-f]{24}$/);
});

test('request times are in the Common Log Format', () => {
  assert.equal(formatRequestTime(1583817383220), '10/Mar/2020:05:16:23 +0000');
  assert.equal(formatRequestTime(1583817383999), '10/Mar/2020:05:16:23 +0000');
  assert.equal(formatRequestTime(1583817384000), '10/Mar/2020:05:16:24 +0000');
});

test('a token bucket passes its burst, then its rate', () => {
  let now = 0;
  const pass = tokenBucket({ rateLimit: 2, burstLimit: 3 }, () => now);
  const tries = (count: number) => Array.from({ length: count }, () => pass()).filter(Boolean).length;
  assert.equal(tries(5), 3);
  now += 500;
  assert.equal(tries(5), 1);
  now += 60_000;
  assert.equal(tries(5), 3);
});

test('a token bucket is not emptied by a clock that steps back', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1e12 });
  const pass = tokenBucket({ rateLimit: 1e9, burstLimit: 1 });
  assert.ok(pass());
  t.mock.timers.setTime(0);
  assert.ok(pass());
});
