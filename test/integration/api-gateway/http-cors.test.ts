import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CorsConfiguration } from '../../../lib/local/api-gateway/definitions.ts';
import { send } from './http-client.ts';
import { httpGateway } from './http-gateway.ts';

// See https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
const cors: CorsConfiguration = {
  allowOrigins: ['https://app.example', 'https://other.example'],
  allowMethods: ['GET', 'POST'],
  allowHeaders: ['authorization', 'content-type'],
  exposeHeaders: ['x-request-id'],
  allowCredentials: true,
  maxAge: 300,
};

const preflight = (origin: string, method = 'POST') => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': method,
    'access-control-request-headers': 'content-type',
  },
});

const corsHeaders = (headers: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));

test('the gateway answers a preflight itself', async (t) => {
  const { gateway, functions } = await httpGateway(t, { 'ANY /{proxy+}': () => ({}) }, { cors });
  const answer = await send(`${gateway.url}/api/v1/chats`, preflight('https://app.example'));
  assert.equal(answer.status, 204);
  assert.equal(answer.body, '');
  assert.deepEqual(corsHeaders(answer.headers), {
    'access-control-allow-origin': 'https://app.example',
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'GET,POST',
    'access-control-allow-headers': 'authorization,content-type',
    'access-control-max-age': '300',
  });
  assert.equal(functions.pending('ANY /{proxy+}'), 0);
});

test('another origin or method gets a 204 without permission', async (t) => {
  const { gateway } = await httpGateway(t, { 'GET /': () => ({}) }, { cors });
  for (const request of [preflight('https://evil.example'), preflight('https://app.example', 'DELETE')]) {
    const answer = await send(gateway.url, request);
    assert.equal(answer.status, 204);
    assert.deepEqual(corsHeaders(answer.headers), {});
  }
});

test("the configured headers replace the function's", async (t) => {
  const { gateway } = await httpGateway(
    t,
    {
      'GET /': () => ({
        statusCode: 200,
        headers: { 'Access-Control-Allow-Origin': '*', 'access-control-allow-methods': 'PATCH' },
        body: 'x',
      }),
    },
    { cors },
  );
  const allowed = await send(gateway.url, { headers: { origin: 'https://other.example' } });
  assert.deepEqual(corsHeaders(allowed.headers), {
    'access-control-allow-origin': 'https://other.example',
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'x-request-id',
  });
  for (const headers of [{}, { origin: 'https://evil.example' }]) {
    assert.deepEqual(corsHeaders((await send(gateway.url, { headers })).headers), {});
  }
});

test("the gateway's own answers carry them too", async (t) => {
  const { gateway } = await httpGateway(t, { 'GET /': () => ({}) }, { cors });
  const answer = await send(`${gateway.url}/nowhere`, { headers: { origin: 'https://app.example' } });
  assert.equal(answer.status, 404);
  assert.equal(answer.headers['access-control-allow-origin'], 'https://app.example');
});

test('wildcard origins', async (t) => {
  const any = await httpGateway(t, { 'GET /': () => ({}) }, { cors: { allowOrigins: ['*'] } });
  const toAny = await send(any.gateway.url, { headers: { origin: 'http://a.example' } });
  assert.equal(toAny.headers['access-control-allow-origin'], '*');

  const secure = await httpGateway(t, { 'GET /': () => ({}) }, { cors: { allowOrigins: ['https://*'] } });
  const toSecure = await send(secure.gateway.url, { headers: { origin: 'https://a.example' } });
  assert.equal(toSecure.headers['access-control-allow-origin'], 'https://a.example');
  const toPlain = await send(secure.gateway.url, { headers: { origin: 'http://a.example' } });
  assert.deepEqual(corsHeaders(toPlain.headers), {});
});

test('without a configuration OPTIONS is a request like others, and headers pass', async (t) => {
  const { gateway } = await httpGateway(t, {
    'GET /': () => ({ statusCode: 200, headers: { 'access-control-allow-origin': 'https://mine' } }),
  });
  assert.equal((await send(gateway.url, preflight('https://app.example'))).status, 404);
  assert.equal((await send(gateway.url)).headers['access-control-allow-origin'], 'https://mine');
});
