import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import * as fc from 'fast-check';
import { WebSocket } from 'ws';
import type { HttpRoute } from '../../functions/contract/route.ts';
import { httpRoutes, webSocketRoutes } from '../../functions/contract/table.ts';
import type { ServerFrame } from '../../lib/bench/plain-chat-socket.ts';
import { assertDocumented, document, misfits } from '../support/answers.ts';
import { httpUrl, newGroup, newPeople, send, websocketUrl, type Person } from '../support/people.ts';
import { sendRaw } from '../support/raw-http.ts';

/** The number of requests per route; set FC_RUNS=1000 for more. A failure prints the seed that reproduces it. */
const numRuns = Number(process.env['FC_RUNS'] ?? 25);

/** Values that replace an id, a text, a number, a list or an object. */
const hostileValue = fc.oneof(
  fc.constantFrom<unknown[]>(
    null,
    true,
    0,
    -1,
    1.5,
    -0,
    1e308,
    2 ** 53,
    2 ** 63,
    2 ** 64,
    '',
    ' ',
    '1',
    '0x10',
    '١٢',
    'NaN',
    'null',
    '\u0000',
    'a\u0000b',
    '\ud800',
    '\udfff\ud800',
    '\ufeff',
    '🦋'.repeat(10_001),
    'x'.repeat(33_000),
    `${'a'.repeat(250)}@example.org`,
    "' OR 1=1; DROP TABLE users; --",
    '{"$gt":""}',
    '${jndi:ldap://x}',
    '../../etc/passwd',
    '__proto__',
    'constructor',
    {},
    [],
    [[]],
    [null],
    [-1, 1.5, '2'],
    Array.from({ length: 1001 }, (_, index) => index + 1),
    { $ne: null },
    { length: -1 },
    { toString: 1 },
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.maxSafeInteger(),
  fc.double(),
  fc.jsonValue({ maxDepth: 3 }),
);

/** An object with one or more faults. */
const mutated = (base: Readonly<Record<string, unknown>>): fc.Arbitrary<string> => {
  const fields = Object.keys(base);
  const field = fc.constantFrom(...(fields.length === 0 ? ['x'] : fields));
  const text = (value: unknown): string => JSON.stringify(value) ?? 'null';
  const withRaw = (raw: string): string => {
    const inside = text(base).slice(1, -1);
    return inside === '' ? `{${raw}}` : `{${inside},${raw}}`;
  };
  return fc.oneof(
    fc.constant(text(base)),
    fc.tuple(field, hostileValue).map(([name, value]) => text({ ...base, [name]: value })),
    field.map((name) => text(Object.fromEntries(Object.entries(base).filter(([key]) => key !== name)))),
    fc.tuple(fc.string(), hostileValue).map(([name, value]) => text({ ...base, [name]: value })),
    fc.tuple(field, hostileValue).map(([name, value]) => withRaw(`${text(name)}:${text(value)}`)),
    fc
      .tuple(fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString'), hostileValue)
      .map(([name, value]) => withRaw(`"${name}":${text(value)}`)),
  );
};

/** Byte sequences that are invalid UTF-8 in any place. */
const noUtf8 = fc.constantFrom(
  [0xff],
  [0x80],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x9f, 0x98],
  [0xf4, 0x90, 0x80, 0x80],
  [0xe9],
);

/** A body with such bytes in one of its texts. */
const misencoded = (base: Readonly<Record<string, unknown>>): fc.Arbitrary<Buffer> => {
  const text = JSON.stringify({ ...base, x: 'text' });
  const quotes = [...text.matchAll(/"/g)].map(({ index }) => index).filter((_, index) => index % 2 === 0);
  return fc
    .tuple(fc.constantFrom(...quotes), noUtf8)
    .map(([at, bytes]) =>
      Buffer.concat([
        Buffer.from(text.slice(0, at + 1)),
        Buffer.from(bytes),
        Buffer.from(text.slice(at + 1)),
      ]),
    );
};

/** A body, possibly invalid JSON. */
const bodyOf = (base: Readonly<Record<string, unknown>>): fc.Arbitrary<string | Buffer> =>
  fc.oneof(
    { weight: 8, arbitrary: mutated(base) },
    { weight: 2, arbitrary: misencoded(base) },
    { weight: 2, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 100 }) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)) },
    {
      weight: 2,
      arbitrary: fc.constantFrom<(string | Buffer)[]>(
        '',
        '\u0000',
        '\ufeff{}',
        JSON.stringify(base).slice(0, -1),
        `${JSON.stringify(base)}}`,
        Buffer.from('{"a":"\ud800"}', 'utf16le'),
        Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
        '['.repeat(100_000),
        `${'[{"a":'.repeat(20_000)}1${'}]'.repeat(20_000)}`,
        JSON.stringify({ ...base, more: 'x'.repeat(256 * 1024) }),
        '1e999',
        '-',
        '{"a":1,}',
      ),
    },
  );

