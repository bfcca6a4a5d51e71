import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { ErrorBody } from '../../functions/routes/schemas.ts';
import type { Tokens } from '../../functions/routes/users.ts';
import { openChatSocket } from '../../lib/client/chat-socket.ts';
import type { HttpAnswer } from '../../lib/client/http-client.ts';
import { assertDocumented } from '../support/answers.ts';
import { startLocalService, type LocalService } from '../support/local-service.ts';
import { assertError, newAccount } from '../support/people.ts';
import { sendRaw } from '../support/raw-http.ts';

// Each test comes from an address of its own: all of 127.0.0.0/8 is this machine.
let service: LocalService;
before(async () => {
  service = await startLocalService({ environment: { RATE_LIMITS: 'on' } });
});
after(() => service.stop());

const request = async <Body>(
  from: string,
  path: string,
  body: unknown,
  token?: string,
  method = 'POST',
): Promise<HttpAnswer<Body>> => {
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const answer = await sendRaw(service.httpUrl, {
    method,
    path: `/api/v1${path}`,
    headers,
    body: JSON.stringify(body),
    from,
  });
  assertDocumented(method, `/api/v1${path}`, answer);
  return answer as HttpAnswer<Body>;
};
const register = (from: string, account: object) => request<{ id: number }>(from, '/users/register', account);
const logIn = (from: string, username: string, password: string) =>
  request<Tokens>(from, '/users/login', { username, password });

/** How long a refused request is asked to wait, in seconds: the header and the body say the same. */
const waitOf = (answer: HttpAnswer<unknown>): number => {
  const { retry_after: wait } = assertError(answer, 429, 'rate_limited');
  assert.ok(wait !== undefined && wait >= 1);
  assert.equal(answer.headers.get('retry-after'), String(wait));
  return wait;
};

/** Tries something so many times at once. @returns how many came to which status */
const burst = async (count: number, attempt: (index: number) => Promise<HttpAnswer<unknown>>) => {
  const answers = await Promise.all(Array.from({ length: count }, (_, index) => attempt(index)));
  for (const answer of answers) if (answer.status === 429) waitOf(answer);
  return Object.fromEntries(
    [...Map.groupBy(answers, ({ status }) => status)].map(([status, group]) => [status, group.length]),
  );
};

suite('registration', () => {
  test('of 30 at once from an address, 20 make an account', async () => {
    const statuses = await burst(30, () => register('127.0.1.1', newAccount()));
    assert.deepEqual(statuses, { 201: 20, 429: 10 });
    assert.ok(waitOf(await register('127.0.1.1', newAccount())) > 60, 'until the hour is over');
    assert.equal((await register('127.0.1.2', newAccount())).status, 201, 'another address is not concerned');
  });

  test('that makes no account does not count', async () => {
    const account = newAccount();
    assert.equal((await register('127.0.1.3', account)).status, 201);
    for (let n = 0; n < 25; n += 1) {
      assertError(await register('127.0.1.3', account), 409, 'username_taken');
    }
    const statuses = await burst(19, () => register('127.0.1.3', newAccount()));
    assert.deepEqual(statuses, { 201: 19 });
    waitOf(await register('127.0.1.3', newAccount()));
  });

  test('that finds a name taken too often is refused, and keeps nobody else from an account', async () => {
    const account = newAccount();
    assert.equal((await register('127.0.1.4', account)).status, 201);
    const statuses = await burst(110, (index) =>
      register('127.0.1.4', {
        ...newAccount(),
        ...(index % 2 === 0 ? { username: account.username } : { email: account.email }),
      }),
    );
    assert.deepEqual(statuses, { 409: 100, 429: 10 });
    waitOf(await register('127.0.1.4', newAccount()));
    assert.equal((await register('127.0.1.5', newAccount())).status, 201);
  });
});

