import { test } from 'node:test';
import { torture } from '../torture/torture.ts';

test('whatever breaks, every device ends up with what the service has', async (t) => {
  // The same schedules in each run of the suite. `npm run torture` is the long form, with random ones.
  await torture({
    seed: 20261126,
    runs: 2,
    steps: 80,
    isShrinking: false,
    log: (line) => t.diagnostic(line),
  });
});
