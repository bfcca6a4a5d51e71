import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionError, gate } from './fake-functions.ts';
import { openSocket } from './socket-client.ts';
import { nextEvent, ok, socketGateway } from './socket-gateway.ts';
import type { SocketEvent } from './socket-gateway.ts';

const complaint = (message: string, connectionId: string): RegExp => {
  const id = String.raw`[A-Za-z0-9_-]{15}=`;
  return new RegExp(`^{"message": "${message}", "connectionId":"${connectionId}", "requestId":"${id}"}$`);
};

test('a message reaches the route that it names, others $default', async (t) => {
  const echo = (event: SocketEvent) => ({ statusCode: 200, body: event.requestContext.routeKey });
  const { gateway } = await socketGateway(
    t,
    { message: echo, ping: echo, $default: echo },
    { twoWay: ['message', 'ping', '$default'] },
  );
  const { socket, nextFrame } = await openSocket(gateway.url);
  for (const [body, routeKey] of [
    ['{"type":"message"}', 'message'],
    ['{"type":"ping"}', 'ping'],
    ['{"type":"else"}', '$default'],
    ['no json', '$default'],
    ['', '$default'],
  ] as const) {
    socket.send(body);
    assert.equal(await nextFrame(), routeKey, body);
  }
});

test('without $default the answer is Forbidden', async (t) => {
  const { gateway, functions } = await socketGateway(t, { $connect: ok, message: ok });
  const { socket, nextFrame } = await openSocket(gateway.url);
  const { connectionId } = (await nextEvent(functions, '$connect')).requestContext;
  socket.send('{"type":"else"}');
  assert.match(await nextFrame(), complaint('Forbidden', connectionId));
});

test('a route response sends the body and nothing without one', async (t) => {
  const results: unknown[] = [
    { statusCode: 200 },
    { statusCode: 200, body: null },
    {},
    { statusCode: 500, body: 'errors too' },
    { statusCode: 200, body: '' },
    { body: Buffer.from('grüße').toString('base64'), isBase64Encoded: true },
    { statusCode: 200, headers: { a: 'b' }, multiValueHeaders: {}, body: 'last', isBase64Encoded: false },
  ];
  const { gateway } = await socketGateway(t, { $default: () => results.shift() }, { twoWay: ['$default'] });
  const { socket, nextFrame } = await openSocket(gateway.url);
  for (let left = results.length; left > 0; left -= 1) socket.send('x');
  assert.deepEqual(
    [await nextFrame(), await nextFrame(), await nextFrame(), await nextFrame()],
    ['errors too', '', 'grüße', 'last'],
  );
});

test('a one-way route sends nothing back', async (t) => {
  const { gateway } = await socketGateway(
    t,
    { oneway: () => ({ statusCode: 200, body: 'no' }), twoway: () => ({ body: 'yes' }) },
    { twoWay: ['twoway'] },
  );
  const { socket, nextFrame } = await openSocket(gateway.url);
  socket.send('{"type":"oneway"}');
  socket.send('{"type":"twoway"}');
  assert.equal(await nextFrame(), 'yes');
});

test('failures and malformed results are an error frame, on one-way routes too', async (t) => {
  const cases: [() => unknown, string][] = [
    [() => Promise.reject(functionError('TypeError', 'secret')), 'Internal server error'],
    [() => Promise.reject(functionError('Sandbox.Timedout')), 'Internal server error'],
    [() => Promise.reject(functionError('TooManyRequestsException')), 'Internal server error'],
    [() => undefined, 'Internal server error'],
    [() => 'text', 'Internal server error'],
    [() => ({ statusCode: '200' }), 'Internal server error'],
    [() => ({ statusCode: 200, body: { an: 'object' } }), 'Internal server error'],
    // middyjs/middy#1219
    [() => ({ statusCode: 200, ConnectionId: 'x' }), 'Internal server error'],
    [() => new Promise(() => {}), 'Endpoint request timed out'],
  ];
  for (const [handler, message] of cases) {
    const { gateway, functions, lines } = await socketGateway(
      t,
      { $connect: ok, $default: handler },
      { timeoutMs: 50 },
    );
    const { socket, nextFrame } = await openSocket(gateway.url);
    const { connectionId } = (await nextEvent(functions, '$connect')).requestContext;
    socket.send('x');
    const frame = await nextFrame();
    assert.match(frame, complaint(message, connectionId));
    const { requestId } = (await nextEvent(functions, '$default')).requestContext;
    assert.equal(Reflect.get(Object(JSON.parse(frame)), 'requestId'), requestId);
    assert.equal(lines.length, 1);
  }
});

test('the frames of one connection are handled at the same time', async (t) => {
  const gates = [gate<string>(), gate<string>(), gate<string>()];
  const { gateway, functions } = await socketGateway(
    t,
    {
      $default: async (event: SocketEvent) => ({ body: await gates[Number(event.body)]?.opened }),
    },
    { twoWay: ['$default'] },
  );
  const { socket, nextFrame } = await openSocket(gateway.url);
  for (const index of gates.keys()) socket.send(String(index));
  // All three are there before one of them has ended, in the order of the frames.
  for (const index of gates.keys())
    assert.equal((await nextEvent(functions, '$default')).body, String(index));
  for (const index of [2, 0, 1]) {
    gates[index]?.open(`answer ${index}`);
    assert.equal(await nextFrame(), `answer ${index}`);
  }
});

test('an answer to a client that has gone is dropped quietly', async (t) => {
  const release = gate();
  const { gateway, functions, lines } = await socketGateway(
    t,
    {
      $default: async () => {
        await release.opened;
        return { body: 'late' };
      },
      $disconnect: ok,
    },
    { twoWay: ['$default'] },
  );
  const { socket } = await openSocket(gateway.url);
  socket.send('x');
  await nextEvent(functions, '$default');
  socket.terminate();
  await nextEvent(functions, '$disconnect');
  release.open();
  await gateway.stop();
  assert.deepEqual(lines, []);
});
