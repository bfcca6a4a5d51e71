import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { estimate } from '../../lib/cost/estimate.ts';
import { footprintIn, type Footprint } from '../../lib/cost/footprint.ts';
import { assumptions } from '../../lib/cost/operations.ts';
import { prices } from '../../lib/cost/prices-2026-11.ts';
import { millionPushes } from '../../lib/cost/push-cost.ts';
import { everything } from '../support/everything.ts';
import { provisioned } from '../support/provisioned.ts';
import { synthesize, type SynthesizedStage } from '../support/synthesized.ts';

const footprintOf = ({ resources }: SynthesizedStage, stage: string): Footprint =>
  footprintIn(
    [...Map.groupBy(resources, (resource) => resource.stack).values()].map((members) =>
      Object.fromEntries(members.map((resource) => [resource.logicalId, resource])),
    ),
    stage,
  );
const production = footprintOf(await synthesize('production'), 'production');

test('every secret is counted, made by a stack, by RDS or by hand', async () => {
  const secretsOf = async (stage: Parameters<typeof synthesize>[0], name: string): Promise<number> =>
    footprintOf(await synthesize(stage), name).secrets;
  // The functions' MySQL user, tokens' private and public keys, second factors; the owner's, by RDS; MongoDB, files, pushing.
  assert.equal(production.secrets, 4 + 1 + 3);
  // The owner's is made by the stack.
  assert.equal(await secretsOf('dev', 'dev'), 5 + 3);
  // MongoDB's is made by the stack.
  assert.equal(await secretsOf(provisioned, 'provisioned'), 5 + 1 + 2);
  // Two of CloudFront, with a copy each, and a second pair of keys for files.
  assert.equal(await secretsOf(everything, 'everything'), 4 + 1 + 2 * 2 + 3 + 1);
});

test('lines of access logs are as long as their formats make them', () => {
  const { http, websocket } = production.accessLogBytes;
  assert.ok(http > 350 && http < 600, String(http));
  assert.ok(websocket > 350 && websocket < 600, String(websocket));
});

test('the page for operating says what a month costs, as `npm run cost` does', () => {
  const load = { users: 10_000, messagesPerUser: 50, groupSize: 10 };
  const { total, fixed } = estimate(load, production, 'M30', prices, assumptions);
  const page = readFileSync(join(import.meta.dirname, '../../lib/docs/operating.md'), 'utf8').replaceAll(
    /\s+/g,
    ' ',
  );
  const dollars = (amount: number): string => `$${Math.round(amount).toLocaleString('en-US')}`;
  for (const sentence of [
    `${dollars(total)} for 15 million messages, of which ${dollars(fixed)} are paid`,
    `A million pushes are $${millionPushes(prices, 10).toFixed(2)} where batches fill, and $${millionPushes(prices, 1).toFixed(2)} where`,
  ]) {
    assert.ok(page.includes(sentence), sentence);
  }
});
