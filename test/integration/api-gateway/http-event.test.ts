import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shapeOf } from './fake-functions.ts';
import { send } from './http-client.ts';
import { httpGateway } from './http-gateway.ts';

const json = { 'content-type': 'application/json' };

test('a GET without anything optional is the sample event of the Lambda guide', async (t) => {
  // https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html, "Sample API Gateway event (HTTP API)".
  // Values replaced; `isBase64Encoded` is true there, which no request without a body has today.
  const sample = {
    version: '2.0',
    routeKey: 'ANY /nodejs-apig-function-1G3XMPLZXVXYI',
    rawPath: '/default/nodejs-apig-function-1G3XMPLZXVXYI',
    rawQueryString: '',
    cookies: ['s_fid=7AABXMPL1AFD9BBF-0643XMPL09956DE2', 'regStatus=pre-register'],
    headers: {
      accept: 'text/html',
      'content-length': '0',
      host: 'r3pmxmplak.execute-api.us-east-2.amazonaws.com',
      'user-agent': 'Mozilla/5.0',
      'x-amzn-trace-id': 'Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e',
      'x-forwarded-for': '205.255.255.176',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
    },
    requestContext: {
      accountId: '123456789012',
      apiId: 'r3pmxmplak',
      domainName: 'r3pmxmplak.execute-api.us-east-2.amazonaws.com',
      domainPrefix: 'r3pmxmplak',
      http: {
        method: 'GET',
        path: '/default/nodejs-apig-function-1G3XMPLZXVXYI',
        protocol: 'HTTP/1.1',
        sourceIp: '205.255.255.176',
        userAgent: 'Mozilla/5.0',
      },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: 'ANY /nodejs-apig-function-1G3XMPLZXVXYI',
      stage: 'default',
      time: '10/Mar/2020:05:16:23 +0000',
      timeEpoch: 1583817383220,
    },
    isBase64Encoded: true,
  };
  const routeKey = 'ANY /nodejs-apig-function-1G3XMPLZXVXYI';
  const { gateway, functions } = await httpGateway(t, { [routeKey]: () => ({}) }, { stage: 'default' });
  await send(`${gateway.url}/default/nodejs-apig-function-1G3XMPLZXVXYI`, {
    headers: {
      Accept: 'text/html',
      'User-Agent': 'Mozilla/5.0',
      Cookie: 's_fid=7AABXMPL1AFD9BBF-0643XMPL09956DE2; regStatus=pre-register',
      host: 'r3pmxmplak.execute-api.us-east-2.amazonaws.com',
    },
  });
  const event = await functions.next(routeKey);

  assert.deepEqual(shapeOf(event), shapeOf(sample));
  const { requestContext, headers, ...rest } = event as typeof sample;
  const { requestId, time, timeEpoch, ...context } = requestContext;
  const sampleContext: Partial<typeof sample.requestContext> = { ...sample.requestContext };
  delete sampleContext.requestId;
  delete sampleContext.time;
  delete sampleContext.timeEpoch;
  assert.deepEqual(context, {
    ...sampleContext,
    accountId: '123456789012',
    apiId: 'a1b2c3d4e5',
    http: { ...sample.requestContext.http, sourceIp: '127.0.0.1' },
  });
  assert.match(requestId, /^[A-Za-z0-9_-]{15}=$/);
  assert.match(time, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
  assert.equal(Date.parse(time.replace(':', ' ')), Math.floor(timeEpoch / 1000) * 1000);
  assert.match(headers['x-amzn-trace-id'], /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
  assert.equal(headers['x-forwarded-port'], String(gateway.port));
  assert.deepEqual(rest, {
    version: '2.0',
    routeKey,
    rawPath: sample.rawPath,
    rawQueryString: '',
    cookies: sample.cookies,
    isBase64Encoded: false,
  });
});

test('a POST with everything has the fields of the developer guide', async (t) => {
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, "2.0".
  // Left out: authentication (mutual TLS), authorizer, stageVariables: this API has none of them.
  const sample = {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/my/path',
    rawQueryString: 'parameter1=value1&parameter1=value2&parameter2=value',
    cookies: ['cookie1', 'cookie2'],
    headers: { header1: 'value1', header2: 'value1,value2' },
    queryStringParameters: { parameter1: 'value1,value2', parameter2: 'value' },
    body: 'Hello from Lambda',
    pathParameters: { parameter1: 'value1' },
    isBase64Encoded: false,
  };
  const { gateway, functions } = await httpGateway(t, { 'POST /my/{parameter1}': () => ({}) });
  await send(`${gateway.url}/my/value1?parameter1=value1&parameter1=value2&parameter2=value`, {
    method: 'POST',
    headers: {
      Header1: 'value1',
      Header2: ['value1', 'value2'],
      Cookie: ['cookie1', 'cookie2'],
      'Content-Type': 'text/plain',
    },
    body: 'Hello from Lambda',
  });
  const event = (await functions.next('POST /my/{parameter1}')) as typeof sample & {
    requestContext: unknown;
  };

  assert.deepEqual(Object.keys(event).toSorted(), [...Object.keys(sample), 'requestContext'].toSorted());
  assert.deepEqual(event.queryStringParameters, sample.queryStringParameters);
  assert.deepEqual(event.pathParameters, sample.pathParameters);
  assert.deepEqual(event.cookies, sample.cookies);
  assert.equal(event.rawQueryString, sample.rawQueryString);
  assert.equal(event.body, sample.body);
  assert.equal(event.isBase64Encoded, false);
  assert.equal(event.headers.header1, 'value1');
  assert.equal(event.headers.header2, 'value1,value2');
  assert.ok(!Object.hasOwn(event.headers, 'cookie'));
});

test('what is empty is absent', async (t) => {
  const { gateway, functions } = await httpGateway(t, { 'GET /': () => ({}) });
  await send(`${gateway.url}/?`);
  const event = await functions.next('GET /');
  for (const key of ['cookies', 'queryStringParameters', 'pathParameters', 'body', 'stageVariables']) {
    assert.ok(!Object.hasOwn(Object(event), key), key);
  }
});

test('text bodies come as text, all others base64-encoded', async (t) => {
  const { gateway, functions } = await httpGateway(t, { 'POST /': () => ({}) });
  const cases: [string | undefined, boolean][] = [
    ['application/json', false],
    ['application/json; charset=utf-8', false],
    ['Application/JSON', false],
    ['text/plain', false],
    ['text/csv', false],
    ['application/xml', false],
    ['application/javascript', false],
    ['application/octet-stream', true],
    ['image/png', true],
    // ministackorg/ministack#766 measured these two on AWS.
    ['application/x-www-form-urlencoded', true],
    [undefined, true],
  ];
  for (const [contentType, encoded] of cases) {
    await send(gateway.url, {
      method: 'POST',
      headers: contentType === undefined ? {} : { 'content-type': contentType },
      body: '{"grüße":1}',
    });
    const event = (await functions.next('POST /')) as { body: string; isBase64Encoded: boolean };
    assert.equal(event.isBase64Encoded, encoded, contentType);
    assert.equal(Buffer.from(event.body, encoded ? 'base64' : 'utf8').toString(), '{"grüße":1}');
  }
});

test('the path is decoded, the query string is not', async (t) => {
  const { gateway, functions } = await httpGateway(t, { 'GET /files/{name}/{rest+}': () => ({}) });
  await send(`${gateway.url}/files/a%20b%2Fc/d%C3%A9/e?q=%C3%A9&q=a+b&empty=`);
  const event = (await functions.next('GET /files/{name}/{rest+}')) as Record<string, unknown>;
  assert.equal(event['rawPath'], '/files/a b/c/dé/e');
  assert.deepEqual(event['pathParameters'], { name: 'a b/c', rest: 'dé/e' });
  assert.equal(event['rawQueryString'], 'q=%C3%A9&q=a+b&empty=');
  assert.deepEqual(event['queryStringParameters'], { q: 'é,a b', empty: '' });
});

test('a forwarded address is kept, and the hop-by-hop headers are not', async (t) => {
  const { gateway, functions } = await httpGateway(t, { 'POST /': () => ({}) });
  await send(gateway.url, {
    method: 'POST',
    headers: { ...json, 'x-forwarded-for': '203.0.113.9', 'transfer-encoding': 'chunked', te: 'trailers' },
    body: '{}',
  });
  const { headers } = (await functions.next('POST /')) as { headers: Record<string, string> };
  assert.equal(headers['x-forwarded-for'], '203.0.113.9, 127.0.0.1');
  assert.equal(headers['content-length'], '2');
  for (const name of ['connection', 'transfer-encoding', 'te'])
    assert.ok(!Object.hasOwn(headers, name), name);
});
