import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ChatError, type ClientPlatform } from '../../../lib/client/chat-client.ts';
import { createConnection } from '../../../lib/client/connection.ts';
import type { Call } from '../../../lib/client/contract.ts';
import { platformOf } from '../../../lib/client/platform.ts';
import type { Session } from '../../../lib/client/session.ts';
import { createFakePlatform, settle } from '../../support/fake-platform.ts';
import { createFakeClient } from '../../support/fake-service.ts';

const createScene = (
  options: { tokenSeconds?: number; ticket?: () => string; own?: Partial<ClientPlatform> } = {},
) => {
  const fake = createFakePlatform();
  const platform = { ...fake.platform, ...options.own };
  const happened: string[] = [];
  let tickets = 0;
  let expiresAt = platform.now() + (options.tokenSeconds ?? 100_000) * 1000;
  const call = (async () => ({ websocket_url: 'wss://chat.example.org/local' })) as unknown as Call;
  const session = {
    user: { id: 1 },
    get tokenExpiresAt() {
      return expiresAt;
    },
    renew: async () => {
      happened.push('renew');
      expiresAt = platform.now() + 1_800_000;
    },
    call: async () => {
      tickets += 1;
      return { ticket: options.ticket?.() ?? `ticket-${tickets}` };
    },
  } as unknown as Session;
  const connection = createConnection(call, session, platform, {
    onConnecting: () => happened.push('connecting'),
    onOpen: () => happened.push('open'),
    onFrame: ({ type }) => happened.push(type),
    onClosed: () => happened.push('closed'),
    onSuspended: ({ message }) => happened.push(message),
  });
  return { ...fake, connection, happened };
};

