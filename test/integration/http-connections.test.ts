import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import tls from 'node:tls';
import type { Clock } from '../../functions/platform/clock.ts';
import { httpConnectionsTo, type HttpServer } from '../../functions/platform/http-connections.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const REQUEST = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n';

const servers: Server[] = [];
const sockets = new Set<Socket>();

/** Starts a server with a handler per request from the test; connections are numbered from 1. */
const serve = async (
  onRequest: (socket: Socket, connection: number) => void,
  server: Server = createServer(),
): Promise<{ readonly port: number; readonly accepted: Socket[] }> => {
  const accepted: Socket[] = [];
  server.on(server instanceof tls.Server ? 'secureConnection' : 'connection', (socket: Socket) => {
    const connection = accepted.push(socket);
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => onRequest(socket, connection));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, accepted };
};

const connectionsTo = (port: number, options: Partial<HttpServer> = {}, clock?: Clock) =>
  httpConnectionsTo(
    {
      protocol: 'http:',
      hostname: '127.0.0.1',
      port,
      maxConnections: 10,
      connectTimeoutMs: 1000,
      answerTimeoutMs: 1000,
      keptIdleMs: 1000,
      ...options,
    },
    clock,
  );

const textOf = async (answer: ReturnType<ReturnType<typeof connectionsTo>>): Promise<string> =>
  (await answer).text();

after(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

describe('connections to a server', () => {
  it('are kept, and used again by the next request', async () => {
    const { port, accepted } = await serve((socket) => socket.write(OK));
    const ask = connectionsTo(port);
    for (let n = 0; n < 3; n += 1) assert.equal(await textOf(ask(REQUEST)), 'ok');
    assert.equal(accepted.length, 1);
  });

  it('are replaced when they were idle for longer than the server may keep them', async () => {
    const { port, accepted } = await serve((socket) => socket.write(OK));
    let now = 0;
    const ask = connectionsTo(port, { keptIdleMs: 20_000 }, () => new Date(now));
    for (const [idleMs, connections] of [
      [0, 1],
      [20_000, 1],
      [20_001, 2],
      [1, 2],
    ] as const) {
      now += idleMs;
      assert.equal(await textOf(ask(REQUEST)), 'ok');
      assert.equal(accepted.length, connections);
    }
  });

  it('are one for each request under way, up to their maximum, beyond which requests wait', async () => {
    const held: Socket[] = [];
    const { promise: twoAreHeld, resolve } = Promise.withResolvers<void>();
    const { port, accepted } = await serve((socket) => {
      if (held.length === 2) return socket.write(OK);
      if (held.push(socket) === 2) resolve();
      return undefined;
    });
    const ask = connectionsTo(port, { maxConnections: 2 });
    const answers = Array.from({ length: 5 }, () => textOf(ask(REQUEST)));
    await twoAreHeld;
    for (const socket of held) socket.write(OK);
    assert.deepEqual(await Promise.all(answers), Array(5).fill('ok'));
    assert.equal(accepted.length, 2);
  });

  it('answer with the head as soon as it is there, and with the body when it is whole', async () => {
    const rest = Promise.withResolvers<void>();
    const { port, accepted } = await serve((socket) => {
      socket.write('HTTP/1.1 410 Gone\r\ncontent-length: 4\r\n\r\ngo');
      void rest.promise.then(() => socket.write('ne'));
    });
    const ask = connectionsTo(port);
    const answer = await ask(REQUEST);
    assert.equal(answer.status, 410);
    const text = answer.text();
    rest.resolve();
    assert.equal(await text, 'gone');
    assert.equal(await textOf(ask(REQUEST)), 'gone');
    assert.equal(accepted.length, 1);
  });

  it('are not used again where the server says so, or answers what is no HTTP', async () => {
    const texts = [
      'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok',
      'nonsense\r\n\r\n',
      OK,
    ];
    const { port, accepted } = await serve((socket, connection) => socket.write(texts[connection - 1] ?? ''));
    const ask = connectionsTo(port);
    assert.equal(await textOf(ask(REQUEST)), 'ok');
    await assert.rejects(ask(REQUEST), /no HTTP response/);
    assert.equal(await textOf(ask(REQUEST)), 'ok');
    assert.equal(accepted.length, 3);
  });

  it('that the server ended while they were idle are left alone', async () => {
    const { port, accepted } = await serve((socket) => socket.write(OK));
    const ask = connectionsTo(port);
    assert.equal(await textOf(ask(REQUEST)), 'ok');
    const [first] = accepted;
    first?.end();
    // This side answers with its own end.
    await once(first as Socket, 'close');
    assert.equal(await textOf(ask(REQUEST)), 'ok');
    assert.equal(accepted.length, 2);
  });

  it('that break off fail the request, its body, and no request that waits', async () => {
    const { port } = await serve((socket, connection) => {
      if (connection === 1) socket.destroy();
      else if (connection === 2)
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok', () => socket.destroy());
      else socket.write(OK);
    });
    const ask = connectionsTo(port, { maxConnections: 1 });
    const [none, half, whole] = await Promise.allSettled([
      textOf(ask(REQUEST)),
      textOf(ask(REQUEST)),
      textOf(ask(REQUEST)),
    ]);
    assert.deepEqual([none.status, half.status], ['rejected', 'rejected']);
    assert.deepEqual(whole, { status: 'fulfilled', value: 'ok' });
  });

  it('fail where nobody listens, and where no answer comes in time', async () => {
    const { port } = await serve(() => undefined);
    await assert.rejects(connectionsTo(port, { answerTimeoutMs: 20 })(REQUEST), /in time/);
    const { port: unused } = await serve(() => undefined);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await assert.rejects(connectionsTo(unused)(REQUEST), { code: 'ECONNREFUSED' });
  });

  it('are encrypted where the address says so, verify the server, and resume its session', async () => {
    const folder = join(import.meta.dirname, '../support/push-authority');
    const read = (name: string) => readFileSync(join(folder, name));
    const server = tls.createServer({ key: read('service-key.pem'), cert: read('service.pem') });
    const { port, accepted } = await serve((socket) => socket.write(OK), server);
    const secure = { protocol: 'https:', hostname: 'localhost' } as const;
    await assert.rejects(connectionsTo(port, secure)(REQUEST), { code: /CERT|VERIFY|SIGNATURE/ });

    const trusted = tls.getCACertificates('default');
    tls.setDefaultCACertificates([...trusted, read('authority.pem').toString()]);
    after(() => tls.setDefaultCACertificates(trusted));
    const ask = connectionsTo(port, secure);
    assert.equal(await textOf(ask(REQUEST)), 'ok');
    assert.equal(await textOf(ask(REQUEST)), 'ok');
    // Two at once: one of them is new.
    await Promise.all([textOf(ask(REQUEST)), textOf(ask(REQUEST))]);
    assert.equal((accepted.at(-1) as tls.TLSSocket).isSessionReused(), true);
  });
});
