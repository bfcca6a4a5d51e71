import { pushEnvironment } from './push-service.ts';
import { startLocalService, type LocalService } from './local-service.ts';

let service: LocalService | undefined;

/**
 * Four times what all tests take on a slow machine. The runner limits each test, and no file: one whose process does
 * not end would hold the run for ever.
 */
const LONGEST_RUN_MS = 20 * 60_000;

/** Ends the run as Ctrl-C does: the runner then names the files that still run, and ends their processes. */
const giveUp = (): void => {
  process.stderr.write(`The tests were not done after ${LONGEST_RUN_MS / 60_000} minutes.\n`);
  process.exitCode = 1;
  process.kill(process.pid, 'SIGINT');
};

/** One service for all test files that ask for it; its address and its folder are in their environment. */
export const globalSetup = async (): Promise<void> => {
  setTimeout(giveUp, LONGEST_RUN_MS).unref();
  service = await startLocalService({ environment: pushEnvironment });
  process.env['TEST_HTTP_URL'] = service.httpUrl;
  process.env['TEST_WEBSOCKET_URL'] = service.websocketUrl;
  process.env['TEST_DATA_DIRECTORY'] = service.dataDirectory;
  process.env['TEST_WEB_URL'] = service.webUrl;
};

/** @throws Error when the service did not end as it should: that fails the run */
export const globalTeardown = async (): Promise<void> => {
  const exitCode = await service?.stop();
  if (exitCode !== 0) throw new Error(`The service ended with ${exitCode}:\n${service?.output()}`);
};
