import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { WebSocket } from 'ws';
import { limits } from '../../functions/contract/limits.ts';
import type { ChatDetail, ErrorBody, Message } from '../../functions/contract/schemas.ts';
import type { Tokens } from '../../functions/sessions/contract.ts';
import { codeOfStep, fromBase32, stepAt } from '../../functions/second-factor/totp.ts';
import { openChatSocket, type ChatSocket, type ServerFrame } from '../../lib/bench/plain-chat-socket.ts';
import type { HttpAnswer } from '../../lib/bench/plain-http-client.ts';
import { assertDocumented } from '../support/answers.ts';
import { startLocalService, type LocalService } from '../support/local-service.ts';
import { assertError, newAccount } from '../support/people.ts';
import { openMailbox } from '../support/mails.ts';
import { sendRaw } from '../support/raw-http.ts';

// Each test sends from its own address: all of 127.0.0.0/8 belongs to this machine.
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

/** The wait that a refused request must observe, in seconds; checks that header and body agree. */
const waitOf = (answer: HttpAnswer<unknown>): number => {
  const { retry_after: wait } = assertError(answer, 429, 'rate_limited');
  assert.ok(wait !== undefined && wait >= 1);
  assert.equal(answer.headers.get('retry-after'), String(wait));
  return wait;
};

/** Runs this many attempts in parallel. @returns the number of responses by status */
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

suite('mails', () => {
  const mails = () => openMailbox(join(service.dataDirectory, 'mail'));
  const forget = (from: string, email: string) => request(from, '/users/password/forgot', { email });

  test('a new password is asked for three times an hour by an address, known or not, in any case', async () => {
    const account = newAccount();
    await register('127.0.6.1', account);
    for (const email of [account.email, newAccount().email]) {
      const names = [email, email.toUpperCase()];
      const statuses = await burst(6, (index) => forget(`127.0.6.${index + 1}`, names[index % 2] ?? ''));
      assert.deepEqual(statuses, { 202: 3, 429: 3 });
      assert.ok(waitOf(await forget('127.0.6.9', email)) > 3000);
    }
    assert.equal(
      (await mails().waitFor(account.email, 4)).length,
      4,
      'and the one that confirms the address',
    );
  });

  test('a confirmation is sent again three times an hour, and the address changed ten times', async () => {
    const account = newAccount();
    await register('127.0.6.10', account);
    const { access_token: token } = (await logIn('127.0.6.10', account.username, account.password)).body;
    const again = () => request('127.0.6.10', '/users/me/email/verification', {}, token);
    assert.deepEqual(await burst(5, again), { 202: 3, 429: 2 });
    const change = () =>
      request(
        '127.0.6.10',
        '/users/me',
        { email: newAccount().email, password: account.password },
        token,
        'PUT',
      );
    assert.deepEqual(await burst(12, change), { 200: 10, 429: 2 });
  });

  test('no more than ten an hour go to one address, whoever causes them', async () => {
    const { email } = newAccount();
    const [one, other] = [newAccount(), newAccount()];
    const tokens: string[] = [];
    for (const account of [one, other]) {
      await register('127.0.6.11', account);
      tokens.push((await logIn('127.0.6.11', account.username, account.password)).body.access_token);
    }
    // Each takes the address from the other: a mail to it each time.
    const take = (index: number, to: string) =>
      request('127.0.6.11', '/users/me', { email: to, password: one.password }, tokens[index], 'PUT');
    for (let n = 1; n <= 10; n += 1) {
      assert.equal((await take(n % 2, email)).status, 200);
      await mails().waitFor(email, n);
      if (n < 10) assert.equal((await take(n % 2, newAccount().email)).status, 200);
    }
    const { email: last } = newAccount();
    assert.equal((await request('127.0.6.12', '/users/password/forgot', { email })).status, 202);
    assert.equal((await register('127.0.6.12', { ...newAccount(), email: last })).status, 201);
    await mails().waitFor(last);
    assert.equal((await mails().waitFor(email)).length, 10);
  });

  test('a new password lets in whoever was locked out', async () => {
    const account = newAccount();
    await register('127.0.6.13', account);
    for (let n = 0; n < 20; n += 1) {
      await burst(10, () => logIn(`127.0.7.${n + 1}`, account.username, 'wrong'));
    }
    await burst(15, () => logIn('127.0.6.13', account.username, 'wrong'));
    waitOf(await logIn('127.0.6.13', account.username, account.password));
    await forget('127.0.6.13', account.email);
    const mail = (await mails().waitFor(account.email, 2))[1];
    const token = /token=([\w-]+)/.exec(mail?.text ?? '')?.[1];
    const body = { token, new_password: 'a moth in the relay' };
    assert.equal((await request('127.0.6.13', '/users/password/reset', body)).status, 204);
    assert.equal((await logIn('127.0.6.13', account.username, body.new_password)).status, 200);
    assert.equal((await logIn('127.0.6.14', account.username, body.new_password)).status, 200);
  });
});