const idText = fc.oneof(
  fc.constantFrom(
    '0',
    '-1',
    '1.5',
    '1e3',
    '+1',
    '01',
    '0x1',
    ' 1',
    '1 ',
    'null',
    'NaN',
    '9007199254740993',
    '18446744073709551616',
    '99999999999999999999999999',
    '١',
    '\u0000',
    '%',
    '..;',
    '__proto__',
    "1' OR '1'='1",
    '1/2',
    '{chat_id}',
    '🦋',
  ),
  fc.integer().map(String),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !/^\.{1,2}$/.test(text)),
);

/** Percent-encodes a text, even one with lone surrogates. */
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

const rawQuery = fc.constantFrom(
  '',
  '%',
  '%zz=1',
  'a=%c3%28',
  'q=%ff',
  'q=ab%ed%a0%80',
  'page=%c0%b1',
  '=',
  '&&',
  'page',
  'limit=1&limit=2',
  '?',
  'q=+%20',
  '%00=1',
);

const contentType = fc.oneof(
  { weight: 6, arbitrary: fc.constant('application/json') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      undefined,
      '',
      'text/plain',
      'application/xml',
      'application/json; charset=utf-8',
      'application/json;charset=utf-16',
      'APPLICATION/JSON',
      'application/merge-patch+json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      'nonsense',
    ),
  },
);

const otherHeaders = fc.dictionary(
  fc.constantFrom(
    'accept',
    'x-forwarded-for',
    'x-request-id',
    'cookie',
    'content-encoding',
    'if-none-match',
    'range',
    'origin',
    'x-http-method-override',
  ),
  fc.constantFrom(
    '',
    '*/*',
    'gzip',
    '127.0.0.1, ::1',
    'a=b; __proto__=1',
    'bytes=0-1',
    'null',
    'DELETE',
    '"',
  ),
  { maxKeys: 3 },
);

interface Generated {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
}

/** Existing ids, so that some requests pass the schemas. */
interface World {
  readonly ada: Person;
  readonly grace: Person;
  readonly chatId: number;
  readonly messageId: number;
}