suite('logging in', () => {
  test('of 15 at once with a wrong password, 10 are looked at, for whichever name of the account', async () => {
    const account = newAccount();
    await register('127.0.2.1', account);
    const names = [account.username, account.username.toUpperCase(), account.email];
    const statuses = await burst(15, (index) => logIn('127.0.2.1', names[index % 3] ?? '', 'wrong'));
    assert.deepEqual(statuses, { 401: 10, 429: 5 });
    // Whoever knows the password waits too, from that address.
    for (const name of names) waitOf(await logIn('127.0.2.1', name, account.password));
    for (const name of names) assert.equal((await logIn('127.0.2.2', name, account.password)).status, 200);
    waitOf(await logIn('127.0.2.1', account.username, account.password));
  });

  test('of tries on an account from everywhere, 200 are looked at, and those from one address keep nothing up', async () => {
    const account = newAccount();
    await register('127.0.5.1', account);
    const addresses = Array.from({ length: 25 }, (_, index) => `127.0.5.${index + 1}`);
    const statuses: Record<string, number> = {};
    for (const address of addresses) {
      const counts = await burst(10, () => logIn(address, account.username, 'wrong'));
      for (const [status, count] of Object.entries(counts))
        statuses[status] = (statuses[status] ?? 0) + count;
    }
    assert.deepEqual(statuses, { 401: 200, 429: 50 });
    const first = waitOf(await logIn('127.0.5.100', account.username, account.password));
    assert.ok(first <= 15 * 60);
    const other = newAccount();
    await register('127.0.5.1', other);
    assert.equal((await logIn('127.0.5.100', other.username, other.password)).status, 200);
  });

  test('tries that are refused count for their address', async () => {
    const [account, other] = [newAccount(), newAccount()];
    for (const each of [account, other]) await register('127.0.2.8', each);
    const statuses = await burst(49, () => logIn('127.0.2.8', account.username, 'wrong'));
    assert.deepEqual(statuses, { 401: 10, 429: 39 });
    assert.equal((await logIn('127.0.2.8', other.username, other.password)).status, 200);
    waitOf(await logIn('127.0.2.8', account.username, 'wrong'));
    waitOf(await logIn('127.0.2.8', other.username, other.password));
    assert.equal((await logIn('127.0.2.9', other.username, other.password)).status, 200);
  });

  test('unknown names are counted as known ones are', async () => {
    const { username: nobody } = newAccount('nobody');
    const statuses = await burst(15, (index) =>
      logIn('127.0.2.3', index % 2 === 0 ? nobody : nobody.toUpperCase(), 'wrong'),
    );
    assert.deepEqual(statuses, { 401: 10, 429: 5 });
  });

  test('the wait grows with every further try', async () => {
    const { username: nobody } = newAccount('nobody');
    await burst(10, () => logIn('127.0.2.4', nobody, 'wrong'));
    const waits: number[] = [];
    for (let n = 0; n < 4; n += 1) waits.push(waitOf(await logIn('127.0.2.4', nobody, 'wrong')));
    assert.deepEqual(waits, [15, 30, 60, 120]);
  });

  test('a success forgets the failures before it', async () => {
    const account = newAccount();
    await register('127.0.2.5', account);
    for (let round = 0; round < 3; round += 1) {
      assert.deepEqual(await burst(9, () => logIn('127.0.2.5', account.username, 'wrong')), { 401: 9 });
      assert.equal((await logIn('127.0.2.5', account.email, account.password)).status, 200);
    }
  });

  test('of 60 names at once from an address, 50 are looked at', async () => {
    const account = newAccount();
    await register('127.0.2.6', account);
    const statuses = await burst(60, () => logIn('127.0.2.6', newAccount('nobody').username, 'wrong'));
    assert.deepEqual(statuses, { 401: 50, 429: 10 });
    waitOf(await logIn('127.0.2.6', account.username, account.password));
    assert.equal((await logIn('127.0.2.7', account.username, account.password)).status, 200);
  });
});

