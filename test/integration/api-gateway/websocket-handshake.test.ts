import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { GetConnectionCommand, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { WebSocket } from 'ws';
import { startWebSocketApi } from '../../../lib/local/api-gateway/websocket-api.ts';
import { functionError, gate } from './fake-functions.ts';
import { send } from './http-client.ts';
import { openSocket, refusedSocket } from './socket-client.ts';
import { managementClient, nextEvent, ok, socketGateway } from './socket-gateway.ts';
import type { SocketEvent } from './socket-gateway.ts';

const authorizer = { functionName: 'authorize', identitySources: ['route.request.querystring.token'] };

const policy = (Effect: string) => ({
  principalId: '7',
  policyDocument: { Statement: [{ Action: 'execute-api:Invoke', Effect, Resource: '*' }] },
});

test('only the path of the stage is a WebSocket', async (t) => {
  const { gateway, functions } = await socketGateway(t, { $connect: ok });
  const base = gateway.url.replace('/local', '');
  for (const path of ['/', '/other', '/local/deeper', '/locale']) {
    const refusal = await refusedSocket(`${base}${path}`);
    assert.equal(refusal.status, 403, path);
    assert.equal(refusal.body, '{"message":"Forbidden"}');
    assert.equal(refusal.headers['x-amzn-errortype'], 'ForbiddenException');
  }
  assert.equal(functions.pending('$connect'), 0);
  assert.equal((await send(gateway.url.replace('ws:', 'http:'))).status, 426);
});

test('a request that is no handshake is a 400 before any function runs', async (t) => {
  const { gateway, functions } = await socketGateway(t, { $connect: ok });
  const handshake = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': '+W5xw47OHh3OTFsWKjGu9Q==',
    'Sec-WebSocket-Version': '13',
  };
  for (const wrong of [{ 'Sec-WebSocket-Version': '12' }, { 'Sec-WebSocket-Key': 'x' }, { Upgrade: 'h2c' }]) {
    const answer = await send(gateway.url.replace('ws:', 'http:'), { headers: { ...handshake, ...wrong } });
    assert.equal(answer.status, 400);
  }
  assert.equal(functions.pending('$connect'), 0);
});

test('a missing identity source is a 401, and nobody is asked', async (t) => {
  const { gateway, functions } = await socketGateway(
    t,
    { $connect: ok, authorize: () => policy('Allow') },
    { authorizer },
  );
  for (const query of ['', '?token=', '?other=1']) {
    const refusal = await refusedSocket(`${gateway.url}${query}`);
    assert.equal(refusal.status, 401);
    const body: unknown = JSON.parse(refusal.body);
    assert.equal(Reflect.get(Object(body), 'message'), 'Unauthorized');
    assert.match(String(Reflect.get(Object(body), 'connectionId')), /=$/);
  }
  assert.equal(functions.pending('authorize'), 0);
  await openSocket(`${gateway.url}?token=abc`);
});

test('what an authorizer may do', async (t) => {
  const cases: [string, () => unknown, number][] = [
    ['throws Unauthorized', () => Promise.reject(functionError('Error', 'Unauthorized')), 401],
    ['denies', () => policy('Deny'), 403],
    ['allows something else', () => ({ ...policy('Allow'), policyDocument: { Statement: [] } }), 403],
    ['fails', () => Promise.reject(functionError('TypeError')), 500],
    ['runs out of time', () => Promise.reject(functionError('Sandbox.Timedout')), 500],
    ['answers nothing', () => undefined, 500],
    ['answers like an HTTP handler', () => ({ statusCode: 401 }), 500],
    ['has no principal', () => ({ ...policy('Allow'), principalId: undefined }), 500],
    ['has an object in its context', () => ({ ...policy('Allow'), context: { user: { id: 1 } } }), 500],
    ['answers more than 8 KB', () => ({ ...policy('Allow'), context: { text: 'x'.repeat(9000) } }), 500],
  ];
  for (const [name, authorize, status] of cases) {
    const { gateway, functions } = await socketGateway(
      t,
      { $connect: ok, $disconnect: ok, authorize },
      { authorizer },
    );
    const refusal = await refusedSocket(`${gateway.url}?token=abc`);
    assert.equal(refusal.status, status, name);
    assert.equal(functions.pending('$connect'), 0, name);
    assert.equal(functions.pending('$disconnect'), 0, name);
    assert.equal(gateway.connectionCount(), 0);
  }
});

test('what $connect may do', async (t) => {
  const cases: [string, () => unknown, number, string][] = [
    ['refuses', () => ({ statusCode: 403, body: '{"code":"banned"}' }), 403, '{"code":"banned"}'],
    ['redirects', () => ({ statusCode: 302 }), 302, 'Found'],
    ['fails by itself', () => ({ statusCode: 500 }), 500, 'Internal server error'],
    ['throws', () => Promise.reject(functionError('TypeError')), 502, 'Internal server error'],
    ['is malformed', () => ({ statusCode: 200, extra: 1 }), 502, 'Internal server error'],
    ['answers nothing', () => undefined, 502, 'Internal server error'],
  ];
  for (const [name, connect, status, words] of cases) {
    const { gateway, functions } = await socketGateway(t, { $connect: connect, $disconnect: ok });
    const refusal = await refusedSocket(gateway.url);
    assert.equal(refusal.status, status, name);
    assert.ok(refusal.body.includes(words), `${name}: ${refusal.body}`);
    assert.equal(functions.pending('$disconnect'), 0);
  }
});

