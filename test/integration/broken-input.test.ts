import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { before, suite, test } from 'node:test';
import type { Message, Page } from '../../functions/contract/schemas.ts';
import { limits } from '../../functions/contract/limits.ts';
import {
  assertError,
  httpUrl,
  newGroup,
  newPeople,
  newPerson,
  send,
  service,
  websocketUrl,
  type Person,
} from '../support/people.ts';
import { brokenTokensOf } from '../support/signing.ts';

/**
 * Sends bytes unchanged. @returns the status of the first response; 0 when the other side only closes the connection
 */
const sendBytes = (url: string, bytes: string | Buffer): Promise<number> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
      if (answer.includes('\r\n')) socket.destroy();
    });
    socket.once('error', (error: Error & { code?: string }) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? socket.destroy() : reject(error),
    );
    socket.once('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)));
  });

const KEY = '+W5xw47OHh3OTFsWKjGu9Q==';

/** The text of an opening handshake. */
const handshake = (query: string, headers: readonly string[] = []): string =>
  [
    `GET ${new URL(websocketUrl()).pathname}${query} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Key: ${KEY}`,
    'Sec-WebSocket-Version: 13',
    ...headers,
    '\r\n',
  ].join('\r\n');

const request = (head: string, headers: readonly string[] = [], body = ''): string =>
  [`${head} HTTP/1.1`, 'Host: localhost', ...headers, '', body].join('\r\n');

suite('a token that is broken in any part is a 401', () => {
  let person: Person;
  before(async () => {
    person = await newPerson('ada');
  });

  test('on HTTP, on routes that read and on routes that write', async () => {
    for (const { what, token } of brokenTokensOf(person.token)) {
      for (const [method, path] of [
        ['GET', '/users/me'],
        ['POST', '/messages'],
      ] as const) {
        const { status, body } = await service().as(token).request<{ code: string }>(method, path);
        // Without a token at all, there is none that could be invalid.
        const code = token === '' ? 'not_authenticated' : 'invalid_token';
        assert.deepEqual([status, body.code], [401, code], `${method} ${path}: ${what}`);
      }
    }
  });

  test('at the handshake, as a token and as a ticket', async () => {
    for (const { what, token } of brokenTokensOf(person.token)) {
      for (const name of ['token', 'ticket']) {
        const query = `?${name}=${encodeURIComponent(token)}`;
        assert.equal(await sendBytes(websocketUrl(), handshake(query)), 401, `${name}: ${what}`);
      }
    }
  });

  test('in headers that come twice, or in another case', async () => {
    const head = 'GET /api/v1/users/me';
    const good = `Bearer ${person.token}`;
    const statusWith = (...headers: string[]): Promise<number> =>
      sendBytes(httpUrl(), request(head, headers));
    assert.equal(await statusWith(`AUTHORIZATION: ${good}`), 200);
    assert.equal(await statusWith(`authorization: ${good}`), 200);
    assert.equal(await statusWith(`Authorization:   ${good}  `), 200);
    assert.equal(await statusWith(`Authorization: ${good}`, `Authorization: ${good}`), 401);
    assert.equal(await statusWith('Authorization: Bearer x', `Authorization: ${good}`), 401);
    assert.equal(await statusWith('__proto__: x', 'constructor: y', `Authorization: ${good}`), 200);
    assert.equal(await statusWith('Authorization: Bearer'), 401);
    assert.equal(await statusWith(`Authorization: Bearer ${'x'.repeat(9000)}`), 401);
    assert.equal(await statusWith(`Authorization: ${good}\u00ff`), 401);
  });
});

