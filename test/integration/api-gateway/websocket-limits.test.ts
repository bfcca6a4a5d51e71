import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { openSocket } from './socket-client.ts';
import { managementClient, nextEvent, ok, socketGateway } from './socket-gateway.ts';
import type { SocketEvent } from './socket-gateway.ts';

const kilobyte = 1024;
const length = (event: SocketEvent) => ({ statusCode: 200, body: String(event.body?.length) });
const handlers = { $connect: ok, $disconnect: ok, $default: length };
const twoWay = ['$default'];

test('a frame of 32 KB passes, one byte more closes with 1009', async (t) => {
  const { gateway, functions } = await socketGateway(t, handlers, { twoWay });
  const { socket, nextFrame, closed } = await openSocket(gateway.url);
  socket.send('x'.repeat(32 * kilobyte));
  assert.equal(await nextFrame(), String(32 * kilobyte));
  socket.send('x'.repeat(32 * kilobyte + 1));
  assert.equal((await closed).code, 1009);
  const { requestContext } = await nextEvent(functions, '$disconnect');
  assert.equal(requestContext.disconnectStatusCode, 1009);
  await nextEvent(functions, '$default');
  assert.equal(functions.pending('$default'), 0);
});

test('128 KB in frames of 32 KB pass, one byte more closes with 1009', async (t) => {
  const { gateway } = await socketGateway(t, handlers, { twoWay });
  const { socket, nextFrame, closed } = await openSocket(gateway.url);
  const frame = 'x'.repeat(32 * kilobyte);
  for (const fin of [false, false, false, true]) socket.send(frame, { fin });
  assert.equal(await nextFrame(), String(128 * kilobyte));
  for (const fin of [false, false, false, false]) socket.send(frame, { fin });
  socket.send('x', { fin: true });
  assert.equal((await closed).code, 1009);
});

test('a frame far beyond closes with 1009 as well', async (t) => {
  const { gateway } = await socketGateway(t, handlers, { twoWay });
  const { socket, closed } = await openSocket(gateway.url);
  socket.send('x'.repeat(1024 * kilobyte));
  assert.equal((await closed).code, 1009);
});

test('what came whole before the frame that is too big is handled, what follows is not', async (t) => {
  const { gateway, functions } = await socketGateway(t, handlers, { twoWay });
  const { socket, closed } = await openSocket(gateway.url);
  socket.send('a');
  socket.send('bb');
  socket.send('x'.repeat(40 * kilobyte));
  socket.send('c');
  assert.equal((await closed).code, 1009);
  assert.equal((await nextEvent(functions, '$default')).body, 'a');
  assert.equal((await nextEvent(functions, '$default')).body, 'bb');
  await nextEvent(functions, '$disconnect');
  assert.equal(functions.pending('$default'), 0);
});

test('a binary frame closes with 1003', async (t) => {
  const { gateway, functions } = await socketGateway(t, handlers, { twoWay });
  const { socket, closed } = await openSocket(gateway.url);
  socket.send(Buffer.from([1, 2, 3]));
  assert.equal((await closed).code, 1003);
  assert.equal((await nextEvent(functions, '$disconnect')).requestContext.disconnectStatusCode, 1003);
  assert.equal(functions.pending('$default'), 0);
});

test('frames that came along with the handshake are handled, and watched', async (t) => {
  const { gateway, functions } = await socketGateway(t, handlers, { twoWay });
  const socket = connect(gateway.port, '127.0.0.1');
  const handshake = [
    'GET /local HTTP/1.1',
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: +W5xw47OHh3OTFsWKjGu9Q==',
    'Sec-WebSocket-Version: 13',
    '\r\n',
  ].join('\r\n');
  const mask = Buffer.alloc(4);
  const text = Buffer.concat([Buffer.from([0x81, 0x81]), mask, Buffer.from('a')]);
  const binary = Buffer.concat([Buffer.from([0x82, 0x81]), mask, Buffer.from('b')]);
  socket.write(Buffer.concat([Buffer.from(handshake), text, binary]));
  assert.equal((await nextEvent(functions, '$default')).body, 'a');
  socket.destroy();
  assert.equal((await nextEvent(functions, '$disconnect')).requestContext.disconnectStatusCode, 1003);
  assert.equal(functions.pending('$default'), 0);
});