test('of 15 wrong codes of a second factor at once, ten are looked at, and the password alone clears nothing', async () => {
  const account = newAccount();
  await register('127.0.8.1', account);
  const { username, password } = account;
  const { access_token: token } = (await logIn('127.0.8.1', username, password)).body;
  const started = await request<{ secret: string }>('127.0.8.1', '/users/me/totp', { password }, token);
  const code = codeOfStep(fromBase32(started.body.secret), stepAt(new Date()));
  const confirm = (given: string) =>
    request<{ recovery_codes: string[] }>('127.0.8.1', '/users/me/totp/confirm', { code: given }, token);
  const confirmed = await confirm(code);
  assert.equal(confirmed.status, 200);
  const [first, second] = confirmed.body.recovery_codes;

  const enter = (from: string, totp?: string) =>
    request(from, '/users/login', { username, password, ...(totp === undefined ? {} : { totp }) });
  assert.deepEqual(await burst(5, () => enter('127.0.8.1', 'wrong')), { 401: 5 });
  assertError(await enter('127.0.8.1'), 401, 'totp_required');
  assert.deepEqual(await burst(10, () => enter('127.0.8.1', 'wrong')), { 401: 5, 429: 5 });
  waitOf(await enter('127.0.8.1', first));
  assert.equal((await enter('127.0.8.2', first)).status, 200);

  const stop = (given: string | undefined) =>
    request('127.0.8.1', '/users/me/totp', { password, code: given }, token, 'DELETE');
  assert.deepEqual(await burst(15, () => stop('wrong')), { 401: 10, 429: 5 });
  waitOf(await stop(second));
});

