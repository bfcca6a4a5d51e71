import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { needsOf } from '../../functions/contract/route.ts';
import { allRoutes } from '../../functions/contract/table.ts';
import budgets from '../../lib/bench/budgets.json' with { type: 'json' };
import { classOf } from '../../lib/bench/bundle-sizes.ts';
import { startCountedCloud, type CountedCloud } from '../../lib/bench/counted-cloud.ts';
import { countOperations } from '../../lib/bench/counted-operations.ts';
import { countSends } from '../../lib/bench/counted-send.ts';
import { operationCounts } from '../../lib/cost/counts.ts';
import { synthesize } from '../support/synthesized.ts';

// Budgets for values that do not depend on the machine. Raising a budget requires a commit that gives the reason.

const { resources, metafile } = await synthesize('production');
const { outputs: bundles } = await metafile();

suite('the size of bundles', () => {
  const outputs = Object.entries(bundles);
  for (const route of allRoutes) {
    const kind = classOf(needsOf(route));
    test(`${route.id} stays within the budget of a function with ${kind}`, () => {
      const bytes = outputs.find(([file]) => file.endsWith(`/${route.id}/index.mjs`))?.[1].bytes;
      const most = budgets.bundleKilobytes[kind];
      assert.ok(bytes !== undefined, 'it has no bundle');
      assert.ok(
        bytes <= most * 1024,
        `${(bytes / 1024).toFixed(0)} KB; lib/bench/budgets.json allows ${most}`,
      );
    });
  }
});

test('every stack stays within its number of resources', () => {
  const most: Readonly<Record<string, number>> = budgets.resources;
  for (const [stack, members] of Map.groupBy(resources, (resource) => resource.stack)) {
    const budget = most[stack.replace('chat-service-production-', '')];
    assert.ok(budget !== undefined, `${stack} has no budget in lib/bench/budgets.json`);
    assert.ok(members.length <= budget, `${stack} has ${members.length} resources; ${budget} are allowed`);
  }
});

suite('what is counted by running it', () => {
  let counted: CountedCloud;
  before(async () => {
    counted = await startCountedCloud(() => undefined, { rateLimits: 'on', metersCapacity: true });
  });
  after(() => counted.stop());

  test('lib/cost/operations.json says what each function asks for', { timeout: 240_000 }, async () => {
    const counts = await countOperations(counted);
    assert.deepEqual(counts, operationCounts, 'if it is meant to be so: npm run cost -- --count');
  });

  test('a message costs as many trips to the stores as it may', { timeout: 180_000 }, async () => {
    for (const send of await countSends(counted, [10, 100])) {
      const { members, mysql, mongodb, dynamodb, sequential, deliveries } = send;
      assert.ok(mysql <= budgets.send.mysql, `${mysql} MySQL trips in a group of ${members}`);
      assert.ok(mongodb <= budgets.send.mongodb, `${mongodb} MongoDB trips in a group of ${members}`);
      assert.ok(sequential <= budgets.send.sequential, `${sequential} in a row in a group of ${members}`);
      assert.deepEqual(dynamodb, budgets.send.dynamodb, `DynamoDB requests in a group of ${members}`);
      assert.equal(deliveries, members);
    }
  });
});