test('an idle connection closes with 1001', async (t) => {
  const { gateway, functions } = await socketGateway(t, handlers, { limits: { idleMs: 20 } });
  const { closed } = await openSocket(gateway.url);
  assert.deepEqual(await closed, { code: 1001, reason: 'Going away' });
  const { requestContext } = await nextEvent(functions, '$disconnect');
  assert.equal(requestContext.disconnectStatusCode, 1001);
  assert.equal(requestContext.disconnectReason, 'Going away');
  assert.equal(gateway.connectionCount(), 0);
});

test('frames in either direction, and pings, keep a connection from being idle', async (t) => {
  const idleMs = 500;
  const { gateway, functions } = await socketGateway(t, handlers, { twoWay, limits: { idleMs } });
  const client = managementClient(t, gateway);
  const { socket, nextFrame, closed } = await openSocket(gateway.url);
  const ConnectionId = (await nextEvent(functions, '$connect')).requestContext.connectionId;
  const activities = [
    async () => {
      socket.ping();
      await once(socket, 'pong');
    },
    async () => {
      socket.send('x');
      await nextFrame();
    },
    async () => {
      await client.send(new PostToConnectionCommand({ ConnectionId, Data: 'x' }));
      await nextFrame();
    },
  ];
  for (const act of activities) {
    const until = performance.now() + 1.5 * idleMs;
    while (performance.now() < until) await act();
  }
  assert.equal(gateway.connectionCount(), 1);
  assert.equal((await closed).code, 1001);
});

test('a connection that has lived long enough closes with 1001, busy or not', async (t) => {
  const { gateway } = await socketGateway(t, handlers, { limits: { lifetimeMs: 50 } });
  const { socket, closed } = await openSocket(gateway.url);
  const pinging = setImmediate(function ping() {
    if (socket.readyState === socket.OPEN) socket.ping(undefined, undefined, () => setImmediate(ping));
  });
  assert.equal((await closed).code, 1001);
  clearImmediate(pinging);
});

test('a client that does not answer the close frame is cut off', async (t) => {
  const limits = { idleMs: 20, closeMs: 20 };
  const { gateway, functions } = await socketGateway(t, handlers, { limits });
  const { socket } = await openSocket(gateway.url);
  socket.pause();
  assert.equal((await nextEvent(functions, '$disconnect')).requestContext.disconnectStatusCode, 1001);
  assert.equal(gateway.connectionCount(), 0);
  socket.resume();
});

test('a client that does not read is dropped instead of filling the memory', async (t) => {
  const { gateway, functions, lines } = await socketGateway(t, handlers, {
    limits: { bufferedBytes: 256 * kilobyte },
  });
  const client = managementClient(t, gateway);
  const { socket } = await openSocket(gateway.url);
  const ConnectionId = (await nextEvent(functions, '$connect')).requestContext.connectionId;
  socket.pause();
  const post = () =>
    client.send(new PostToConnectionCommand({ ConnectionId, Data: 'x'.repeat(128 * kilobyte) }));
  let posts = 0;
  const flood = async () => {
    for (; posts < 500; posts += 1) await post();
  };
  await assert.rejects(flood(), { name: 'LimitExceededException' });
  assert.ok(posts > 1);
  assert.equal((await nextEvent(functions, '$disconnect')).requestContext.disconnectStatusCode, 1006);
  await assert.rejects(post(), { name: 'GoneException' });
  assert.deepEqual(lines, [`websocket ${ConnectionId}: reads too slowly, dropped`]);
  socket.resume();
});
