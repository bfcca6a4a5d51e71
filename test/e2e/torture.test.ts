import { test } from 'node:test';
import { torture } from '../torture/torture.ts';

test('whatever breaks, every device ends up with what the service has', async (t) => {
  // The long form: npm run torture
  await torture({ runs: 2, steps: 80, log: (line) => t.diagnostic(line) });
});