const requestsTo = (route: HttpRoute, world: World): fc.Arbitrary<Generated> => {
  const { ada, grace, chatId, messageId } = world;
  const known: Record<string, unknown> = {
    chat_id: chatId,
    id: messageId,
    user_id: grace.id,
    user_ids: [grace.id],
    participant_ids: [grace.id],
    chats: [{ chat_id: chatId, rev: 0 }],
    emoji: '👍',
    // Not the right one: the account is needed for the next request.
    password: 'not the password',
    current_password: 'not the password',
  };
  const operation = document.paths[route.path]?.[route.method.toLowerCase()];
  const [media] = Object.values(operation?.requestBody?.content ?? {});
  const [named] = Object.values(media?.examples ?? {});
  const example = (media?.example ?? named?.value ?? {}) as Record<string, unknown>;
  const base = Object.fromEntries(
    Object.entries(example).map(([name, value]) => [name, name in known ? known[name] : value]),
  );

  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  const ids = fc.tuple(
    ...names.map((name) =>
      fc.oneof({ weight: 3, arbitrary: fc.constant(String(known[name])) }, { weight: 2, arbitrary: idText }),
    ),
  );
  const parameters = (operation?.parameters ?? [])
    .map(({ name }) => name)
    .filter((name) => !names.includes(name));
  const query = fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .array(
          fc.tuple(
            fc.constantFrom('page', 'limit', '__proto__', 'x', ...parameters),
            fc.oneof(
              idText,
              fc.constantFrom('1', '20', '100', '101', 'ada', 'xx', 'x'.repeat(300), '\ufffd\u0000a', '%_\\'),
            ),
          ),
          { maxLength: 4 },
        )
        .map((pairs) => pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&')),
    },
    { weight: 1, arbitrary: rawQuery },
  );
  const authorization = fc.oneof(
    { weight: 12, arbitrary: fc.constant(`Bearer ${ada.token}`) },
    { weight: 1, arbitrary: fc.constantFrom(undefined, '', 'Bearer x', `Basic ${ada.token}`) },
  );

  return fc
    .record({
      ids,
      query,
      authorization,
      type: contentType,
      others: otherHeaders,
      body:
        route.body === undefined
          ? fc.constant(undefined)
          : fc.option(bodyOf(base), { freq: 20, nil: undefined }),
    })
    .map(({ ids, query, authorization, type, others, body }) => {
      let at = 0;
      const path = route.path.replaceAll(/\{\w+\}/g, () => {
        at += 1;
        return encoded(String(ids[at - 1]));
      });
      return {
        path: query === '' ? path : `${path}?${query}`,
        headers: {
          ...others,
          ...(type === undefined ? {} : { 'content-type': type }),
          ...(authorization === undefined ? {} : { authorization }),
        },
        body,
      };
    });
};

const newWorld = async (): Promise<World> => {
  const [ada, grace] = await newPeople('ada', 'grace');
  const { id: chatId } = await newGroup(ada, grace);
  const { id: messageId } = await send(ada, chatId, 'hello');
  return { ada, grace, chatId, messageId };
};

suite('whatever is sent, the answer is a documented one', () => {
  for (const route of httpRoutes) {
    test(route.id, async () => {
      const world = await newWorld();
      await fc.assert(
        fc.asyncProperty(requestsTo(route, world), async ({ path, headers, body }) => {
          const answer = await sendRaw(httpUrl(), { method: route.method, path, headers, body });
          assert.ok(answer.status < 500, `${answer.status} ${JSON.stringify(answer.body)}`);
          assertDocumented(route.method, path, answer);
          if (Buffer.isBuffer(body) && !isUtf8(body)) assert.ok(answer.status >= 400, 'it is no UTF-8');
        }),
        { numRuns, endOnFailure: true },
      );
    });
  }

  test('to paths that nobody knows', async () => {
    const segment = fc.oneof(
      idText.map(encoded),
      fc.constantFrom('api', 'v1', 'chats', '', 'users', 'messages'),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD'),
        fc.array(segment, { maxLength: 6 }),
        async (method, segments) => {
          const path = `/${segments.join('/')}`;
          const answer = await sendRaw(httpUrl(), { method, path, headers: {} });
          assert.ok(answer.status < 500, `${answer.status} ${JSON.stringify(answer.body)}`);
          if (method !== 'HEAD') assertDocumented(method, path, answer);
        },
      ),
      { numRuns: numRuns * 3, endOnFailure: true },
    );
  });
});

