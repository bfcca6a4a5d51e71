import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import {
  DeleteConnectionCommand,
  ForbiddenException,
  GetConnectionCommand,
  GoneException,
  LimitExceededException,
  PayloadTooLargeException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import type { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { newGatewayId } from '../../../lib/local/api-gateway/identifiers.ts';
import type { WebSocketApi } from '../../../lib/local/api-gateway/websocket-api.ts';
import { askInProcess, signedRequest } from '../../support/requests-in-process.ts';
import { send } from './http-client.ts';
import { openSocket } from './socket-client.ts';
import { accessKeyId, managementClient, nextEvent, ok, socketGateway } from './socket-gateway.ts';
import type { SocketGatewayOptions } from './socket-gateway.ts';

/** A gateway with one connection, and an SDK client. */
const connected = async (t: TestContext, options: SocketGatewayOptions = {}) => {
  const { gateway, functions, lines } = await socketGateway(t, { $connect: ok, $disconnect: ok }, options);
  const client = managementClient(t, gateway);
  const socketClient = await openSocket(gateway.url);
  const ConnectionId = (await nextEvent(functions, '$connect')).requestContext.connectionId;
  return { gateway, functions, lines, client, ConnectionId, ...socketClient };
};

const post = (client: ApiGatewayManagementApiClient, ConnectionId: string, Data: string | Buffer = 'x') =>
  client.send(new PostToConnectionCommand({ ConnectionId, Data }));

test('a post is one text frame, byte for byte', async (t) => {
  const { client, ConnectionId, nextFrame } = await connected(t);
  const answer = await post(client, ConnectionId, '{"text":"grüße 👋"}');
  assert.equal(answer.$metadata.httpStatusCode, 200);
  assert.match(String(answer.$metadata.requestId), /=$/);
  assert.equal(await nextFrame(), '{"text":"grüße 👋"}');
  await post(client, ConnectionId, Buffer.from('bytes'));
  assert.equal(await nextFrame(), 'bytes');
});

/** Waits until the gateway has answered another request: it has then read everything that was sent before. */
const answeredBy = async ({ url }: WebSocketApi): Promise<void> => {
  await send(url.replace('ws:', 'http:'));
};

/** The HTTP text of a post, as functions send it without the SDK. */
const textOf = ({ inProcess }: WebSocketApi, connectionId: string, body: string, key = accessKeyId): string =>
  signedRequest(inProcess, 'execute-api', key, {
    path: `/local/@connections/${encodeURIComponent(connectionId)}`,
    headers: { 'content-type': 'application/octet-stream' },
    body,
  });

test('posts of functions are answered without a socket, but for those that cannot be delivered', async (t) => {
  const { gateway, ConnectionId, nextFrame } = await connected(t);
  const text = (connectionId: string, body: string, key?: string): string =>
    textOf(gateway, connectionId, body, key);
  const delivered = await askInProcess(gateway.inProcess, [
    text(ConnectionId, 'grüße 👋'),
    text(newGatewayId(), 'x'),
    text(ConnectionId, 'x'.repeat(128 * 1024)),
  ]);
  assert.match(String(delivered[0]), /^HTTP\/1\.1 200 OK\r\nx-amzn-RequestId: \S+=\r\ncontent-length: 0\r\n/);
  assert.deepEqual(
    delivered.map((response) => response?.slice(0, 12)),
    ['HTTP/1.1 200', undefined, 'HTTP/1.1 200'],
  );
  assert.equal(await nextFrame(), 'grüße 👋');
  assert.equal((await nextFrame()).length, 128 * 1024);

  const whole = text(ConnectionId, 'x');
  const refused = [
    text(ConnectionId, 'x'.repeat(128 * 1024 + 1)),
    text(ConnectionId, 'x', 'AKIALOCALLOCALSOMEONE'),
    whole.replace('/local/', '/other/'),
    whole.replace('POST', 'PUT'),
    whole.replace('\r\n\r\n', '\r\nexpect: 100-continue\r\n\r\n'),
    whole.slice(0, -1),
    `${whole}x`,
    whole.slice(0, 40),
    '',
  ];
  assert.deepEqual(
    await askInProcess(gateway.inProcess, refused),
    refused.map(() => undefined),
  );
});

test('posts without a socket take from the same rate limit', async (t) => {
  const { gateway, client, ConnectionId } = await connected(t, {
    limits: { managementRateLimit: 0.001, managementBurstLimit: 2 },
  });
  const text = textOf(gateway, ConnectionId, 'x');
  await post(client, ConnectionId);
  const [first, second] = await askInProcess(gateway.inProcess, [text, text]);
  assert.match(String(first), /^HTTP\/1\.1 200 OK/);
  assert.equal(second, undefined);
});

test('a post without a socket is not answered for a client that does not read', async (t) => {
  const { gateway, ConnectionId, socket } = await connected(t, { limits: { bufferedBytes: 256 * 1024 } });
  socket.pause();
  const text = textOf(gateway, ConnectionId, 'x'.repeat(128 * 1024));
  let posts = 0;
  let response: string | undefined;
  do {
    [response] = await askInProcess(gateway.inProcess, [text]);
    posts += 1;
  } while (response !== undefined && posts < 500);
  assert.ok(posts > 1 && response === undefined, `${posts} posts`);
  assert.equal(gateway.connectionCount(), 1, 'the HTTP server drops it');
  socket.resume();
});

test('no post is answered without a socket while faults are simulated', async (t) => {
  const { gateway, ConnectionId } = await connected(t, { faults: {} });
  const text = textOf(gateway, ConnectionId, 'x');
  assert.deepEqual(await askInProcess(gateway.inProcess, [text]), [undefined]);
});

test('a post that comes in pieces is one frame', async (t) => {
  const { gateway, ConnectionId, nextFrame } = await connected(t);
  const text = textOf(gateway, ConnectionId, 'in pieces');
  for (const cut of [1, text.indexOf('\r\n\r\n') + 2, text.length - 1]) {
    const socket = connect({ port: gateway.port, host: '127.0.0.1', noDelay: true });
    const answered = once(socket, 'data');
    socket.write(text.slice(0, cut));
    await answeredBy(gateway);
    socket.write(text.slice(cut));
    assert.match(String((await answered)[0]), /^HTTP\/1\.1 200 OK\r\nx-amzn-RequestId: /);
    assert.equal(await nextFrame(), 'in pieces');
    socket.destroy();
  }
});

test('128 KB may be posted, one byte more is a PayloadTooLargeException', async (t) => {
  const { client, ConnectionId, nextFrame } = await connected(t);
  const large = 'x'.repeat(128 * 1024);
  await post(client, ConnectionId, large);
  assert.equal(await nextFrame(), large);
  const tooLarge = post(client, ConnectionId, `${large}x`);
  await assert.rejects(tooLarge, (error) => {
    assert.ok(error instanceof PayloadTooLargeException);
    assert.equal(error.$metadata.httpStatusCode, 413);
    assert.equal(error.message, 'Message too long');
    return true;
  });
});

test('an unknown connection is Gone, a malformed id a bad request', async (t) => {
  const { client } = await connected(t);
  const ConnectionId = newGatewayId();
  const commands = [
    () => post(client, ConnectionId),
    () => client.send(new GetConnectionCommand({ ConnectionId })),
    () => client.send(new DeleteConnectionCommand({ ConnectionId })),
  ];
  for (const command of commands) {
    await assert.rejects(command(), (error) => {
      assert.ok(error instanceof GoneException);
      assert.equal(error.$metadata.httpStatusCode, 410);
      return true;
    });
  }
  await assert.rejects(post(client, 'cjy8i76bx002884le6n17d49b'), {
    name: 'BadRequestException',
    message: 'Invalid connectionId: cjy8i76bx002884le6n17d49b',
  });
});

test('a post right after the client has closed is Gone', async (t) => {
  const { client, ConnectionId, socket, functions } = await connected(t);
  socket.close();
  await once(socket, 'close');
  await assert.rejects(post(client, ConnectionId), GoneException);
  await nextEvent(functions, '$disconnect');
  await assert.rejects(post(client, ConnectionId), GoneException);
});

test('DELETE closes with 1000, and the connection is gone at once', async (t) => {
  const { client, ConnectionId, closed, functions } = await connected(t);
  const answer = await client.send(new DeleteConnectionCommand({ ConnectionId }));
  assert.equal(answer.$metadata.httpStatusCode, 204);
  await assert.rejects(post(client, ConnectionId), GoneException);
  await assert.rejects(client.send(new DeleteConnectionCommand({ ConnectionId })), GoneException);
  assert.equal((await closed).code, 1000);
  const { requestContext } = await nextEvent(functions, '$disconnect');
  assert.equal(requestContext.disconnectStatusCode, 1000);
  assert.equal(requestContext.disconnectReason, 'Connection Closed Normally');
});

test('GET answers in the casing of AWS', async (t) => {
  const { gateway, ConnectionId } = await connected(t);
  const url = `${gateway.url.replace('ws:', 'http:')}/%40connections/${encodeURIComponent(ConnectionId)}`;
  const headers = {
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/eu/execute-api/aws4_request`,
  };
  const answer = await send(url, { headers });
  assert.equal(answer.status, 200);
  const info: unknown = JSON.parse(answer.body);
  assert.deepEqual(Object.keys(Object(info)), ['connectedAt', 'identity', 'lastActiveAt']);
  const { identity } = info as { identity: unknown };
  assert.deepEqual(identity, { sourceIp: '127.0.0.1', userAgent: null });
});

test('too many calls are a LimitExceededException', async (t) => {
  const { client, ConnectionId } = await connected(t, {
    limits: { managementRateLimit: 0.001, managementBurstLimit: 2 },
  });
  await post(client, ConnectionId);
  await post(client, ConnectionId);
  await assert.rejects(post(client, ConnectionId), (error) => {
    assert.ok(error instanceof LimitExceededException);
    assert.equal(error.$metadata.httpStatusCode, 429);
    return true;
  });
});

test('another stage is Forbidden, other credentials are not known', async (t) => {
  const { gateway, ConnectionId } = await connected(t);
  const withoutStage = managementClient(t, gateway, { endpoint: `http://127.0.0.1:${gateway.port}` });
  await assert.rejects(post(withoutStage, ConnectionId), ForbiddenException);
  const stranger = managementClient(t, gateway, { accessKeyId: 'AKIASTRANGER' });
  await assert.rejects(post(stranger, ConnectionId), { name: 'UnrecognizedClientException' });
});

test('a call without a signature', async (t) => {
  const { gateway, ConnectionId } = await connected(t);
  const url = `${gateway.url.replace('ws:', 'http:')}/@connections/${encodeURIComponent(ConnectionId)}`;
  const answer = await send(url, { method: 'POST', body: 'x' });
  assert.equal(answer.status, 403);
  assert.equal(answer.headers['x-amzn-errortype'], 'MissingAuthenticationTokenException');
  assert.equal(answer.body, '{"message":"Missing Authentication Token"}');
});

test('faults: a post may be lost, doubled, or never settle', async (t) => {
  const fates: ('deliver' | 'drop' | 'duplicate')[] = ['drop', 'duplicate', 'deliver'];
  const { client, ConnectionId, nextFrame } = await connected(t, {
    faults: {
      beforePost: () => {
        const fate = fates.shift();
        return fate === undefined ? new Promise(() => {}) : Promise.resolve(fate);
      },
    },
  });
  for (const text of ['lost', 'twice', 'once']) await post(client, ConnectionId, text);
  assert.deepEqual([await nextFrame(), await nextFrame(), await nextFrame()], ['twice', 'twice', 'once']);
  const command = new PostToConnectionCommand({ ConnectionId, Data: 'never' });
  await assert.rejects(client.send(command, { abortSignal: AbortSignal.timeout(20) }), {
    name: 'AbortError',
  });
});

test('posts to many connections arrive, each at its own', async (t) => {
  const { gateway, functions } = await socketGateway(t, { $connect: ok });
  const client = managementClient(t, gateway);
  const people = [];
  for (let count = 0; count < 20; count += 1) {
    const socketClient = await openSocket(gateway.url);
    people.push({
      ...socketClient,
      id: (await nextEvent(functions, '$connect')).requestContext.connectionId,
    });
  }
  await Promise.all(people.map(({ id }) => post(client, id, id)));
  for (const { id, nextFrame } of people) assert.equal(await nextFrame(), id);
});