suite('handshakes that no client sends are refused, and nothing else happens', () => {
  test('by what stands in their address', async () => {
    const { token } = await newPerson('ada');
    const refused: Record<string, number> = {
      '': 401,
      '?': 401,
      '?token': 401,
      '?token=': 401,
      '?ticket=': 401,
      '?token=%': 401,
      '?token=%zz': 401,
      '?token=%c3%28': 401,
      '?token=%00': 401,
      '?__proto__=x': 401,
      '?constructor=x&toString=y': 401,
      [`?token=${token}&token=x`]: 401,
      [`?token=${token}&ticket=x`]: 401,
      [`?token=${token}&chat_id=`]: 403,
      [`?token=${token}&chat_id=%`]: 403,
      [`?token=${token}&chat_id=0`]: 403,
      [`?token=${token}&chat_id=-1`]: 403,
      [`?token=${token}&chat_id=1e3`]: 403,
      [`?token=${token}&chat_id=9007199254740993`]: 403,
      [`?token=${token}&chat_id=99999999999999999999`]: 403,
      [`?token=${token}&chat_id=1&chat_id=x`]: 403,
      [`?token=${token}?token=${token}`]: 401,
    };
    for (const [query, status] of Object.entries(refused)) {
      assert.equal(await sendBytes(websocketUrl(), handshake(query)), status, query.replaceAll(token, '…'));
    }
    assert.equal(await sendBytes(websocketUrl(), handshake(`?token=x&token=${token}`)), 101);
  });

  test('by their headers', async () => {
    const { token } = await newPerson('ada');
    const query = `?token=${token}`;
    const odd: readonly (readonly string[])[] = [
      ['Sec-WebSocket-Key: x'],
      ['Sec-WebSocket-Version: 8'],
      ['Sec-WebSocket-Protocol: ,,'],
      ['Sec-WebSocket-Protocol: \u00ff'],
      ['Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=x'],
      ['Sec-WebSocket-Extensions: ;;;'],
      ['Sec-WebSocket-Accept: x'],
      ['Content-Length: 5'],
      ['Transfer-Encoding: chunked'],
      ['Upgrade: h2c'],
      ['Origin: null'],
      ['X-Forwarded-For: 1.2.3.4, \u00ff'],
      ['__proto__: x', 'constructor: y'],
    ];
    for (const headers of odd) {
      const status = await sendBytes(websocketUrl(), handshake(query, headers));
      assert.ok([0, 101, 400, 401, 403].includes(status), `${headers.join()}: ${status}`);
    }
  });
});

test('a text of any length that takes long to normalize is refused before anybody does', async () => {
  const { api } = await newPerson('ada');
  // 240 KB of marks, which normalizing would sort: for half a minute.
  const marks = `a${'\u0315\u0300\u05b0\u0316'.repeat(30_000)}`;
  const account = { username: 'grace', email: 'grace@example.org', password: 'correct horse' };
  const asked = [
    ['POST', '/users/register', { ...account, full_name: marks }, 'full_name'],
    ['POST', '/users/register', { ...account, password: marks }, 'password'],
    ['PUT', '/users/me', { full_name: marks }, 'full_name'],
    ['POST', '/chats', { chat_type: 'group', participant_ids: [], name: marks }, 'name'],
    ['POST', '/users/me/devices', { kind: 'fcm', token: 'x', name: marks }, 'name'],
    ['POST', '/messages', { chat_id: 1, content: marks }, 'content'],
  ] as const;
  for (const [method, path, body, field] of asked) {
    const answer = await api.request(method, path, body);
    const { errors } = assertError(answer, 422, 'validation_failed');
    assert.deepEqual(
      errors?.map((error) => error.path),
      [field],
      path,
    );
  }
  const login = await service().request('POST', '/users/login', { username: 'grace', password: marks });
  assertError(login, 401, 'invalid_credentials');
});

