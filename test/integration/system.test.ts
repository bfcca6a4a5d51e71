import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import type { Health, Info } from '../../functions/system/contract.ts';
import committedDocument from '../../functions/documents/openapi.json' with { type: 'json' };
import packageJson from '../../package.json' with { type: 'json' };
import { createHttpClient } from '../../lib/bench/plain-http-client.ts';
import { checkedByDocument } from '../support/answers.ts';
import {
  assertError,
  httpUrl,
  newGroup,
  newPeople,
  newPerson,
  service,
  websocketUrl,
} from '../support/people.ts';

const root = () => checkedByDocument(createHttpClient(httpUrl()), '');

/** Sends a raw body. */
const post = async (
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
) => {
  const response = await fetch(`${httpUrl()}/api/v1${path}`, { method: 'POST', body, headers });
  return { status: response.status, headers: response.headers, body: await response.json() };
};

suite('what the service says of itself', () => {
  test('its name, its health, its limits, its document', async () => {
    const { version } = packageJson;
    assert.deepEqual((await root().request('GET', '/')).body, {
      name: 'chat-service',
      version,
      status: 'running',
    });
    assert.deepEqual((await root().request<Health>('GET', '/health')).body, {
      status: 'healthy',
      mysql: 'connected',
      mongodb: 'connected',
      dynamodb: 'connected',
    });
    const { body: info } = await service().request<Info>('GET', '/info');
    assert.deepEqual(
      [info.name, info.version, info.environment, info.websocket_url],
      ['chat-service', version, 'local', websocketUrl()],
    );
    assert.equal(info.limits['group_members'], 100);
    const { body: document } = await service().request('GET', '/openapi.json');
    assert.deepEqual(document, committedDocument);
  });
});

suite('every answer', () => {
  test('carries its request’s id and the headers of a private answer', async () => {
    const person = await newPerson();
    const answers = [
      await person.api.request('GET', '/users/me'),
      await service().request('GET', '/users/me'),
      await service().request('GET', '/nowhere'),
      await person.api.request('POST', '/messages', {}),
    ];
    const ids = answers.map(({ headers }) => headers.get('x-request-id'));
    assert.equal(new Set(ids).size, answers.length);
    for (const { headers } of answers) {
      assert.ok(headers.get('x-request-id'));
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(headers.get('content-type'), 'application/json; charset=utf-8');
    }
  });

  test('from nowhere is 404, by a wrong method 405', async () => {
    for (const path of ['/nowhere', '/chats/1/2/3', '/users', '//', '/%2e%2e/health']) {
      assertError(await service().request('GET', path), 404, 'route_not_found');
    }
    const wrongMethod = await service().request('DELETE', '/sync');
    assertError(wrongMethod, 405, 'method_not_allowed');
    assert.equal(wrongMethod.headers.get('allow'), 'POST');
    assert.equal((await service().request('PATCH', '/chats/')).headers.get('allow'), 'POST, GET');
  });

  test('is 405 too where another route’s parameter would take the address', async () => {
    for (const [method, path, allow] of [
      ['GET', '/users/login', 'POST'],
      ['GET', '/users/register', 'POST'],
      ['PUT', '/messages/search', 'GET'],
      ['DELETE', '/messages/search', 'GET'],
    ] as const) {
      const answer = await service().request(method, path);
      assertError(answer, 405, 'method_not_allowed');
      assert.equal(answer.headers.get('allow'), allow, `${method} ${path}`);
    }
    // A parameter that names nothing is still the route's own to refuse.
    const { api } = await newPerson();
    assertError(await api.request('GET', '/users/nobody'), 422, 'validation_failed');
  });
});

suite('bodies', () => {
  const json = { 'content-type': 'application/json' };

  test('that are not JSON in UTF-8 are 400', async () => {
    const bad = ['', '{', 'nonsense', '{"username": }', "{'username': 1}", '\u0000'];
    for (const body of bad) assertError(await post('/users/login', body, json), 400, 'malformed_json');
  });

  test('may be absent where every field may be, whatever the type of what is not there', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { id } = await newGroup(ada, grace);
    const without = async (method: string, path: string, more: Record<string, string> = {}) => {
      const headers = { authorization: `Bearer ${ada.token}`, ...more };
      const response = await fetch(`${httpUrl()}/api/v1${path}`, { method, headers });
      const text = await response.text();
      return [response.status, text === '' ? null : (JSON.parse(text) as object)] as const;
    };
    const [same, profile] = await without('PUT', '/users/me');
    assert.equal(same, 200);
    assert.partialDeepStrictEqual(profile, { username: ada.username, full_name: null });
    const [status, invite] = await without('POST', `/chats/${id}/invites`, { 'content-type': 'text/plain' });
    assert.equal(status, 201);
    assert.partialDeepStrictEqual(invite, { max_uses: null, uses: 0 });
    const [unchanged] = await without('PUT', `/chats/${id}/notifications`, json);
    assert.equal(unchanged, 200);
    assert.deepEqual(await without('PUT', `/chats/${id}/bans/${grace.id}`), [204, null]);
    const [missing, error] = await without('POST', '/messages', json);
    assert.equal(missing, 400);
    assert.partialDeepStrictEqual(error, { code: 'malformed_json' });
  });

  test('of another type are 415', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      assertError(await post('/users/login', '{}', { 'content-type': type }), 415, 'unsupported_media_type');
    }
  });

  test('over 256 KB are 413', async () => {
    const large = JSON.stringify({ username: 'x'.repeat(256 * 1024), password: 'x' });
    assertError(await post('/users/login', large, json), 413, 'body_too_large');
  });

  test('with a foreign prototype are just wrong', async () => {
    const answer = await post('/users/login', '{"__proto__": {"username": "a"}, "password": "b"}', json);
    assertError(answer, 422, 'validation_failed');
  });
});

suite('browsers', () => {
  const preflight = async (origin: string) =>
    fetch(`${httpUrl()}/api/v1/chats`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });

  test('of this machine may call, others may not', async () => {
    for (const origin of ['http://localhost:5173', 'http://127.0.0.1:3210', 'https://localhost']) {
      const allowed = await preflight(origin);
      assert.equal(allowed.headers.get('access-control-allow-origin'), origin);
      assert.match(allowed.headers.get('access-control-allow-headers') ?? '', /authorization/);
    }
    for (const origin of [
      'https://evil.example',
      'http://localhost.evil.example',
      'http://evil.example:8000',
    ]) {
      const refused = await preflight(origin);
      assert.equal(refused.headers.get('access-control-allow-origin'), null, origin);
    }
  });
});

test('a client that goes away in the middle of its request harms nobody', async () => {
  const { hostname, port } = new URL(httpUrl());
  const socket = connect(Number(port), hostname);
  await new Promise<void>((resolve) => {
    socket.write('POST /api/v1/users/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"user', () => {
      socket.destroy();
      resolve();
    });
  });
  assert.equal((await root().request('GET', '/health')).status, 200);
});