suite('a connection', () => {
  test('asks no more for a suspended account, until it is started again', async () => {
    let isSuspended = true;
    const { connection, socket, sockets, pass, happened } = createScene({
      ticket: () => {
        if (!isSuspended) return 'ticket';
        throw new ChatError({
          detail: 'This account is suspended.',
          status_code: 403,
          code: 'account_suspended',
        });
      },
    });
    connection.start();
    await settle();
    await pass(120_000);
    assert.equal(sockets.length, 0);
    assert.deepEqual(happened, ['connecting', 'This account is suspended.']);
    connection.stop();
    isSuspended = false;
    connection.start();
    await settle();
    socket().open();
    assert.equal(happened.at(-1), 'open');
    connection.stop();
  });

  test('opens by a ticket of its own each time, sooner or later', async () => {
    const { connection, socket, sockets, pass, happened } = createScene();
    connection.start();
    connection.start();
    await settle();
    assert.equal(socket().url, 'wss://chat.example.org/local?ticket=ticket-1');
    socket().open();
    socket().lose();
    await pass(400);
    assert.equal(sockets.length, 2);
    assert.equal(socket().url, 'wss://chat.example.org/local?ticket=ticket-2');
    assert.deepEqual(happened, ['connecting', 'open', 'closed', 'connecting']);
    // Each failure doubles the wait, up to half a minute.
    for (const wait of [750, 1500, 3000, 6000, 12_000, 22_500, 22_500]) {
      const before: number = sockets.length;
      socket().lose();
      await pass(wait - 10);
      assert.equal(sockets.length, before);
      await pass(20);
      assert.equal(sockets.length, before + 1);
    }
    socket().open();
    socket().lose();
    await pass(400);
    assert.equal(socket().readyState, 0, 'after a success it waits little again');
  });

  test('notices that nobody answers', async () => {
    const { connection, socket, sockets, pass, happened } = createScene();
    connection.start();
    await settle();
    socket().open();
    await pass(4 * 60_000);
    assert.deepEqual(socket().sent, [{ type: 'ping' }]);
    socket().receive({ type: 'pong' });
    for (let minute = 0; minute < 4; minute += 1) {
      // However much is received, the lease wants to be renewed.
      socket().receive({ type: 'new_message' });
      await pass(60_000);
    }
    assert.deepEqual(socket().sent, [{ type: 'ping' }, { type: 'ping' }]);
    assert.equal(sockets.length, 1);
    await pass(10_500);
    assert.equal(sockets.length, 2);
    assert.ok(happened.includes('closed'));
  });

  test('gives up a handshake that takes too long', async () => {
    const { connection, sockets, pass } = createScene();
    connection.start();
    await pass(16_000);
    assert.equal(sockets.length, 2);
  });

  test('is renewed before the token runs out, and before the two hours of API Gateway are over', async () => {
    const { connection, socket, sockets, pass, happened } = createScene({ tokenSeconds: 1800 });
    connection.start();
    await settle();
    socket().open();
    const beat = async (): Promise<void> => {
      for (let minute = 0; minute < 29; minute += 1) {
        socket().receive({ type: 'pong' });
        await pass(60_000);
      }
    };
    await beat();
    assert.equal(sockets.length, 1);
    await pass(20_000);
    assert.equal(sockets.length, 2);
    assert.deepEqual(happened.slice(-3), ['closed', 'connecting', 'renew']);

    const long = createScene();
    long.connection.start();
    await settle();
    long.socket().open();
    for (let minute = 0; minute < 119 && long.sockets.length === 1; minute += 1) {
      long.socket().receive({ type: 'pong' });
      await long.pass(60_000);
    }
    assert.ok(long.sockets.length > 1);
  });

  test('waits when the service asks for it', async () => {
    let refused = true;
    const { connection, sockets, pass } = createScene({
      ticket: () => {
        if (!refused) return 'ticket';
        throw new ChatError({ detail: 'Wait.', status_code: 429, code: 'rate_limited', retry_after: 60 });
      },
    });
    connection.start();
    await pass(59_000);
    refused = false;
    assert.equal(sockets.length, 0);
    await pass(2000);
    assert.equal(sockets.length, 1);
  });

  test('looks at once whether it is alive when the device may have slept', async () => {
    let wake = (): void => undefined;
    const { connection, socket, sockets, pass, happened } = createScene({
      own: {
        onWake: (listener) => {
          wake = listener;
          return () => happened.push('no longer listening');
        },
      },
    });
    connection.start();
    await settle();
    socket().open();
    for (let event = 0; event < 3; event += 1) wake();
    assert.deepEqual(socket().sent, [{ type: 'ping' }], 'several events are one waking');
    socket().receive({ type: 'pong' });
    await pass(10_000);
    assert.equal(sockets.length, 1);
    wake();
    await pass(3100);
    assert.equal(sockets.length, 2, 'nobody answered');

    // In the middle of a long wait.
    for (let failures = 0; failures < 8; failures += 1) {
      socket().lose();
      await pass(22_400);
    }
    const before = sockets.length;
    socket().lose();
    wake();
    await settle();
    assert.equal(sockets.length, before + 1);
    connection.stop();
    assert.equal(happened.at(-1), 'no longer listening');
    wake();
    await settle();
    assert.equal(sockets.length, before + 1);
  });

  test('waking does not shorten a wait that the service asked for', async () => {
    let wake = (): void => undefined;
    let asked = 0;
    const { connection, pass } = createScene({
      own: {
        onWake: (listener) => {
          wake = listener;
          return () => undefined;
        },
      },
      ticket: () => {
        asked += 1;
        throw new ChatError({ detail: 'Wait.', status_code: 429, code: 'rate_limited', retry_after: 60 });
      },
    });
    connection.start();
    await pass(30_000);
    wake();
    await settle();
    assert.equal(asked, 1);
  });

  test('notices by its clock that the device slept', async () => {
    let sleptMs = 0;
    const fake = createFakePlatform();
    const { connection } = createScene({
      own: { ...fake.platform, now: () => fake.platform.now() + sleptMs },
    });
    connection.start();
    await settle();
    fake.socket().open();
    await fake.pass(20_000);
    assert.deepEqual(fake.socket().sent, []);
    sleptMs = 3_600_000;
    await fake.pass(10_000);
    assert.deepEqual(fake.socket().sent, [{ type: 'ping' }]);
    await fake.pass(3100);
    assert.equal(fake.sockets.length, 2);
    connection.stop();
  });

  test('pings a proxy awake where the platform is a browser, whose events it hears', async () => {
    const listeners = {
      page: new EventTarget(),
      document: Object.assign(new EventTarget(), { hidden: false }),
    };
    const globals = {
      document: listeners.document,
      addEventListener: listeners.page.addEventListener.bind(listeners.page),
      removeEventListener: listeners.page.removeEventListener.bind(listeners.page),
    };
    assert.equal(platformOf().heartbeatMs, 4 * 60_000);
    Object.assign(globalThis, globals);
    try {
      const { heartbeatMs, onWake } = platformOf();
      const { connection, socket, pass } = createScene({ own: { heartbeatMs, onWake } });
      connection.start();
      await settle();
      socket().open();
      await pass(45_000);
      assert.deepEqual(socket().sent, [{ type: 'ping' }]);
      for (const [target, type] of [
        [listeners.page, 'online'],
        [listeners.page, 'offline'],
        [listeners.page, 'pageshow'],
        [listeners.document, 'visibilitychange'],
      ] as const) {
        socket().receive({ type: 'pong' });
        const before = socket().sent.length;
        target.dispatchEvent(new Event(type));
        assert.equal(socket().sent.length, before + 1, type);
      }
      socket().receive({ type: 'pong' });
      listeners.document.hidden = true;
      const before = socket().sent.length;
      listeners.document.dispatchEvent(new Event('visibilitychange'));
      assert.equal(socket().sent.length, before);
      connection.stop();
      listeners.page.dispatchEvent(new Event('online'));
      assert.equal(socket().sent.length, before);
    } finally {
      for (const name of Object.keys(globals)) Reflect.deleteProperty(globalThis, name);
    }
  });

  test('takes a socket on which somebody else speaks for lost', async () => {
    const { connection, socket, sockets, pass } = createScene();
    connection.start();
    for (const data of ['<html>', '42', 'null', '{"hello":"there"}', '{"type":1}']) {
      await pass(400);
      socket().open();
      const before = sockets.length;
      socket().dispatchEvent(new MessageEvent('message', { data }));
      await pass(400);
      assert.equal(sockets.length, before + 1, data);
    }
    connection.stop();
  });

  test('stops, and hears nothing more', async () => {
    const { connection, socket, sockets, pass, happened } = createScene();
    connection.start();
    await settle();
    const first = socket();
    first.open();
    connection.stop();
    first.receive({ type: 'new_message' });
    first.lose();
    await pass(1_000_000);
    assert.deepEqual([sockets.length, connection.send({ type: 'ping' })], [1, false]);
    assert.deepEqual(happened, ['connecting', 'open']);
    connection.start();
    await settle();
    assert.equal(sockets.length, 2);
  });
});

