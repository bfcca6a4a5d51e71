import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import budgets from '../../lib/bench/budgets.json' with { type: 'json' };
import { bundleAll, type BundleClass } from '../../lib/bench/bundle-sizes.ts';
import { countSends } from '../../lib/bench/counted-send.ts';
import { resourceCounts } from '../../lib/bench/resource-counts.ts';

// What does not depend on the machine. To loosen a budget takes a commit that says why.

suite('the size of bundles', () => {
  const { bundles, remove } = bundleAll();
  after(remove);

  for (const { route, kind, bytes } of bundles) {
    test(`${route.id} stays within the budget of a function with ${kind}`, () => {
      const most: Readonly<Record<BundleClass, number>> = budgets.bundleKilobytes;
      assert.ok(
        bytes <= most[kind] * 1024,
        `${(bytes / 1024).toFixed(0)} KB; lib/bench/budgets.json allows ${most[kind]}`,
      );
    });
  }
});

test('every stack stays within its number of resources', () => {
  const most: Readonly<Record<string, number>> = budgets.resources;
  for (const [stack, count] of Object.entries(resourceCounts('production'))) {
    const budget = most[stack];
    assert.ok(budget !== undefined, `${stack} has no budget in lib/bench/budgets.json`);
    assert.ok(count <= budget, `${stack} has ${count} resources; ${budget} are allowed`);
  }
});

test('a message costs as many trips to the stores as it may', { timeout: 120_000 }, async () => {
  const sends = await countSends([10, 100], () => undefined);
  for (const { members, mysql, mongodb, dynamodb, sequential, deliveries } of sends) {
    assert.ok(mysql <= budgets.send.mysql, `${mysql} MySQL trips in a group of ${members}`);
    assert.ok(mongodb <= budgets.send.mongodb, `${mongodb} MongoDB trips in a group of ${members}`);
    assert.ok(sequential <= budgets.send.sequential, `${sequential} in a row in a group of ${members}`);
    assert.deepEqual(dynamodb, budgets.send.dynamodb, `DynamoDB requests in a group of ${members}`);
    assert.equal(deliveries, members);
  }
});