test('of wrong codes of an account, twenty an hour are looked at from wherever they come, and a recovery code lets in', async () => {
  const account = newAccount();
  await register('127.0.9.1', account);
  const { username, password } = account;
  const { access_token: token } = (await logIn('127.0.9.1', username, password)).body;
  const started = await request<{ secret: string }>('127.0.9.1', '/users/me/totp', { password }, token);
  const secret = fromBase32(started.body.secret);
  const step = stepAt(new Date());
  const good = new Set(Array.from({ length: 12 }, (_, index) => codeOfStep(secret, step - 2 + index)));
  const wrong = ['000000', '111 111'].find((code) => !good.has(code.replace(' ', ''))) ?? '222222';
  const confirm = (code: string) =>
    request<{ recovery_codes: string[] }>('127.0.9.1', '/users/me/totp/confirm', { code }, token);
  assertError(await confirm(wrong), 401, 'invalid_totp');
  const { recovery_codes: codes } = (await confirm(codeOfStep(secret, step))).body;
  const stop = (code: string | undefined) =>
    request('127.0.9.1', '/users/me/totp', { password, code }, token, 'DELETE');
  assertError(await stop(wrong), 401, 'invalid_totp');

  const enter = (from: string, totp?: string, by = password) =>
    request(from, '/users/login', { username, password: by, ...(totp === undefined ? {} : { totp }) });
  assert.deepEqual(await burst(5, () => enter('127.0.9.2', wrong, 'a wrong password')), { 401: 5 });
  assertError(await enter('127.0.9.2'), 401, 'totp_required');
  for (const from of ['127.0.9.3', '127.0.9.4']) {
    assert.deepEqual(await burst(9, () => enter(from, wrong)), { 401: 9 });
  }
  for (const from of ['127.0.9.5', '127.0.9.6']) {
    assert.deepEqual(await burst(5, () => enter(from, wrong)), { 429: 5 });
  }
  assert.ok(waitOf(await enter('127.0.9.7', codeOfStep(secret, step + 1))) > 60, 'a right one, too');
  waitOf(await stop(codeOfStep(secret, step + 1)));
  assert.equal((await enter('127.0.9.7', codes[0])).status, 200);
  assert.equal((await stop(codes[1])).status, 204);
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

suite('every kind of request has a pace of its own for each user', () => {
  let address = 0;
  /** Somebody at an address of their own, and what they ask for. */
  const newUser = async () => {
    address += 1;
    const from = `127.0.5.${address}`;
    const account = newAccount();
    const { body: profile } = await register(from, account);
    const { body: tokens } = await logIn(from, account.username, account.password);
    const ask = async <Body>(method: string, path: string, body?: unknown): Promise<HttpAnswer<Body>> => {
      const answer = await sendRaw(service.httpUrl, {
        method,
        path: `/api/v1${path}`,
        headers: {
          authorization: `Bearer ${tokens.access_token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
        from,
      });
      assertDocumented(method, `/api/v1${path}`, answer);
      return answer as HttpAnswer<Body>;
    };
    const connect = (): Promise<ChatSocket> => openChatSocket(service.websocketUrl, tokens.access_token);
    return { ...account, from, id: profile.id, tokens, ask, connect };
  };
  const newGroup = async (creator: Awaited<ReturnType<typeof newUser>>, memberIds: readonly number[]) =>
    (
      await creator.ask<ChatDetail>('POST', '/chats', {
        chat_type: 'group',
        name: 'A group',
        participant_ids: memberIds,
      })
    ).body.id;

  /** Has as many passed as may: the burst, and what the time since then has paid for. */
  const assertPaced = (
    passed: number,
    { atOnce, aSecond, since }: { atOnce: number; aSecond: number; since: number },
  ): void => {
    const seconds = (performance.now() - since) / 1000;
    assert.ok(passed >= atOnce - 1, `${passed} passed, and ${atOnce} may at once`);
    assert.ok(passed <= atOnce + Math.ceil(seconds * aSecond), `${passed} passed within ${seconds} s`);
  };

  /** Goes on trying, so many times at once, until something was refused: how fast that is depends on the machine. */
  const floodUntilRefused = async (
    count: number,
    wave: (first: number) => Promise<Record<string, number>>,
  ) => {
    const statuses: Record<string, number> = {};
    for (let first = 0; first < 20 * count && statuses[429] === undefined; first += count) {
      for (const [status, times] of Object.entries(await wave(first))) {
        statuses[status] = (statuses[status] ?? 0) + times;
      }
    }
    assert.ok(statuses[429] !== undefined, JSON.stringify(statuses));
    return statuses;
  };
  const flood = (count: number, attempt: (index: number) => Promise<HttpAnswer<unknown>>) =>
    floodUntilRefused(count, (first) => burst(count, (index) => attempt(first + index)));

  const passedOf = (statuses: Record<string, number>): number =>
    Object.entries(statuses).reduce((sum, [status, count]) => (status === '429' ? sum : sum + count), 0);

  test('changes of whatever kind are counted together, and what is refused changes nothing', async () => {
    const ada = await newUser();
    const chatId = await newGroup(ada, []);
    const { body: message } = await ada.ask<Message>('POST', '/messages', { chat_id: chatId, content: 'a' });
    const since = performance.now();
    const changes: readonly ((index: number) => Promise<HttpAnswer<unknown>>)[] = [
      (index) => ada.ask('PUT', `/messages/${message.id}`, { content: `edit ${index}` }),
      (index) => ada.ask('PUT', `/chats/${chatId}`, { name: `Name ${index}` }),
      () => ada.ask('POST', `/chats/${chatId}/read`, { seq: 1 }),
      () => ada.ask('POST', '/chats', { chat_type: 'group', name: 'Another', participant_ids: [] }),
      () => ada.ask('POST', `/messages/${message.id}/restore`),
      () => ada.ask('POST', `/chats/${chatId}/participants`, { user_ids: [ada.id] }),
      () => ada.ask('PUT', `/chats/${chatId}/participants/${ada.id}`, { is_admin: true }),
      (index) => ada.ask('PUT', '/users/me', { full_name: `Ada ${index}` }),
    ];
    const statuses = await flood(56, async (index) => {
      const change = changes[index % changes.length];
      assert.ok(change !== undefined);
      return change(index);
    });
    assertPaced(passedOf(statuses), { atOnce: 20, aSecond: 5, since });
    assert.ok((statuses[200] ?? 0) + (statuses[201] ?? 0) === passedOf(statuses), JSON.stringify(statuses));
    const { body: list } = await ada.ask<{ total: number }>('GET', '/chats');
    assert.equal(list.total, 1 + (statuses[201] ?? 0), 'as many groups as were answered with 201');
    // Nobody else waits for it, and reading has no pace.
    const grace = await newUser();
    await newGroup(grace, []);
    assert.deepEqual(await burst(60, () => ada.ask('GET', `/chats/${chatId}`)), { 200: 60 });
  });

  test('a body that does not fit counts as one that does', async () => {
    const ada = await newUser();
    const since = performance.now();
    const bodies = ['{', JSON.stringify({ chat_type: 'group' }), JSON.stringify({ nonsense: 1 })];
    const statuses = await flood(36, (index) => ada.ask('POST', '/chats', bodies[index % 3]));
    assertPaced(passedOf(statuses), { atOnce: 20, aSecond: 5, since });
    // Messages have their own.
    const misfits = await flood(36, (index) => ada.ask('POST', '/messages', bodies[index % 3]));
    assertPaced(passedOf(misfits), { atOnce: 20, aSecond: 5, since });
  });

  test('searches for messages and for people are counted together', async () => {
    const ada = await newUser();
    const since = performance.now();
    const statuses = await flood(24, (index) =>
      ada.ask('GET', index % 2 === 0 ? '/messages/search?q=word' : '/users/search?q=ada'),
    );
    assertPaced(passedOf(statuses), { atOnce: 10, aSecond: 2, since });
  });

  test('tickets, log-ins and refreshes', async () => {
    const ada = await newUser();
    const since = performance.now();
    const tickets = await flood(20, () => ada.ask('POST', '/ws/tickets'));
    assertPaced(passedOf(tickets), { atOnce: 10, aSecond: 1, since });

    let token = ada.tokens.refresh_token;
    let refreshed = 0;
    const sinceRefresh = performance.now();
    // One after the other, as they have to be, until one is refused.
    for (; refreshed < 40; refreshed += 1) {
      const answer = await request<Tokens>(ada.from, '/users/refresh', { refresh_token: token });
      if (answer.status === 429) {
        waitOf(answer);
        break;
      }
      assert.equal(answer.status, 200);
      token = answer.body.refresh_token;
    }
    assertPaced(refreshed, { atOnce: 10, aSecond: 1, since: sinceRefresh });
    // What was refused has not used the token up.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal((await request(ada.from, '/users/refresh', { refresh_token: token })).status, 200);
  });

  test('handshakes', async () => {
    const ada = await newUser();
    const open = async (): Promise<number> => {
      const socket = new WebSocket(`${service.websocketUrl}?token=${ada.tokens.access_token}`);
      const status = await Promise.race([
        once(socket, 'open').then(() => 101),
        once(socket, 'unexpected-response').then(
          ([, response]) => (response as { statusCode: number }).statusCode,
        ),
      ]);
      socket.on('error', () => undefined);
      socket.terminate();
      return status;
    };
    const since = performance.now();
    const statuses = await floodUntilRefused(40, async () => {
      const opened = await Promise.all(Array.from({ length: 40 }, open));
      return Object.fromEntries(
        [...Map.groupBy(opened, String)].map(([status, all]) => [status, all.length]),
      );
    });
    assert.deepEqual(Object.keys(statuses), ['101', '429']);
    assertPaced(passedOf(statuses), { atOnce: 20, aSecond: 5, since });
  });

  suite('frames', () => {
    /** How often each frame was answered, and that every refusal is the contract's. */
    const answersTo = async (socket: ChatSocket, refs: readonly string[]): Promise<number> => {
      const answers = await Promise.all(
        refs.map((ref) => socket.take((frame: ServerFrame) => frame['ref'] === ref, 60_000)),
      );
      const errors = answers.filter(({ type }) => type === 'error') as unknown as ErrorBody[];
      const refused = errors.filter(({ status_code: status }) => status === 429);
      for (const error of refused) {
        assert.equal(error.code, 'rate_limited');
        assert.ok((error.retry_after ?? 0) >= 1);
      }
      return answers.length - refused.length;
    };
    const refsOf = (count: number): string[] => Array.from({ length: count }, () => crypto.randomUUID());

    test('of all kinds and of all connections are counted together; the connections stay open', async () => {
      const ada = await newUser();
      const chatId = await newGroup(ada, []);
      const sockets = await Promise.all([ada.connect(), ada.connect()]);
      const kinds: readonly ((ref: string) => object)[] = [
        (ref) => ({ type: 'ping', ref }),
        (ref) => ({ type: 'join', chat_id: chatId, ref }),
        (ref) => ({ type: 'leave', chat_id: chatId, ref }),
        (ref) => ({ type: 'typing', chat_id: chatId, content: 'maybe', ref }),
        (ref) => ({ type: 'read', chat_id: -1, seq: 1, ref }),
        (ref) => ({ type: 'nonsense', ref }),
        (ref) => ({ ref }),
      ];
      const since = performance.now();
      const passed = await Promise.all(
        sockets.map((socket) => {
          const refs = refsOf(35);
          for (const [index, ref] of refs.entries())
            socket.send((kinds[index % kinds.length] ?? Object)(ref));
          return answersTo(socket, refs);
        }),
      );
      const together = passed.reduce((sum, count) => sum + count, 0);
      assertPaced(together, { atOnce: 20, aSecond: 10, since });
      // A message is none of these.
      for (const socket of sockets) {
        const id = crypto.randomUUID();
        socket.send({ type: 'message', chat_id: chatId, content: 'still open', client_message_id: id });
        await socket.take((frame) => frame.type === 'ack' && frame['client_message_id'] === id);
      }
      await Promise.all(sockets.map((socket) => socket.close()));
    });

    test('messages that do not fit are counted as messages', async () => {
      const ada = await newUser();
      const socket = await ada.connect();
      const since = performance.now();
      const refs = refsOf(40);
      for (const ref of refs) socket.send({ type: 'message', ref });
      assertPaced(await answersTo(socket, refs), { atOnce: 20, aSecond: 5, since });
      await socket.close();
    });

    test('what is no JSON is refused like any other frame', async () => {
      const ada = await newUser();
      const socket = new WebSocket(`${service.websocketUrl}?token=${ada.tokens.access_token}`);
      await once(socket, 'open');
      const since = performance.now();
      const statuses: number[] = [];
      const answered = new Promise<void>((resolve) => {
        socket.on('message', (data: Buffer) => {
          statuses.push((JSON.parse(data.toString()) as ErrorBody).status_code);
          if (statuses.length === 50) resolve();
        });
      });
      for (let n = 0; n < 50; n += 1) socket.send('}{');
      await answered;
      assert.ok(statuses.every((status) => status === 400 || status === 429));
      const passed = statuses.filter((status) => status === 400).length;
      assertPaced(passed, { atOnce: 20, aSecond: 10, since });
      socket.terminate();
    });

    test('a flood of typing is heard once in three seconds, and keeps nobody else waiting', async () => {
      const [ada, grace, edsger] = await Promise.all([newUser(), newUser(), newUser()]);
      const chatId = await newGroup(ada, [grace.id, edsger.id]);
      const [flooding, listening, other] = await Promise.all([
        ada.connect(),
        grace.connect(),
        edsger.connect(),
      ]);
      const since = performance.now();
      const isRefusal = (frame: ServerFrame): boolean => frame['code'] === 'rate_limited';
      for (let wave = 0; wave < 20 && !flooding.untaken.some(isRefusal); wave += 1) {
        for (let n = 0; n < 60; n += 1) flooding.send({ type: 'typing', chat_id: chatId, content: 'start' });
        // Somebody else's frames are answered all the same.
        other.send({ type: 'ping', ref: wave });
        await other.take((frame) => frame['ref'] === wave, 30_000);
      }
      await flooding.take(isRefusal, 30_000);
      await listening.take(({ type }) => type === 'typing_started', 30_000);
      const seconds = (performance.now() - since) / 1000;
      const heard = listening.untaken.filter(({ type }) => type === 'typing_started').length;
      assert.ok(1 + heard <= 1 + Math.ceil(seconds / 3), `${1 + heard} times within ${seconds} s`);
      assert.ok(flooding.untaken.every(isRefusal), 'nothing but refusals came back');
      assert.deepEqual(
        other.untaken.filter(({ type }) => type === 'error' || type === undefined),
        [],
      );
      await Promise.all([flooding, listening, other].map((socket) => socket.close()));
    });
  });

  test('GET /api/v1/info names all of them', async () => {
    const { body } = await sendRaw(service.httpUrl, { method: 'GET', path: '/api/v1/info', headers: {} });
    const shown = (body as { limits: Record<string, number> }).limits;
    const expected = {
      sends: [20, 5],
      frames: [20, 10],
      changes: [20, 5],
      searches: [10, 2],
      tickets: [10, 1],
      sessions: [10, 1],
      connects: [20, 5],
    };
    for (const [kind, pace] of Object.entries(expected)) {
      assert.deepEqual([shown[`${kind}_burst`], shown[`${kind}_per_second`]], pace, kind);
    }
    assert.equal(shown['chats_per_user'], limits.chats_per_user);
  });
});