suite('a password asked for in a session', () => {
  const asking: Record<string, (token: string, password: string) => Promise<HttpAnswer<unknown>>> = {
    'to change it': (token, password) =>
      request(
        '127.0.4.1',
        '/users/me/password',
        { current_password: password, new_password: 'a new battery' },
        token,
      ),
    'to change the e-mail address': (token, password) =>
      request('127.0.4.1', '/users/me', { email: newAccount().email, password }, token, 'PUT'),
    'to delete the account': (token, password) =>
      request('127.0.4.1', '/users/me', { password }, token, 'DELETE'),
  };
  for (const [what, ask] of Object.entries(asking)) {
    test(`${what} may be wrong ten times, and the owner may still throw the thief out`, async () => {
      const account = newAccount();
      await register('127.0.4.1', account);
      const [thief = '', owner = ''] = await Promise.all(
        [1, 2].map(
          async () => (await logIn('127.0.4.1', account.username, account.password)).body.access_token,
        ),
      );
      assert.deepEqual(await burst(15, () => ask(thief, 'wrong')), { 403: 10, 429: 5 });
      // Neither the right password nor another use of it helps.
      for (const other of Object.values(asking)) waitOf(await other(thief, account.password));
      assert.equal((await logIn('127.0.4.2', account.username, account.password)).status, 200);
      const { status } = await request(
        '127.0.4.1',
        '/users/me/password',
        { current_password: account.password, new_password: 'a new battery' },
        owner,
      );
      assert.equal(status, 204);
    });
  }
});

suite('sending', () => {
  /** Someone with a chat of their own. */
  const newSender = async (from: string) => {
    const account = newAccount();
    await register(from, account);
    const { body: tokens } = await logIn(from, account.username, account.password);
    const chat = { chat_type: 'group', name: 'Notes', participant_ids: [] };
    const { body } = await request<{ id: number }>(from, '/chats', chat, tokens.access_token);
    return { token: tokens.access_token, chatId: body.id };
  };

  /** What may pass in the time that it took: the burst, and five a second. */
  const assertWithin = (passed: number, startedAt: number): void => {
    const seconds = (performance.now() - startedAt) / 1000;
    assert.ok(passed >= 20, `${passed} passed, and 20 may at once`);
    assert.ok(passed <= 20 + Math.ceil(seconds * 5), `${passed} passed within ${seconds} s`);
  };

  test('of 30 at once, no more pass than may', async () => {
    const { token, chatId } = await newSender('127.0.3.1');
    const startedAt = performance.now();
    const statuses = await burst(30, (index) =>
      request('127.0.3.1', '/messages', { chat_id: chatId, content: String(index) }, token),
    );
    assertWithin(statuses[201] ?? 0, startedAt);
  });

  test('by HTTP and by frames is counted together, and what is refused is not stored', async () => {
    const { token, chatId } = await newSender('127.0.3.2');
    const socket = await openChatSocket(service.websocketUrl, token);
    const startedAt = performance.now();
    const overHttp = burst(14, (index) =>
      request('127.0.3.2', '/messages', { chat_id: chatId, content: String(index) }, token),
    );
    const isAnswer =
      (ref: string) =>
      ({ type, ...frame }: { type: string; [field: string]: unknown }): boolean =>
        type === 'error' ? frame['ref'] === ref : type === 'ack' && frame['client_message_id'] === ref;
    const frames = Array.from({ length: 14 }, () => crypto.randomUUID());
    for (const id of frames) {
      socket.send({ type: 'message', chat_id: chatId, content: id, client_message_id: id });
    }
    const answers = await Promise.all(frames.map((id) => socket.take(isAnswer(id), 60_000)));
    const statuses = await overHttp;
    const errors = answers.filter(({ type }) => type === 'error') as unknown as ErrorBody[];
    for (const error of errors) {
      assert.deepEqual([error.status_code, error.code], [429, 'rate_limited']);
      assert.ok((error.retry_after ?? 0) >= 1);
    }
    const passed = (statuses[201] ?? 0) + answers.length - errors.length;
    assertWithin(passed, startedAt);
    const stored = await sendRaw(service.httpUrl, {
      method: 'GET',
      path: `/api/v1/messages/chat/${chatId}`,
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal((stored.body as { total: number }).total, passed);
    await socket.close();
  });
});
