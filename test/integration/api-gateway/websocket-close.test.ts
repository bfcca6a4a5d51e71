import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { WebSocket } from 'ws';
import { functionError, gate } from './fake-functions.ts';
import { openSocket, refusedSocket } from './socket-client.ts';
import { managementClient, nextEvent, ok, socketGateway } from './socket-gateway.ts';

const handlers = { $connect: ok, $disconnect: ok };

test("$disconnect tells the client's code and reason", async (t) => {
  const { gateway, functions } = await socketGateway(t, handlers);
  const cases: [(socket: WebSocket) => void, number, string][] = [
    [(socket) => socket.close(), 1005, 'Client-side close frame status not set'],
    [(socket) => socket.close(1000), 1000, 'Connection Closed Normally'],
    [(socket) => socket.close(1001), 1001, 'Going away'],
    [(socket) => socket.close(4001, 'my reason'), 4001, 'my reason'],
    [(socket) => socket.terminate(), 1006, 'Connection closed abnormally'],
  ];
  for (const [leave, code, reason] of cases) {
    const { socket } = await openSocket(gateway.url);
    const { connectionId } = (await nextEvent(functions, '$connect')).requestContext;
    leave(socket);
    const { requestContext } = await nextEvent(functions, '$disconnect');
    assert.equal(requestContext.connectionId, connectionId);
    assert.equal(requestContext.disconnectStatusCode, code);
    assert.equal(requestContext.disconnectReason, reason);
  }
  assert.equal(functions.pending('$disconnect'), 0);
  assert.equal(gateway.connectionCount(), 0);
});

test('a $disconnect that fails harms nobody', async (t) => {
  const { gateway, lines } = await socketGateway(t, {
    $connect: ok,
    $disconnect: () => Promise.reject(functionError('TypeError')),
  });
  const { socket } = await openSocket(gateway.url);
  socket.close();
  await once(socket, 'close');
  await openSocket(gateway.url);
  await gateway.stop();
  assert.deepEqual(lines, Array(2).fill('$disconnect: $disconnect failed: TypeError: failed'));
});

test('every connection is disconnected once', async (t) => {
  const { gateway, functions } = await socketGateway(t, handlers);
  const clients = await Promise.all(Array.from({ length: 50 }, () => openSocket(gateway.url)));
  const connected = new Set<string>();
  for (let count = 0; count < 50; count += 1) {
    connected.add((await nextEvent(functions, '$connect')).requestContext.connectionId);
  }
  assert.equal(connected.size, 50);
  assert.equal(gateway.connectionCount(), 50);
  for (const [index, { socket }] of clients.entries()) {
    if (index % 2 === 0) socket.close();
    else socket.terminate();
  }
  const gone = new Set<string>();
  for (let count = 0; count < 50; count += 1) {
    gone.add((await nextEvent(functions, '$disconnect')).requestContext.connectionId);
  }
  assert.deepEqual(gone, connected);
  await gateway.stop();
  assert.equal(functions.pending('$disconnect'), 0);
});

test('stop closes with 1001 and waits for what runs, which may still post', async (t) => {
  const release = gate();
  let posted: unknown;
  let disconnected = 0;
  const { gateway, functions } = await socketGateway(t, {
    $connect: ok,
    $default: async (event: { requestContext: { connectionId: string } }) => {
      await release.opened;
      const { connectionId } = event.requestContext;
      const post = new PostToConnectionCommand({ ConnectionId: connectionId, Data: 'x' });
      posted = await client.send(post).catch((error: Error) => error.name);
      return { statusCode: 200 };
    },
    $disconnect: async () => {
      await release.opened;
      disconnected += 1;
      return { statusCode: 200 };
    },
  });
  const client = managementClient(t, gateway);
  const clients = [await openSocket(gateway.url), await openSocket(gateway.url)];
  clients[0]?.socket.send('work');
  await nextEvent(functions, '$default');
  const stopped = gateway.stop();
  for (const { closed } of clients) assert.deepEqual(await closed, { code: 1001, reason: 'Going away' });
  assert.equal((await nextEvent(functions, '$disconnect')).requestContext.disconnectStatusCode, 1001);
  assert.equal((await refusedSocket(gateway.url)).status, 503);
  release.open();
  await stopped;
  assert.equal(posted, 'GoneException');
  assert.equal(disconnected, 2);
  const late = new WebSocket(gateway.url);
  const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED');
});

test('stop does not wait for ever, neither for functions nor for handshakes nor for clients', async (t) => {
  const { gateway, functions, lines } = await socketGateway(
    t,
    {
      $connect: (event: { headers: Record<string, string> }) =>
        event.headers['X-Hang'] === undefined ? { statusCode: 200 } : new Promise(() => {}),
      $default: () => new Promise(() => {}),
      $disconnect: () => new Promise(() => {}),
    },
    { limits: { stopMs: 50, closeMs: 10_000 } },
  );
  const { socket } = await openSocket(gateway.url);
  socket.send('work');
  await nextEvent(functions, '$default');
  socket.pause();
  const hanging = new WebSocket(gateway.url, { headers: { 'X-Hang': 'yes' } });
  hanging.on('error', () => {});
  const cutOff = new Promise((resolve) => hanging.once('close', resolve));
  await nextEvent(functions, '$connect');
  await nextEvent(functions, '$connect');
  await Promise.all([gateway.stop(), gateway.stop(), cutOff]);
  assert.match(lines.join(), /stopped with \d+ things under way/);
  socket.resume();
});
