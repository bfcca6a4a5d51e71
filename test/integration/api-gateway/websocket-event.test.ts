import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shapeOf } from './fake-functions.ts';
import { openSocket } from './socket-client.ts';
import { nextEvent, ok, socketGateway } from './socket-gateway.ts';

/* Checks the events field by field. AWS documents only the authorizer's event; the others are compared with events
   that AWS's own Powertools recorded on AWS (aws-powertools/powertools-lambda-python, tests/events,
   apiGatewayWebSocketApi{Connect,Message,Disconnect}.json). */

const context = {
  extendedRequestId: 'BFHPhFe3IAMF95g=',
  requestTime: '11/Nov/2024:11:35:24 +0000',
  messageDirection: 'IN',
  stage: 'prod',
  connectedAt: 1731324924553,
  requestTimeEpoch: 1731324924561,
  identity: { sourceIp: '166.90.225.1' },
  requestId: 'BFHPhFe3IAMF95g=',
  domainName: 'asasasas.execute-api.us-east-1.amazonaws.com',
  connectionId: 'BFHPhfCWIAMCKlQ=',
  apiId: 'asasasas',
};

const handshakeHeaders = {
  Host: 'fjnq7njcv2.execute-api.us-east-1.amazonaws.com',
  'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
  'Sec-WebSocket-Key': '+W5xw47OHh3OTFsWKjGu9Q==',
  'Sec-WebSocket-Version': '13',
  'X-Amzn-Trace-Id': 'Root=1-6731ebfc-08e1e656421db73c5d2eef31',
  'X-Forwarded-For': '166.90.225.1',
  'X-Forwarded-Port': '443',
  'X-Forwarded-Proto': 'https',
};

const asLists = (headers: Record<string, string>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));

test('CONNECT', async (t) => {
  const recorded = {
    headers: handshakeHeaders,
    multiValueHeaders: asLists(handshakeHeaders),
    requestContext: { routeKey: '$connect', eventType: 'CONNECT', ...context },
    isBase64Encoded: false,
  };
  const { gateway, functions } = await socketGateway(t, { $connect: ok });
  await openSocket(gateway.url);
  const event = await nextEvent(functions, '$connect');

  assert.deepEqual(shapeOf(event), shapeOf(recorded));
  const { requestContext } = event as unknown as typeof recorded;
  assert.equal(requestContext.requestId, requestContext.extendedRequestId);
  assert.match(requestContext.connectionId, /^[A-Za-z0-9_-]{15}=$/);
  assert.match(requestContext.requestTime, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
  assert.ok(requestContext.requestTimeEpoch >= requestContext.connectedAt);
  const expected = {
    ...requestContext,
    routeKey: '$connect',
    eventType: 'CONNECT',
    messageDirection: 'IN',
    stage: 'local',
    apiId: 'abcdef1234',
    domainName: `127.0.0.1:${gateway.port}`,
    identity: { sourceIp: '127.0.0.1' },
  };
  assert.deepEqual(requestContext, expected);
});

test('CONNECT with a query, repeated headers and a user agent', async (t) => {
  const { gateway, functions } = await socketGateway(t, { $connect: ok });
  const headers = { HeaderAuth1: ['one', 'two'], 'User-Agent': 'test/1.0' };
  await openSocket(`${gateway.url}?a=1&b=x%20y&a=2`, {
    headers: headers as unknown as Record<string, string>,
  });
  const event = await nextEvent(functions, '$connect');

  assert.deepEqual(event.queryStringParameters, { a: '2', b: 'x y' });
  assert.deepEqual(event.multiValueQueryStringParameters, { a: ['1', '2'], b: ['x y'] });
  assert.equal(event.headers['HeaderAuth1'], 'two');
  assert.deepEqual(event.multiValueHeaders['HeaderAuth1'], ['one', 'two']);
  assert.deepEqual(Reflect.get(event.requestContext, 'identity'), {
    userAgent: 'test/1.0',
    sourceIp: '127.0.0.1',
  });
});

test('MESSAGE', async (t) => {
  const recorded = {
    requestContext: { routeKey: 'chat', messageId: 'BFaVtfGSIAMCKug=', eventType: 'MESSAGE', ...context },
    body: '{"action": "chat", "message": "Hello from client"}',
    isBase64Encoded: false,
  };
  const { gateway, functions } = await socketGateway(t, { $connect: ok, chat: ok });
  const { socket } = await openSocket(gateway.url);
  const body = '{"type": "chat", "message": "grüße"}';
  socket.send(body);
  const event = await nextEvent(functions, 'chat');

  assert.deepEqual(shapeOf(event), shapeOf(recorded));
  assert.equal(event.body, body);
  assert.equal(event.requestContext.routeKey, 'chat');
  const connected = await nextEvent(functions, '$connect');
  for (const key of ['connectionId', 'connectedAt', 'domainName', 'apiId', 'stage']) {
    assert.equal(Reflect.get(event.requestContext, key), Reflect.get(connected.requestContext, key), key);
  }
  assert.notEqual(event.requestContext.requestId, connected.requestContext.requestId);
});

test('DISCONNECT', async (t) => {
  const headers = {
    Host: 'asasasas.execute-api.us-east-1.amazonaws.com',
    'x-api-key': '',
    'X-Forwarded-For': '',
    'x-restapi': '',
  };
  const recorded = {
    headers,
    multiValueHeaders: asLists(headers),
    requestContext: {
      routeKey: '$disconnect',
      disconnectStatusCode: 1005,
      eventType: 'DISCONNECT',
      disconnectReason: 'Client-side close frame status not set',
      ...context,
    },
    isBase64Encoded: false,
  };
  const { gateway, functions } = await socketGateway(t, { $connect: ok, $disconnect: ok });
  const { socket } = await openSocket(gateway.url);
  socket.close();
  const event = await nextEvent(functions, '$disconnect');

  assert.deepEqual(shapeOf(event), shapeOf(recorded));
  assert.equal(event.requestContext.disconnectStatusCode, 1005);
  assert.equal(event.requestContext.disconnectReason, 'Client-side close frame status not set');
  assert.equal(event.headers['x-api-key'], '');
});

const allow = (event: { methodArn: string }) => ({
  principalId: '7',
  policyDocument: {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.methodArn }],
  },
  context: { stringKey: 'stringval', numberKey: 123, booleanKey: true },
});