suite('whatever frame is sent, the answer is a documented one', () => {
  let world: World;
  let socket: WebSocket;
  const frames: ServerFrame[] = [];
  /** Called at every frame, and when there will be none any more. */
  let heard: (() => void) | undefined;

  before(async () => {
    world = await newWorld();
    socket = new WebSocket(`${websocketUrl()}?token=${world.ada.token}`);
    socket.on('message', (data: Buffer) => {
      frames.push(JSON.parse(data.toString('utf8')) as ServerFrame);
      heard?.();
    });
    socket.on('close', () => heard?.());
    await once(socket, 'open');
  });
  after(async () => {
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  });

  /** The next frame that answers one of ours; events come in between. */
  const nextAnswer = async (): Promise<ServerFrame> => {
    for (;;) {
      const next = frames.shift();
      if (next === undefined) {
        assert.equal(socket.readyState, WebSocket.OPEN, 'the connection stays open');
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      } else {
        const wrong = misfits({ $ref: '#/components/schemas/ServerFrame' }, next);
        assert.deepEqual(wrong, [], JSON.stringify(next));
        if (['ack', 'pong', 'error'].includes(next.type)) return next;
      }
    }
  };

  /** Whether a frame is taken and not answered. */
  const isSilent = (text: string): boolean => {
    try {
      const frame = JSON.parse(text) as { type?: unknown };
      const route = webSocketRoutes.find(({ routeKey }) => routeKey === frame.type);
      return route?.frame !== undefined && route.reply === undefined && route.frame.safeParse(frame).success;
    } catch {
      return false;
    }
  };

  for (const route of webSocketRoutes.filter(({ frame }) => frame !== undefined)) {
    test(route.id, async () => {
      const bases: Record<string, Record<string, unknown>> = {
        message: { content: 'hello' },
        typing: { content: 'start' },
        read: { seq: 1 },
      };
      const base = {
        type: route.routeKey,
        ref: 'r',
        ...(route.routeKey === 'ping' ? {} : { chat_id: world.chatId }),
        ...bases[route.routeKey],
      };
      const text = fc.oneof(
        { weight: 8, arbitrary: mutated(base) },
        { weight: 1, arbitrary: fc.json() },
        { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }) },
      );
      await fc.assert(
        fc.asyncProperty(
          // API Gateway closes the connection for what is larger; that is tested where it happens.
          text.filter((frame) => Buffer.byteLength(frame) <= 32 * 1024 && !isSilent(frame)),
          async (frame) => {
            socket.send(frame);
            const answer = await nextAnswer();
            if (answer.type !== 'error') return;
            const status = Number(answer['status_code']);
            assert.ok(status >= 400 && status < 500, JSON.stringify(answer));
          },
        ),
        { numRuns, endOnFailure: true },
      );
    });
  }

  test('whatever `ref` it has comes back with its answer', async () => {
    const ref = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 64 }).map((text) => text.toWellFormed().replaceAll('\0', '')),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.constantFrom<(string | number)[]>('', '0', 0, -0, -1, 2 ** 53, 2 ** 64, 5e-324, 1e308),
    );
    const frame = fc.constantFrom<object[]>(
      { type: 'ping' },
      { type: 'join', chat_id: world.chatId },
      { type: 'leave', chat_id: world.chatId },
      { type: 'join', chat_id: 0 },
      { type: 'typing', chat_id: world.chatId, content: 'maybe' },
      { type: 'read', chat_id: world.chatId },
      { type: 'message', chat_id: world.chatId, content: 'hello' },
      { type: 'message', chat_id: world.chatId, content: '' },
      { type: 'dance' },
      {},
    );
    await fc.assert(
      fc.asyncProperty(frame, ref, async (fields, ref) => {
        socket.send(JSON.stringify({ ...fields, ref }));
        const answer = await nextAnswer();
        assert.equal(JSON.stringify(answer['ref']), JSON.stringify(ref), JSON.stringify(answer));
      }),
      { numRuns: numRuns * 2, endOnFailure: true },
    );
  });
});