test('a $connect that outlasts the integration is a 504', async (t) => {
  const { gateway } = await socketGateway(t, { $connect: () => new Promise(() => {}) }, { timeoutMs: 20 });
  assert.equal((await refusedSocket(gateway.url)).status, 504);
});

test('an API without $connect connects', async (t) => {
  const { gateway } = await socketGateway(t, { $default: () => ({ body: 'hi' }) }, { twoWay: ['$default'] });
  const { socket, nextFrame } = await openSocket(gateway.url);
  socket.send('x');
  assert.equal(await nextFrame(), 'hi');
});

test('the connection does not exist before $connect has returned', async (t) => {
  const release = gate();
  const { gateway, functions } = await socketGateway(t, {
    $connect: async () => {
      await release.opened;
      return { statusCode: 200 };
    },
  });
  const client = managementClient(t, gateway);
  const opening = openSocket(gateway.url);
  const ConnectionId = (await nextEvent(functions, '$connect')).requestContext.connectionId;
  await assert.rejects(client.send(new PostToConnectionCommand({ ConnectionId, Data: 'early' })), {
    name: 'GoneException',
  });
  assert.equal(gateway.connectionCount(), 0);
  release.open();
  const { nextFrame } = await opening;
  await client.send(new PostToConnectionCommand({ ConnectionId, Data: 'now' }));
  assert.equal(await nextFrame(), 'now');
});

test('a client that leaves during $connect is disconnected all the same', async (t) => {
  const release = gate();
  const { gateway, functions } = await socketGateway(t, {
    $connect: async () => {
      await release.opened;
      return { statusCode: 200 };
    },
    $disconnect: ok,
  });
  const socket = new WebSocket(gateway.url);
  socket.on('error', () => {});
  const left = new Promise((resolve) => socket.once('close', resolve));
  const { connectionId } = (await nextEvent(functions, '$connect')).requestContext;
  socket.terminate();
  await left;
  release.open();
  const { requestContext } = await nextEvent(functions, '$disconnect');
  assert.equal(requestContext.connectionId, connectionId);
  assert.equal(requestContext.disconnectStatusCode, 1006);
});

test('the subprotocol is the one that $connect chooses', async (t) => {
  const { gateway } = await socketGateway(t, {
    $connect: (event: SocketEvent) => ({
      statusCode: 200,
      headers: { 'Sec-WebSocket-Protocol': event.headers['Sec-WebSocket-Protocol']?.split(',')[1]?.trim() },
    }),
  });
  const socket = new WebSocket(gateway.url, ['a', 'b']);
  await once(socket, 'open');
  assert.equal(socket.protocol, 'b');
});

test('no compression is negotiated', async (t) => {
  const { gateway } = await socketGateway(t, { $connect: ok });
  const { socket } = await openSocket(gateway.url);
  assert.equal(socket.extensions, '');
});

test('the stage throttles handshakes and messages', async (t) => {
  const throttling = { rateLimit: 0.001, burstLimit: 2 };
  const { gateway } = await socketGateway(
    t,
    { $connect: ok, $default: () => ({ body: 'hi' }) },
    { twoWay: ['$default'], api: { throttling } },
  );
  const { socket, nextFrame } = await openSocket(gateway.url);
  socket.send('1');
  assert.equal(await nextFrame(), 'hi');
  socket.send('2');
  assert.match(
    await nextFrame(),
    /^\{"message": "Too Many Requests", "connectionId":"[^"]+", "requestId":"[^"]+"\}$/,
  );
  assert.equal((await refusedSocket(gateway.url)).status, 429);
});

test('a port that is taken', async (t) => {
  const { gateway } = await socketGateway(t, { $connect: ok });
  const again = startWebSocketApi({
    api: {
      apiId: 'a',
      stage: 'local',
      accountId: '1',
      region: 'r',
      routeSelectionExpression: '$request.body.type',
      routes: [],
    },
    host: '127.0.0.1',
    port: gateway.port,
    invoke: () => Promise.resolve(),
    log: () => {},
    mayManage: () => true,
  });
  await assert.rejects(again, { code: 'EADDRINUSE' });
});

test('a connection can be looked at', async (t) => {
  const { gateway, functions } = await socketGateway(t, { $connect: ok });
  const client = managementClient(t, gateway);
  const before = Date.now();
  const { socket } = await openSocket(gateway.url, { headers: { 'User-Agent': 'test/1.0' } });
  const ConnectionId = (await nextEvent(functions, '$connect')).requestContext.connectionId;
  socket.ping();
  await once(socket, 'pong');
  const info = await client.send(new GetConnectionCommand({ ConnectionId }));
  assert.deepEqual(info.Identity, { SourceIp: '127.0.0.1', UserAgent: 'test/1.0' });
  assert.ok(info.ConnectedAt instanceof Date && info.ConnectedAt.getTime() >= before);
  assert.ok(info.LastActiveAt instanceof Date && info.LastActiveAt >= info.ConnectedAt);
});
