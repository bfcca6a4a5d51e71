import { startLocalService, type LocalService } from './local-service.ts';

let service: LocalService | undefined;

/** One service for all test files that ask for it; its address and its folder are in their environment. */
export const globalSetup = async (): Promise<void> => {
  service = await startLocalService();
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
