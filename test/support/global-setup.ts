import { pushEnvironment } from './push-service.ts';
import { startLocalService, type LocalService } from './local-service.ts';

let service: LocalService | undefined;

/**
 * Four times the duration of all tests on a slow machine. The runner limits the time of each test but not of a file: a
 * file whose process does not end would block the run for ever.
 */
const LONGEST_RUN_MS = 20 * 60_000;

/** Ends the run like Ctrl-C: the runner then names the files that are still running, and ends their processes. */
const giveUp = (): void => {
  process.stderr.write(`The tests were not done after ${LONGEST_RUN_MS / 60_000} minutes.\n`);
  process.exitCode = 1;
  process.kill(process.pid, 'SIGINT');
};

/** Starts one service for all test files that need one; its address and folder are in the environment of the files. */
export const globalSetup = async (): Promise<void> => {
  setTimeout(giveUp, LONGEST_RUN_MS).unref();
  service = await startLocalService({ environment: pushEnvironment });
  process.env['TEST_HTTP_URL'] = service.httpUrl;
  process.env['TEST_WEBSOCKET_URL'] = service.websocketUrl;
  process.env['TEST_DATA_DIRECTORY'] = service.dataDirectory;
  process.env['TEST_WEB_URL'] = service.webUrl;
};

/** @throws Error when the service did not stop properly, which fails the run */
export const globalTeardown = async (): Promise<void> => {
  const exitCode = await service?.stop();
  if (exitCode !== 0) throw new Error(`The service ended with ${exitCode}:\n${service?.output()}`);
};
