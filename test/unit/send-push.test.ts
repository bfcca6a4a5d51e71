import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { decrypt } from 'http_ece';
import jwt from 'jsonwebtoken';
import type { PushRequest, PushResponse } from '../../functions/gateways/push-request.ts';
import { encryptPayload, PAYLOAD_BYTES_MAX } from '../../functions/notifications/encrypt-payload.ts';
import { createFcm } from '../../functions/notifications/fcm.ts';
import type { PushKeys } from '../../functions/notifications/push-keys.ts';
import type { PushOutcome } from '../../functions/notifications/push-sender.ts';
import { sendPush } from '../../functions/notifications/send-push.ts';
import type { Claim, ClaimStore } from '../../functions/notifications/stores/claims.ts';
import { createWebPush } from '../../functions/notifications/web-push.ts';
import type { PushWork } from '../../functions/notifications/work.ts';
import { RetryLaterError } from '../../functions/platform/retry-later.ts';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';
import { newVapidKeys } from '../../lib/config/push-key-secret.ts';
import { newSubscription } from '../support/devices.ts';

const work: PushWork = {
  user_id: 7,
  device_id: 3,
  chat_id: 42,
  seq: 5,
  attempt: 1,
  kind: 'web_push',
  token: 'https://push.example.org/subscription',
  urgency: 'high',
  topic: 'topic',
  body: Buffer.from('encrypted').toString('base64'),
};

suite('encryption', () => {
  test('is that of RFC 8291’s example', () => {
    const body = encryptPayload(
      Buffer.from('When I grow up, I want to be a watermelon'),
      {
        p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
        auth: 'BTBZMqHH6r4Tts7J_aSIgg',
      },
      {
        privateKey: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
        salt: Buffer.from('DGv6ra1nlYgDCS1FRnbzlw', 'base64url'),
      },
    );
    assert.equal(
      body.toString('base64url'),
      'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
    );
  });

  test('is read by code that it does not share, up to 4,096 bytes in all', () => {
    const { ecdh, keys } = newSubscription('https://push.example.org/');
    for (const length of [0, 1, 1000, PAYLOAD_BYTES_MAX]) {
      const text = Buffer.alloc(length, 'x');
      const body = encryptPayload(text, keys);
      assert.ok(body.length <= 4096);
      const read = decrypt(body, { version: 'aes128gcm', privateKey: ecdh, authSecret: keys.auth });
      assert.deepEqual(Buffer.from(read), text);
    }
    assert.throws(() => encryptPayload(Buffer.alloc(PAYLOAD_BYTES_MAX + 1), keys), RangeError);
  });
});

/** Claims in memory, with the conditions of the real store. */
const fakeClaims = () => {
  const held = new Map<string, number | 'done'>();
  const name = ({ deviceId, chatId, seq }: Claim): string => `${deviceId} ${chatId} ${seq}`;
  const claims: ClaimStore = {
    take: async (claim, now, until) => {
      const before = held.get(name(claim));
      if (before === 'done') return 'done';
      if (before !== undefined && before > now) return 'held';
      held.set(name(claim), until);
      return 'taken';
    },
    finish: async (claim) => void held.set(name(claim), 'done'),
    release: async (claim) => void held.set(name(claim), 0),
  };
  return { claims, held };
};

