import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionError } from './fake-functions.ts';
import { send } from './http-client.ts';
import { httpGateway } from './http-gateway.ts';

const answerTo = async (t: Parameters<typeof httpGateway>[0], result: unknown, method = 'GET') => {
  const { gateway, lines } = await httpGateway(t, { 'ANY /': () => result });
  return { ...(await send(gateway.url, { method })), lines };
};

test('a full response', async (t) => {
  const answer = await answerTo(t, {
    statusCode: 201,
    headers: { 'Content-Type': 'application/json', 'X-Count': 3, 'X-Flag': true },
    cookies: ['a=1; HttpOnly', 'b=2'],
    body: '{"ok":true}',
    isBase64Encoded: false,
  });
  assert.equal(answer.status, 201);
  assert.equal(answer.body, '{"ok":true}');
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.equal(answer.headers['x-count'], '3');
  assert.equal(answer.headers['x-flag'], 'true');
  assert.deepEqual(answer.headers['set-cookie'], ['a=1; HttpOnly', 'b=2']);
  assert.match(String(answer.headers['apigw-requestid']), /^[A-Za-z0-9_-]{15}=$/);
});

test('the request id of the event is the one of the response', async (t) => {
  const { gateway } = await httpGateway(t, {
    'GET /': (event: { requestContext: { requestId: string } }) => ({
      statusCode: 200,
      body: event.requestContext.requestId,
    }),
  });
  const answer = await send(gateway.url);
  assert.equal(answer.headers['apigw-requestid'], answer.body);
});

test('a result without a statusCode is the body of a JSON 200', async (t) => {
  // The table of https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
  const cases: [unknown, string][] = [
    ['Hello from Lambda!', 'Hello from Lambda!'],
    [{ message: 'Hello from Lambda!' }, '{"message":"Hello from Lambda!"}'],
    [[1, 2], '[1,2]'],
    [undefined, 'null'],
  ];
  for (const [result, body] of cases) {
    const answer = await answerTo(t, result);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.equal(answer.body, body);
  }
});

test('a base64-encoded body is decoded', async (t) => {
  const body = Buffer.from('grüße').toString('base64');
  const answer = await answerTo(t, { statusCode: 200, body, isBase64Encoded: true });
  assert.equal(answer.body, 'grüße');
  assert.equal(answer.headers['content-length'], '7');
});

test('a body without a content type is plain text, an empty one has none', async (t) => {
  const text = await answerTo(t, { statusCode: 200, body: 'hello' });
  assert.equal(text.headers['content-type'], 'text/plain; charset=utf-8');
  const none = await answerTo(t, { statusCode: 204 });
  assert.equal(none.status, 204);
  assert.equal(none.headers['content-type'], undefined);
  assert.equal(none.headers['content-length'], undefined);
});

test('HEAD gets the headers only', async (t) => {
  const answer = await answerTo(t, { statusCode: 200, body: 'hello' }, 'HEAD');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-length'], '5');
  assert.equal(answer.body, '');
});

test('a malformed result is a 500', async (t) => {
  const malformed: unknown[] = [
    { statusCode: '200' },
    { statusCode: 42 },
    { statusCode: 200, body: { not: 'text' } },
    { statusCode: 200, headers: 'none' },
    { statusCode: 200, headers: { list: ['a'] } },
    { statusCode: 200, cookies: 'a=1' },
    { statusCode: 200, headers: { 'x-bad': 'a\nb' } },
  ];
  for (const result of malformed) {
    const answer = await answerTo(t, result);
    assert.equal(answer.status, 500, JSON.stringify(result));
    assert.equal(answer.body, '{"message":"Internal Server Error"}');
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.equal(answer.lines.length, 1);
  }
});

test('a failing function is a 500, one without time or room a 503', async (t) => {
  const cases: [string, number, string][] = [
    ['TypeError', 500, '{"message":"Internal Server Error"}'],
    ['Sandbox.Timedout', 503, '{"message":"Service Unavailable"}'],
    ['TooManyRequestsException', 503, '{"message":"Service Unavailable"}'],
  ];
  for (const [errorType, status, body] of cases) {
    const { gateway, lines } = await httpGateway(t, {
      'GET /': () => Promise.reject(functionError(errorType, 'secret detail')),
    });
    const answer = await send(gateway.url);
    assert.equal(answer.status, status, errorType);
    assert.equal(answer.body, body);
    assert.match(lines.join(), new RegExp(errorType));
  }
});

test('a function that outlasts the integration is a 503', async (t) => {
  const { gateway } = await httpGateway(t, { 'GET /': () => new Promise(() => {}) }, { timeoutMs: 20 });
  const answer = await send(gateway.url);
  assert.equal(answer.status, 503);
  assert.equal(answer.body, '{"message":"Service Unavailable"}');
});