test('requests that no client sends break nothing', async () => {
  const { token } = await newPerson('ada');
  const authorization = `Authorization: Bearer ${token}`;
  const json = 'Content-Type: application/json';
  const chunked = 'Transfer-Encoding: chunked';
  const post = 'POST /api/v1/users/login';
  const body = '{"username":"nobody","password":"nothing"}';
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
  const cases: readonly (readonly [string, string | Buffer, readonly number[]])[] = [
    ['a chunked body', request(post, [json, chunked], `${chunk(body)}0\r\n\r\n`), [401]],
    [
      'a body in chunks of a byte',
      request(post, [json, chunked], `${body.split('').map(chunk).join('')}0\r\n\r\n`),
      [401],
    ],
    ['chunks that are none', request(post, [json, chunked], 'zz\r\n'), [0, 400]],
    [
      'a length and chunks',
      request(post, [json, chunked, 'Content-Length: 3'], `${chunk(body)}0\r\n\r\n`),
      [0, 400],
    ],
    [
      'two codings',
      request(post, [json, 'Transfer-Encoding: gzip, chunked'], `${chunk(body)}0\r\n\r\n`),
      [400, 401],
    ],
    ['another coding', request(post, [json, 'Transfer-Encoding: gzip'], body), [0, 400]],
    ['a length that is none', request(post, [json, 'Content-Length: abc']), [0, 400]],
    ['a negative length', request(post, [json, 'Content-Length: -1']), [0, 400]],
    ['two lengths', request(post, [json, 'Content-Length: 2', 'Content-Length: 3'], '{}'), [0, 400]],
    ['an expectation', request(post, [json, 'Expect: 200-ok', 'Content-Length: 2'], '{}'), [417, 422]],
    ['headers of 20 KB', request('GET /api/v1/users/me', [`X-Much: ${'x'.repeat(20_000)}`]), [431]],
    ['headers of 100 KB', request('GET /api/v1/users/me', [`X-Much: ${'x'.repeat(100_000)}`]), [0, 431]],
    ['a broken escape in the path', request('GET /api/v1/chats/%zz', [authorization]), [400]],
    ['half a character in the path', request('GET /api/v1/chats/%c3', [authorization]), [400]],
    ['a broken escape in the query', request('GET /api/v1/chats?page=%&limit=%zz', [authorization]), [422]],
    ['parameters that come twice', request('GET /api/v1/chats?page=1&page=2', [authorization]), [422]],
    ['an address with a host', request('GET http://localhost/health'), [400, 404]],
    ['an asterisk', request('OPTIONS *'), [400, 404]],
    ['no path', request('GET ?x'), [400, 404]],
    ['a method that nobody knows', request('BREW /api/v1/info'), [0, 400]],
    [
      'an upgrade where there is none',
      request('GET /api/v1/info', ['Connection: Upgrade', 'Upgrade: websocket']),
      [200],
    ],
    [
      'a lone surrogate as a name',
      request(post, [json, 'Content-Length: 44'], '{"username":"\\ud800","password":"nothing12"}'),
      [401],
    ],
    ['no HTTP', 'hello\r\n\r\n', [0, 400]],
    ['bytes', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]), [0, 400]],
  ];
  for (const [what, bytes, statuses] of cases) {
    const status = await sendBytes(httpUrl(), bytes);
    assert.ok(statuses.includes(status), `${what}: ${status}`);
  }
  const health = await fetch(`${httpUrl()}/health`);
  assert.equal(health.status, 200);
});

test('answers that are larger than Lambda lets them be come compressed, or ask for a smaller page', async () => {
  const [ada, grace] = await newPeople('ada', 'grace');
  const { id: groupId } = await newGroup(ada, grace);
  // As long as a message may be, of characters that JSON escapes: 70 KB each in what a function answers.
  const content = `x${'\u0001'.repeat(limits.message_characters - 1)}`;
  const count = 95;
  for (let sent = 0; sent < count; sent += 5)
    await Promise.all(Array.from({ length: 5 }, () => send(ada, groupId, content)));
  for (const path of [
    `/messages/chat/${groupId}?limit=${count}`,
    `/messages/chat/${groupId}?limit=${count}&before_seq=1000`,
  ]) {
    const page = await grace.api.request<Page<Message>>('GET', path);
    assert.deepEqual(
      [page.status, page.body.items.length, page.body.items.at(-1)?.content],
      [200, count, content],
      path,
    );
    assert.equal(page.headers.get('content-encoding'), 'gzip');
    const plain = (text: string) =>
      fetch(`${httpUrl()}/api/v1${text}`, {
        headers: { authorization: `Bearer ${grace.token}`, 'accept-encoding': 'identity, gzip;q=0' },
      });
    const refused = await plain(path);
    const { code, errors } = (await refused.json()) as { code: string; errors: { path: string }[] };
    assert.deepEqual([refused.status, code, errors[0]?.path], [422, 'validation_failed', 'limit']);
    const fewer = await plain(path.replace(`limit=${count}`, 'limit=50'));
    assert.deepEqual([fewer.status, fewer.headers.get('content-encoding')], [200, null]);
    assert.equal(((await fewer.json()) as Page<Message>).items.length, 50);
  }
});