const newWorld = (outcomes: (PushOutcome | Error)[] = []) => {
  const sent: PushWork[] = [];
  const dispatched: object[] = [];
  const measured: object[] = [];
  let now = 1_000_000;
  const sender = async (one: PushWork): Promise<PushOutcome> => {
    sent.push(one);
    const outcome = outcomes.shift() ?? { outcome: 'sent' };
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  const { claims, held } = fakeClaims();
  const pauses: number[] = [];
  let failingNotes = 0;
  const effects = {
    claims: {
      ...claims,
      finish: async (claim: Claim) => {
        if (failingNotes === 0) return claims.finish(claim);
        failingNotes -= 1;
        throw new StoreUnavailableError('dynamodb', new Error('away'));
      },
    },
    pause: async (milliseconds: number) => void pauses.push(milliseconds),
    senders: { web_push: sender, fcm: sender },
    dispatch: {
      send: async (messages: readonly { body: object }[]) =>
        void dispatched.push(...messages.map(({ body }) => body)),
    },
    metrics: (values: object) => void measured.push(values),
    clock: () => new Date(now * 1000),
  };
  const pass = (seconds: number): void => {
    now += seconds;
  };
  const failNotes = (count: number): void => {
    failingNotes = count;
  };
  return { effects, sent, dispatched, measured, held, pauses, pass, failNotes };
};

suite('a push', () => {
  test('that comes twice is sent once', async () => {
    const { effects, sent, measured } = newWorld();
    await sendPush(work, 1, effects);
    await sendPush(work, 1, effects);
    await sendPush({ ...work, seq: 6 }, 1, effects);
    assert.deepEqual(
      sent.map(({ seq }) => seq),
      [5, 6],
    );
    assert.deepEqual(measured, [{ Pushed: 1 }, { Pushed: 1 }]);
  });

  test('that the service took is noted although DynamoDB is away for a moment, and else comes again', async () => {
    const { effects, sent, pauses, pass, failNotes } = newWorld();
    failNotes(3);
    await sendPush(work, 1, effects);
    await sendPush({ ...work, attempt: 2 }, 1, effects);
    assert.equal(sent.length, 1);
    assert.deepEqual(pauses, [100, 500, 2000]);
    failNotes(4);
    await assert.rejects(sendPush({ ...work, seq: 6 }, 1, effects), StoreUnavailableError);
    await assert.rejects(sendPush({ ...work, seq: 6, attempt: 2 }, 1, effects), RetryLaterError);
    assert.equal(sent.length, 2);
    pass(20);
    await sendPush({ ...work, seq: 6, attempt: 3 }, 1, effects);
    assert.deepEqual(
      sent.map(({ chat_id: chatId, seq }) => [chatId, seq]),
      [
        [42, 5],
        [42, 6],
        [42, 6],
      ],
    );
  });

  test('that somebody else is sending waits until that must be over', async () => {
    const { effects, sent, held, pass } = newWorld();
    held.set('3 42 5', 1_000_020);
    await assert.rejects(
      sendPush(work, 1, effects),
      new RetryLaterError('Somebody else is sending this push', 20),
    );
    assert.deepEqual(sent, []);
    pass(20);
    await sendPush({ ...work, attempt: 2 }, 1, effects);
    assert.equal(sent.length, 1);
  });

  test('that fails comes back after longer and longer, or when the service says', async () => {
    const { effects, sent } = newWorld([
      { outcome: 'later', seconds: null },
      new Error('The connection broke'),
      { outcome: 'later', seconds: 120 },
      { outcome: 'later', seconds: 1_000_000 },
    ]);
    const seconds = [];
    for (const attempt of [1, 2, 3, 4]) {
      const error: unknown = await sendPush({ ...work, attempt }, 1, effects).catch(
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof RetryLaterError);
      seconds.push(error.seconds);
    }
    assert.deepEqual(seconds, [1, 3, 120, 3600]);
    await sendPush({ ...work, attempt: 5 }, 1, effects);
    await sendPush({ ...work, attempt: 5 }, 1, effects);
    assert.equal(sent.length, 5);
  });

  test('that comes back is decided on again, until the last attempt has failed', async () => {
    const { effects, sent, dispatched } = newWorld();
    for (const [attempt, receiveCount] of [
      [1, 2],
      [4, 3],
    ] as const) {
      await sendPush({ ...work, attempt }, receiveCount, effects);
    }
    const again = { type: 'again', user_id: 7, device_id: 3, chat_id: 42, seq: 5 };
    assert.deepEqual(dispatched.splice(0), [
      { ...again, attempt: 2 },
      { ...again, attempt: 5 },
    ]);
    await assert.rejects(sendPush({ ...work, attempt: 5 }, 2, effects), RetryLaterError);
    assert.deepEqual([sent, dispatched], [[], []]);
  });

  test('to a device that is gone has it forgotten, and one that is refused is given up', async () => {
    const { effects, sent, dispatched, measured } = newWorld([
      { outcome: 'gone' },
      { outcome: 'refused', status: 400 },
    ]);
    for (const seq of [5, 5, 6, 6]) await sendPush({ ...work, seq }, 1, effects);
    assert.equal(sent.length, 2);
    assert.deepEqual(dispatched, [{ type: 'forget', user_id: 7, device_id: 3, token: work.token }]);
    assert.deepEqual(measured, [{ PushesRefused: 1 }]);
  });
});

const now = new Date('2026-03-10T12:00:00.000Z');
const hosts = () => ({ services: ['push.example.org'], onThisMachine: [] });

/** A network with prepared responses that records its requests. */
const fakeNetwork = (...answers: Partial<PushResponse>[]) => {
  const requests: PushRequest[] = [];
  const send = async (request: PushRequest): Promise<PushResponse> => {
    requests.push(request);
    return { status: 201, retryAfter: null, text: '', ...answers.shift() };
  };
  return { requests, send };
};

suite('Web Push', () => {
  const current = newVapidKeys();
  const former = newVapidKeys();
  const sender = (network: ReturnType<typeof fakeNetwork>, keys: PushKeys) =>
    createWebPush({
      send: network.send,
      keys: async () => keys,
      hosts,
      subject: () => 'mailto:ops@example.org',
      clock: () => now,
    });
  const keyIn = ({ headers }: PushRequest): string | undefined =>
    /k=(\S+)$/.exec(headers['authorization'] ?? '')?.[1];

  test('reads what became of a push in the status', async () => {
    const cases: [Partial<PushResponse>, PushOutcome][] = [
      [{ status: 200 }, { outcome: 'sent' }],
      [{ status: 404 }, { outcome: 'gone' }],
      [{ status: 410 }, { outcome: 'gone' }],
      [
        { status: 429, retryAfter: 7 },
        { outcome: 'later', seconds: 7 },
      ],
      [{ status: 503 }, { outcome: 'later', seconds: null }],
      [{ status: 301 }, { outcome: 'refused', status: 301 }],
      [{ status: 413 }, { outcome: 'refused', status: 413 }],
    ];
    for (const [answer, expected] of cases) {
      assert.deepEqual(await sender(fakeNetwork(answer), current)(work), expected);
    }
  });

  test('shows the former keys to a subscription that was made with them', async () => {
    const network = fakeNetwork({ status: 403 }, { status: 201 });
    assert.deepEqual(await sender(network, { ...current, former })(work), { outcome: 'sent' });
    assert.deepEqual(network.requests.map(keyIn), [current.public_key, former.public_key]);
    const alone = fakeNetwork({ status: 403 });
    assert.deepEqual(await sender(alone, current)(work), { outcome: 'refused', status: 403 });
    assert.equal(alone.requests.length, 1);
  });

  test('asks no host that is allowed no longer', async () => {
    const network = fakeNetwork();
    const token = 'https://elsewhere.example.org/x';
    assert.deepEqual(await sender(network, current)({ ...work, token }), { outcome: 'gone' });
    assert.deepEqual(network.requests, []);
  });
});

suite('FCM', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const account = {
    project_id: 'chat',
    client_email: 'push@chat.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    token_uri: 'https://oauth2.googleapis.com/token',
    universe_domain: 'googleapis.com',
  };
  const keys: PushKeys = { ...newVapidKeys(), fcm: account };
  const payload = {
    type: 'message',
    chat_id: 42,
    id: 99,
    seq: 5,
    chat_name: 'Engines',
    sender_username: 'ada',
    preview: null,
    mention: true,
    unread_total: 3,
  };
  const toPhone: PushWork = { ...work, kind: 'fcm', token: 'registration', body: JSON.stringify(payload) };
  const granted = { status: 200, text: JSON.stringify({ access_token: 'bearer', expires_in: 3599 }) };
  const bodyOf = (request: PushRequest | undefined): string => request?.body.toString() ?? '';

  test('gets a token by its service account once, and sends texts', async () => {
    const network = fakeNetwork(granted, { status: 200 }, { status: 200 });
    const send = createFcm({ send: network.send, keys: async () => keys, clock: () => now });
    assert.deepEqual([await send(toPhone), await send(toPhone)], [{ outcome: 'sent' }, { outcome: 'sent' }]);
    const [asked, first, second] = network.requests;
    assert.equal(network.requests.length, 3);
    const form = new URLSearchParams(bodyOf(asked));
    const claims = jwt.verify(form.get('assertion') ?? '', publicKey, {
      algorithms: ['RS256'],
      audience: account.token_uri,
      clockTimestamp: now.getTime() / 1000,
    }) as jwt.JwtPayload;
    assert.equal(claims.iss, account.client_email);
    assert.equal(first?.url.href, 'https://fcm.googleapis.com/v1/projects/chat/messages:send');
    assert.equal(second?.headers['authorization'], 'Bearer bearer');
    const { message } = JSON.parse(bodyOf(first)) as {
      message: {
        token: string;
        data: Record<string, unknown>;
        android: object;
        apns: { payload: { aps: object } };
      };
    };
    assert.equal(message.token, 'registration');
    assert.deepEqual(message.data, {
      type: 'message',
      chat_id: '42',
      id: '99',
      seq: '5',
      chat_name: 'Engines',
      sender_username: 'ada',
      mention: 'true',
      unread_total: '3',
    });
    assert.deepEqual(message.android, { priority: 'HIGH', ttl: '86400s', collapse_key: 'topic' });
    assert.deepEqual(message.apns.payload.aps, {
      alert: { title: 'ada · Engines' },
      badge: 3,
      'thread-id': 'chat-42',
      'mutable-content': 1,
    });
  });

  test('gets another token once when several pushes find the old one invalid', async () => {
    const grants = ['old', 'new', 'spare'];
    const asked: string[] = [];
    const held: (() => void)[] = [];
    const send = createFcm({
      send: async ({ url, headers }) => {
        const answer = { status: 200, text: '', retryAfter: null };
        if (url.href === account.token_uri) {
          const token = grants.shift() ?? '';
          asked.push(token);
          return { ...answer, text: JSON.stringify({ access_token: token, expires_in: 3599 }) };
        }
        if (headers['authorization'] !== 'Bearer old') return answer;
        await new Promise<void>((resolve) => held.push(resolve));
        return { ...answer, status: 401 };
      },
      keys: async () => keys,
      clock: () => now,
    });
    const first = send(toPhone);
    await setImmediate();
    const second = send(toPhone);
    await setImmediate();
    held[0]?.();
    assert.equal((await first).outcome, 'later');
    assert.equal((await send(toPhone)).outcome, 'sent');
    held[1]?.();
    assert.equal((await second).outcome, 'later');
    assert.equal((await send(toPhone)).outcome, 'sent');
    assert.deepEqual(asked, ['old', 'new']);
  });

  test('tells a registration that is gone from a project that is not there', async () => {
    const unregistered = JSON.stringify({ error: { details: [{ errorCode: 'UNREGISTERED' }] } });
    const cases: [Partial<PushResponse>[], PushOutcome][] = [
      [[granted, { status: 404, text: unregistered }], { outcome: 'gone' }],
      [[granted, { status: 404, text: '{}' }], { outcome: 'refused', status: 404 }],
      [[granted, { status: 429, retryAfter: 60 }], { outcome: 'later', seconds: 60 }],
      [[granted, { status: 401 }], { outcome: 'later', seconds: null }],
      [[granted, { status: 400 }], { outcome: 'refused', status: 400 }],
      [[{ status: 503 }], { outcome: 'later', seconds: null }],
      [[{ status: 404 }], { outcome: 'refused', status: 404 }],
    ];
    for (const [answers, expected] of cases) {
      const { send } = fakeNetwork(...answers);
      assert.deepEqual(
        await createFcm({ send, keys: async () => keys, clock: () => now })(toPhone),
        expected,
      );
    }
  });
});
