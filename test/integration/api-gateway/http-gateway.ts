import type { TestContext } from 'node:test';
import type { HttpApiDefinition, HttpRoute } from '../../../lib/local/api-gateway/definitions.ts';
import { startHttpApi } from '../../../lib/local/api-gateway/http-api.ts';
import type { HttpApi } from '../../../lib/local/api-gateway/http-api.ts';
import { fakeFunctions } from './fake-functions.ts';
import type { FakeFunctions, FakeHandler } from './fake-functions.ts';

/** Starts an HTTP API for one test: each handler is a route; its route key is also the name of its function. */
export const httpGateway = async (
  test: TestContext,
  handlers: Record<string, FakeHandler>,
  overrides: Partial<HttpApiDefinition> & { timeoutMs?: number } = {},
): Promise<{ gateway: HttpApi; functions: FakeFunctions; lines: string[] }> => {
  const { timeoutMs = 5000, ...definition } = overrides;
  const functions = fakeFunctions(handlers);
  const routes: HttpRoute[] = Object.keys(handlers).map((routeKey) => ({
    routeKey,
    functionName: routeKey,
    timeoutMs,
  }));
  const lines: string[] = [];
  const gateway = await startHttpApi({
    api: {
      apiId: 'a1b2c3d4e5',
      stage: '$default',
      accountId: '123456789012',
      region: 'eu-central-1',
      routes,
      ...definition,
    },
    host: '127.0.0.1',
    port: 0,
    invoke: functions.invoke,
    log: (line) => lines.push(line),
  });
  test.after(() => gateway.stop(0));
  return { gateway, functions, lines };
};
