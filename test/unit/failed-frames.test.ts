import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Context } from 'aws-lambda';
import type { WebSocketRoute } from '../../functions/contract/route.ts';
import { ServiceError } from '../../functions/contract/service-error.ts';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';
import { frameHandler, lifecycleHandler, type SocketEvent } from '../../functions/transport/frames.ts';

/** A route that reaches nothing, and without a rate limit. */
const route = {
  id: 'ping',
  transport: 'websocket',
  routeKey: 'ping',
  routeResponse: true,
  needs: [],
  rateLimit: { unlimitedBecause: 'It is a test.' },
} as unknown as WebSocketRoute;

const event = {
  body: '{"type":"ping"}',
  requestContext: {
    requestId: 'r',
    connectionId: 'c',
    // Its lease is new, and not renewed by a frame.
    connectedAt: Date.now(),
    authorizer: { principalId: '1', username: 'ada', session_id: 's', token_expires_at: 9e9 },
  },
} as unknown as SocketEvent;

const outcomes: readonly (readonly [what: string, error: Error, status: number, failed: number])[] = [
  ['somebody who comes too often', new ServiceError('rate_limited', { retryAfter: 1 }), 429, 0],
  ['somebody who may not', new ServiceError('account_suspended'), 403, 0],
  ['a store that is away', new StoreUnavailableError('mysql', new Error('away')), 503, 1],
  ['a defect', new TypeError('a defect'), 500, 1],
];

suite('a failure of the service is measured, and a refusal is not', () => {
  before(() => {
    Object.assign(process.env, { STAGE: 'test', SERVICE_VERSION: '0.0.0' });
  });
  after(() => {
    delete process.env['STAGE'];
    delete process.env['SERVICE_VERSION'];
  });

  for (const [what, error, status, failed] of outcomes) {
    const refuse = () => Promise.reject(error);

    test(`a handshake of ${what}`, async () => {
      const measured: object[] = [];
      const answer = await lifecycleHandler(route, refuse, (values) => measured.push(values))(
        event,
        {} as Context,
      );
      assert.equal(answer.statusCode, status);
      assert.equal(measured.length, failed);
    });

    test(`a frame of ${what}`, async () => {
      const measured: object[] = [];
      const answer = await frameHandler(route, refuse, (values) => measured.push(values))(
        event,
        {} as Context,
      );
      // API Gateway takes it for a success.
      assert.equal(answer.statusCode, 200);
      assert.equal((JSON.parse(String(answer.body)) as { status_code: number }).status_code, status);
      assert.deepEqual(
        measured,
        Array.from({ length: failed }, () => ({ FailedFrames: 1 })),
      );
    });
  }
});
