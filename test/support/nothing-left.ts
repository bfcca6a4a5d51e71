/**
 * Loaded before every test file: a file whose tests are over but which still holds a resource open fails, and names the
 * resource. Otherwise Node would wait for it for ever, and block the whole run.
 */
import { after } from 'node:test';

const EXIT_TIMEOUT_MS = 60_000;

if (process.env['NODE_TEST_CONTEXT'] !== undefined) {
  after(() => {
    const timer = setTimeout(() => {
      const open = process.getActiveResourcesInfo().join(', ');
      process.stderr.write(`Its tests are over, and ${process.argv[1]} does not end. Open: ${open}\n`);
      process.exit(1);
    }, EXIT_TIMEOUT_MS);
    // Only resources of the tests may keep the process alive until then, and not this timer.
    timer.unref();
  });
}