test('the REQUEST authorizer', async (t) => {
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
  const headers = {
    Connection: 'upgrade',
    'content-length': '0',
    HeaderAuth1: 'headerValue1',
    Host: 'abcdef123.execute-api.us-east-1.amazonaws.com',
    'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
    'Sec-WebSocket-Key': '...',
    'Sec-WebSocket-Version': '13',
    Upgrade: 'websocket',
    'X-Amzn-Trace-Id': '...',
    'X-Forwarded-For': '...',
    'X-Forwarded-Port': '443',
    'X-Forwarded-Proto': 'https',
  };
  const documented = {
    type: 'REQUEST',
    methodArn: 'arn:aws:execute-api:us-east-1:123456789012:abcdef123/default/$connect',
    headers,
    multiValueHeaders: asLists(headers),
    queryStringParameters: { QueryString1: 'queryValue1' },
    multiValueQueryStringParameters: { QueryString1: ['queryValue1'] },
    stageVariables: {},
    requestContext: { routeKey: '$connect', eventType: 'CONNECT', ...context },
  };
  const { gateway, functions } = await socketGateway(
    t,
    { $connect: ok, authorize: allow },
    { authorizer: { functionName: 'authorize', identitySources: ['route.request.header.headerauth1'] } },
  );
  await openSocket(`${gateway.url}?QueryString1=queryValue1`, { headers: { HeaderAuth1: 'headerValue1' } });
  const event = await nextEvent(functions, 'authorize');

  assert.deepEqual(shapeOf(event), shapeOf(documented));
  assert.equal(event.methodArn, 'arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/local/$connect');
  assert.deepEqual(event.queryStringParameters, documented.queryStringParameters);
  assert.equal(event.headers['Connection'], 'upgrade');
});

test("the authorizer's context is in every later event, as text", async (t) => {
  const { gateway, functions } = await socketGateway(
    t,
    { $connect: ok, $disconnect: ok, $default: ok, authorize: allow },
    { authorizer: { functionName: 'authorize', identitySources: [] } },
  );
  const { socket } = await openSocket(gateway.url);
  socket.send('hello');
  const events = [await nextEvent(functions, '$connect'), await nextEvent(functions, '$default')];
  socket.close();
  events.push(await nextEvent(functions, '$disconnect'));
  for (const { requestContext } of events) {
    const { integrationLatency, ...rest } = requestContext.authorizer ?? {};
    assert.equal(typeof integrationLatency, 'number');
    assert.deepEqual(rest, {
      principalId: '7',
      stringKey: 'stringval',
      numberKey: '123',
      booleanKey: 'true',
    });
  }
  const asked = await nextEvent(functions, 'authorize');
  assert.equal(asked.requestContext.authorizer, undefined);
});
