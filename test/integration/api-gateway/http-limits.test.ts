import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { startHttpApi } from '../../../lib/local/api-gateway/http-api.ts';
import { gate } from './fake-functions.ts';
import { send } from './http-client.ts';
import { httpGateway } from './http-gateway.ts';

const json = { 'content-type': 'application/json' };

test('no route is a 404, a malformed path a 400', async (t) => {
  const { gateway } = await httpGateway(t, { 'GET /here': () => ({}) });
  const answers: [string, string, number, string][] = [
    ['GET', '/there', 404, '{"message":"Not Found"}'],
    ['GET', '/here/', 404, '{"message":"Not Found"}'],
    ['POST', '/here', 404, '{"message":"Not Found"}'],
    ['HEAD', '/here', 404, ''],
    ['GET', '/%zz', 400, '{"message":"Bad Request"}'],
  ];
  for (const [method, path, status, body] of answers) {
    const answer = await send(`${gateway.url}${path}`, { method });
    assert.equal(answer.status, status, `${method} ${path}`);
    assert.equal(answer.body, body);
  }
});

test('a named stage is the first segment of the path', async (t) => {
  const { gateway } = await httpGateway(t, { 'GET /here': () => ({}) }, { stage: 'dev' });
  assert.equal((await send(`${gateway.url}/dev/here`)).status, 200);
  assert.equal((await send(`${gateway.url}/here`)).status, 404);
  assert.equal((await send(`${gateway.url}/development/here`)).status, 404);
});

test('a body over 10 MB, and an event over 6 MB, are a 413', async (t) => {
  const { gateway, functions } = await httpGateway(t, { 'POST /': () => ({}) });
  const megabyte = 1024 * 1024;
  const sizes: [number, number][] = [
    [5 * megabyte, 200],
    [7 * megabyte, 413],
    [10 * megabyte + 1, 413],
  ];
  for (const [size, status] of sizes) {
    const body = Buffer.alloc(size, 'x');
    const answer = await send(gateway.url, { method: 'POST', headers: json, body });
    assert.equal(answer.status, status, String(size));
    if (status === 413) assert.equal(answer.body, '{"message":"Request Entity Too Large"}');
  }
  const chunked = { ...json, 'transfer-encoding': 'chunked' };
  const unannounced = await send(gateway.url, {
    method: 'POST',
    headers: chunked,
    body: Buffer.alloc(11 * megabyte),
  });
  assert.equal(unannounced.status, 413);
  assert.equal(functions.pending('POST /'), 1);
});

test('a head over 10,240 bytes is a 431', async (t) => {
  const { gateway } = await httpGateway(t, { 'GET /': () => ({}) });
  const fits = await send(gateway.url, { headers: { 'x-long': 'x'.repeat(10_000) } });
  assert.equal(fits.status, 200);
  for (const length of [10_240, 20_000]) {
    const answer = await send(gateway.url, { headers: { 'x-long': 'x'.repeat(length) } });
    assert.equal(answer.status, 431, String(length));
  }
});

test('the stage throttles', async (t) => {
  const throttling = { rateLimit: 0.001, burstLimit: 2 };
  const { gateway } = await httpGateway(t, { 'GET /': () => ({}) }, { throttling });
  const statuses = [];
  for (let count = 0; count < 3; count += 1) statuses.push((await send(gateway.url)).status);
  assert.deepEqual(statuses, [200, 200, 429]);
  assert.equal((await send(gateway.url)).body, '{"message":"Too Many Requests"}');
});

test('connections are kept alive, also after a refused body', async (t) => {
  const { gateway } = await httpGateway(t, { 'POST /': () => ({}) });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const ports = new Set<number | undefined>();
  for (const body of [Buffer.alloc(11 * 1024 * 1024), 'x', 'y']) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const outgoing = request(gateway.url, { method: 'POST', agent }, (response) => {
      ports.add(response.socket.localPort);
      text(response).then(() => resolve(), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
    await promise;
  }
  assert.equal(ports.size, 1);
});

test('a port that is taken', async (t) => {
  const { gateway } = await httpGateway(t, { 'GET /': () => ({}) });
  const again = startHttpApi({
    api: { apiId: 'a', stage: '$default', accountId: '1', region: 'r', routes: [] },
    host: '127.0.0.1',
    port: gateway.port,
    invoke: () => Promise.resolve(),
    log: () => {},
  });
  await assert.rejects(again, { code: 'EADDRINUSE' });
});

test('a client that leaves in the middle of its body invokes nothing', async (t) => {
  const { gateway, functions } = await httpGateway(t, { 'POST /': () => ({}), 'GET /': () => ({}) });
  const socket = connect(gateway.port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
  socket.resume();
  socket.end();
  await new Promise((resolve) => socket.once('close', resolve));
  await send(gateway.url);
  assert.equal(functions.pending('POST /'), 0);
});

test('stop lets a request finish, accepts no other, and resolves', async (t) => {
  const release = gate();
  const { gateway, functions } = await httpGateway(t, {
    'GET /slow': async () => {
      await release.opened;
      return { statusCode: 200, body: 'done' };
    },
  });
  const answer = send(`${gateway.url}/slow`);
  await functions.next('GET /slow');
  const stopped = gateway.stop();
  await assert.rejects(send(gateway.url), { code: 'ECONNREFUSED' });
  release.open();
  assert.equal((await answer).body, 'done');
  assert.equal((await answer).headers.connection, 'close');
  await stopped;
});

test('stop does not wait for ever', async (t) => {
  const { gateway, functions } = await httpGateway(t, { 'GET /': () => new Promise(() => {}) });
  const answer = send(gateway.url);
  await functions.next('GET /');
  await Promise.all([gateway.stop(10), assert.rejects(answer)]);
});