suite('the connection of a client', () => {
  const goOnline = async () => {
    const scene = createFakeClient();
    await scene.client.logIn('ada', 'secret');
    const socket = await scene.goOnline();
    return { ...scene, socket };
  };

  test('closes the socket that it gives up', async () => {
    const { client, socket, sockets, pass } = await goOnline();
    client.reconnect();
    await pass(0);
    assert.deepEqual([socket.readyState, sockets.length], [3, 2]);
  });

  test('stays away once another device has displaced it, which would be displaced in turn', async () => {
    const { client, socket, sockets, pass } = await goOnline();
    socket.receive({
      type: 'error',
      detail: 'No.',
      status_code: 429,
      code: 'too_many_connections',
      ref: null,
    });
    socket.lose();
    await pass(600_000);
    assert.deepEqual([client.state, sockets.length], ['displaced', 1]);
  });

  test('looks for missed changes with a pong now and then, and not with each', async () => {
    const { service, socket, pass } = await goOnline();
    const syncs = (): number => service.askedFor('/sync').length;
    const before = syncs();
    const told: number[] = [];
    for (let heartbeat = 0; heartbeat < 4; heartbeat += 1) {
      await pass(4 * 60_000);
      socket.receive({ type: 'pong' });
      await settle();
      told.push(syncs() - before);
    }
    assert.deepEqual(told, [0, 0, 1, 1]);
  });
});
