import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeTable } from '../../../lib/local/api-gateway/http/route-table.ts';

const table = (...routeKeys: string[]) => {
  const find = routeTable(routeKeys.map((routeKey) => ({ routeKey, functionName: 'f', timeoutMs: 1 })));
  return (request: string): string | undefined => {
    const [method = '', path = ''] = request.split(' ');
    const match = find(method, path);
    if (match === undefined || match === 'malformed-path') return match;
    const { route, pathParameters } = match;
    return pathParameters === undefined
      ? route.routeKey
      : `${route.routeKey} ${JSON.stringify(pathParameters)}`;
  };
};

test("the developer guide's example", () => {
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
  const select = table(
    '$default',
    'ANY /{proxy+}',
    'GET /pets/{proxy+}',
    'GET /pets/dog/{id}',
    'GET /pets/dog/1',
  );
  assert.equal(select('GET /pets/dog/1'), 'GET /pets/dog/1');
  assert.equal(select('GET /pets/dog/2'), 'GET /pets/dog/{id} {"id":"2"}');
  assert.equal(select('GET /pets/cat/1'), 'GET /pets/{proxy+} {"proxy":"cat/1"}');
  assert.equal(select('POST /test/5'), 'ANY /{proxy+} {"proxy":"test/5"}');
  assert.equal(select('GET /'), '$default');
});

test('the method before ANY, the path before the method', () => {
  const select = table('ANY /a/{id}', 'GET /a/{id}', 'GET /{proxy+}', 'ANY /a/b');
  assert.equal(select('GET /a/1'), 'GET /a/{id} {"id":"1"}');
  assert.equal(select('POST /a/1'), 'ANY /a/{id} {"id":"1"}');
  assert.equal(select('GET /a/b'), 'ANY /a/b');
});

test('a path whose routes do not know the method falls through', () => {
  const select = table('POST /a/b', 'DELETE /a/{id}', 'GET /{proxy+}');
  assert.equal(select('GET /a/b'), 'GET /{proxy+} {"proxy":"a/b"}');
  assert.equal(select('DELETE /a/b'), 'DELETE /a/{id} {"id":"b"}');
  assert.equal(select('PUT /a/b'), undefined);
});

test('a trailing slash counts, and a variable stands for something', () => {
  const select = table('GET /chats', 'GET /chats/', 'GET /chats/{id}', 'GET /users/{id}');
  assert.equal(select('GET /chats'), 'GET /chats');
  assert.equal(select('GET /chats/'), 'GET /chats/');
  assert.equal(select('GET /chats/1/'), undefined);
  assert.equal(select('GET /users/'), undefined);
});

test('several variables of routes that share a prefix', () => {
  const select = table('GET /c/{chat}/m/{message}', 'GET /c/{id}', 'GET /c/{x}/o');
  assert.equal(select('GET /c/1/m/2'), 'GET /c/{chat}/m/{message} {"chat":"1","message":"2"}');
  assert.equal(select('GET /c/7'), 'GET /c/{id} {"id":"7"}');
  assert.equal(select('GET /c/7/o'), 'GET /c/{x}/o {"x":"7"}');
});

test('variables are decoded after the path was split', () => {
  const select = table('GET /f/{name}', 'GET /a b');
  assert.equal(select('GET /f/a%2Fb%20c'), 'GET /f/{name} {"name":"a/b c"}');
  assert.equal(select('GET /a%20b'), 'GET /a b');
  assert.equal(select('GET /f/%zz'), 'malformed-path');
});

test('what is no route key is refused at the start', () => {
  assert.throws(() => table('/no-method'), TypeError);
});
