/**
 * Loaded ahead of every test file: a file whose tests are over and that still holds something open fails, and says what.
 * Node would wait for it for ever, and the whole suite with it.
 */
import { after } from 'node:test';

const PATIENCE_MS = 60_000;

if (process.env['NODE_TEST_CONTEXT'] !== undefined) {
  after(() => {
    const timer = setTimeout(() => {
      const open = process.getActiveResourcesInfo().join(', ');
      process.stderr.write(`Its tests are over, and ${process.argv[1]} does not end. Open: ${open}\n`);
      process.exit(1);
    }, PATIENCE_MS);
    // Only what was left behind may keep the process until then.
    timer.unref();
  });
}
