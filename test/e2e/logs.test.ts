import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { openMysql } from '../../functions/platform/mysql/mysql.ts';
import { openChatSocket } from '../../lib/bench/plain-chat-socket.ts';
import { createHttpClient, type HttpClient } from '../../lib/bench/plain-http-client.ts';
import { mysqlUrlOf } from '../../lib/local/stores/mysql-url.ts';
import type { LocalMysql } from '../../lib/local/stores/mysql.ts';
import { codeOfStep, fromBase32, stepAt } from '../../functions/second-factor/totp.ts';
import type { StoredMail } from '../../lib/local/mail-service.ts';
import { openMailbox } from '../support/mails.ts';
import { startFlakyProxy, type FlakyProxy } from '../support/flaky-proxy.ts';
import { startLocalService, type LocalService } from '../support/local-service.ts';
import { startOwnMysql } from '../support/own-databases.ts';
import { isAbout } from '../support/people.ts';

const folder = mkdtempSync(join(tmpdir(), 'chat-service-logs-'));
let mysql: LocalMysql;
let proxy: FlakyProxy;
let service: LocalService;
let api: HttpClient;

before(async () => {
  mysql = await startOwnMysql(join(folder, 'mysql'));
  proxy = await startFlakyProxy(mysql);
  service = await startLocalService({
    environment: {
      POWERTOOLS_LOG_LEVEL: 'DEBUG',
      MYSQL_URL: mysqlUrlOf({ ...mysql, host: '127.0.0.1', port: proxy.port }),
    },
  });
  api = createHttpClient(`${service.httpUrl}/api/v1`);
});

after(async () => {
  await service.stop();
  await proxy.stop();
  await mysql.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Texts that must never appear in the log, by description. */
const secrets = new Map<string, string>();

/** Registers a text that must not be logged. The text must be unique, so that finding it proves a leak. */
const secret = (what: string, text: string): string => {
  secrets.set(what, text);
  return text;
};

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

const logIn = async (username: string, password: string): Promise<Tokens> => {
  const { status, body } = await api.request<Tokens>('POST', '/users/login', { username, password });
  assert.equal(status, 200);
  secret(`access token ${secrets.size}`, body.access_token);
  secret(`refresh token ${secrets.size}`, body.refresh_token);
  return body;
};

const enter = async (username: string) => {
  const email = secret(`e-mail address of ${username}`, `${username}.private@mail.example.org`);
  const password = secret(`password of ${username}`, `swordfish of ${username}`);
  const { body } = await api.request<{ id: number }>('POST', '/users/register', {
    username,
    email,
    password,
    full_name: secret(`name of ${username}`, `Countess ${username} Quimby`),
  });
  const tokens = await logIn(username, password);
  return { id: body.id, username, email, password, tokens, api: api.as(tokens.access_token) };
};

/** Requests that are refused for different reasons, with a secret at every place. */
const badRequests = async (ada: HttpClient, chatId: number): Promise<void> => {
  const statuses = [
    await api.request('POST', '/users/login', {
      username: 'ada',
      password: secret('wrong password', 'mackerel of nobody'),
    }),
    await api.request('POST', '/users/login', {
      username: secret('address instead of a name', 'stranger.private@mail.example.org'),
      password: secret('password of a stranger', 'haddock of nobody'),
    }),
    // Taken: MySQL's own error names the value.
    await api.request('POST', '/users/register', {
      username: 'somebody',
      email: 'ada.private@mail.example.org',
      password: secret('password of who is refused', 'herring of nobody'),
    }),
    await api.request('POST', '/users/register', {
      username: 'x',
      email: secret('bad address', 'no-address-at-all-private'),
      password: secret('short password', 'eel!'),
    }),
    await ada.request('POST', '/messages', {
      chat_id: chatId,
      content: secret('too long content', 'walrus '.repeat(10_000)),
    }),
    await ada.request('POST', '/messages', {
      chat_id: 9999,
      content: secret('content for a chat that is not', 'penguin of nobody'),
    }),
    await ada.request('PUT', '/users/me', { email: 'grace.private@mail.example.org' }),
    await ada.request('PUT', '/users/me', {
      email: 'grace.private@mail.example.org',
      password: 'swordfish of ada',
    }),
    await api.as(secret('bad token', 'eyJhbGciOiJIUzI1NiJ9.e30.nonsense')).request('GET', '/users/me'),
    await api.request('GET', `/nowhere?token=${secret('token in a query', 'token-in-a-query')}`),
    await api.request('POST', '/users/refresh', {
      refresh_token: secret('bad refresh token', 'bad-refresh'),
    }),
  ].map(({ status }) => status);
  assert.ok(
    statuses.every((status) => status >= 400 && status < 500),
    String(statuses),
  );
};

const malformed = (text: string, type = 'application/json'): Promise<Response> =>
  fetch(`${service.httpUrl}/api/v1/users/login`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: text,
  });

test('a whole conversation with all its errors leaves nothing of itself in the log', async () => {
  const ada = await enter('ada');
  const grace = await enter('grace');
  const { body: group } = await ada.api.request<{ id: number }>('POST', '/chats', {
    chat_type: 'group',
    name: secret('name of a group', 'Analytical wombats'),
    participant_ids: [grace.id],
  });
  const chatId = group.id;

  // Handshakes: by token, by ticket, and three that are refused.
  const adas = await openChatSocket(service.websocketUrl, ada.tokens.access_token, chatId);
  const { body: issued } = await grace.api.request<{ ticket: string }>('POST', '/ws/tickets');
  const ticket = secret('ticket', issued.ticket);
  const byTicket = new WebSocket(`${service.websocketUrl}?ticket=${ticket}`);
  await new Promise((resolve) => {
    byTicket.addEventListener('open', resolve);
  });
  await assert.rejects(openChatSocket(service.websocketUrl, secret('bad handshake', 'bad-handshake-token')));
  await assert.rejects(openChatSocket(service.websocketUrl, grace.tokens.access_token, 9999));
  const twice = new WebSocket(`${service.websocketUrl}?ticket=${ticket}`);
  await new Promise((resolve) => {
    twice.addEventListener('error', resolve);
  });

  // Messages by both ways, changed, searched for.
  const { status, body: message } = await ada.api.request<{ id: number }>('POST', '/messages', {
    chat_id: chatId,
    content: secret('content by HTTP', 'zeppelin over the harbour'),
    client_message_id: randomUUID(),
  });
  assert.equal(status, 201);
  adas.send({
    type: 'message',
    chat_id: chatId,
    content: secret('content by frame', 'marmalade at midnight'),
  });
  await adas.take(({ type }) => type === 'ack');
  adas.send({
    type: 'message',
    chat_id: 'nonsense',
    content: secret('content of a bad frame', 'badger in a boat'),
  });
  await adas.take(({ type }) => type === 'error');
  adas.send({ type: 'nonsense', content: secret('content of an unknown frame', 'otter in an oven') });
  await adas.take(({ type }) => type === 'error');
  adas.send({ type: 'typing', chat_id: chatId, content: 'start' });
  adas.send({ type: 'read', chat_id: chatId, seq: 1 });
  await ada.api.request('PUT', `/messages/${message.id}`, {
    content: secret('edited content', 'airship by the pier'),
  });
  await grace.api.request('GET', `/messages/search?q=${secret('words searched for', 'airship')}`);
  await grace.api.request('GET', `/users/search?q=${encodeURIComponent('ada.private@mail')}`);
  await ada.api.request('DELETE', `/messages/${message.id}`);
  await adas.take(isAbout('message_deleted', chatId));

  await badRequests(ada.api, chatId);
  await malformed(`{"password": "${secret('password in bad JSON', 'trout of nobody')}"`);
  await malformed(`{"password": "${secret('password twice', 'squid of nobody')}", "password": ""}`);
  await malformed(secret('text that is no JSON', 'password=urchin'), 'application/x-www-form-urlencoded');

  // Stores that fail: first with an error that has the statement in it, then by not being there.
  const db = openMysql(async () => mysql, { connections: 1 });
  await sql`RENAME TABLE users TO users_away`.execute(db);
  await api.request('POST', '/users/login', { username: 'ada', password: ada.password });
  await api.request('POST', '/users/register', {
    username: 'late',
    email: secret('address when a table is gone', 'late.private@mail.example.org'),
    password: secret('password when a table is gone', 'whelk of nobody'),
  });
  await ada.api.request('POST', '/messages', {
    chat_id: chatId,
    content: secret('content when a table is gone', 'cormorant on a kite'),
  });
  await sql`RENAME TABLE users_away TO users`.execute(db);
  await db.destroy();
  proxy.setMode('refuse');
  const refused = await ada.api.request('POST', '/messages', {
    chat_id: chatId,
    content: secret('content without MySQL', 'flamingo on a frigate'),
  });
  assert.equal(refused.status, 503);
  proxy.setMode('pass');

  // Mails and their tokens, a second factor and its codes.
  const mails = openMailbox(join(service.dataDirectory, 'mail'));
  const tokenOf = (mail: StoredMail | undefined): string =>
    secret(`token of '${mail?.subject}'`, /token=([\w-]+)/.exec(mail?.text ?? '')?.[1] ?? '');
  const [confirmation] = await mails.waitFor(ada.email);
  secret('text of a mail', 'This address was given for your account');
  const verify = () => api.request('POST', '/users/email/verify', { token: tokenOf(confirmation) });
  assert.deepEqual([(await verify()).status, (await verify()).status], [204, 422]);
  const { body: factor } = await ada.api.request<{ secret: string }>('POST', '/users/me/totp', {
    password: ada.password,
  });
  const shared = fromBase32(secret('secret of a second factor', factor.secret));
  const code = codeOfStep(shared, stepAt(new Date()));
  const { body: confirmed } = await ada.api.request<{ recovery_codes: string[] }>(
    'POST',
    '/users/me/totp/confirm',
    { code },
  );
  for (const [index, one] of confirmed.recovery_codes.entries()) secret(`recovery code ${index}`, one);
  const { username, password } = ada;
  const wrong = secret('a wrong code', 'aaaa-bbbb-cccc-dddd');
  await api.request('POST', '/users/login', { username, password, totp: wrong });
  await api.request('POST', '/users/login', { username, password, totp: confirmed.recovery_codes[0] });
  await api.request('POST', '/users/password/forgot', { email: ada.email });
  const [, forgotten] = await mails.waitFor(ada.email, 2);
  assert.equal(
    (
      await api.request('POST', '/users/password/reset', {
        token: tokenOf(forgotten),
        new_password: secret('password that was set anew', 'limpet of ada'),
      })
    ).status,
    204,
  );
  const { body: again } = await api.request<Tokens>('POST', '/users/login', {
    username,
    password: 'limpet of ada',
    totp: confirmed.recovery_codes[1],
  });

  // Sessions: renewed, changed, ended.
  const { body: renewed } = await api.request<Tokens>('POST', '/users/refresh', {
    refresh_token: grace.tokens.refresh_token,
  });
  secret('renewed access token', renewed.access_token);
  secret('renewed refresh token', renewed.refresh_token);
  await api.as(again.access_token).request('POST', '/users/me/password', {
    current_password: 'limpet of ada',
    new_password: secret('new password', 'barnacle of ada'),
  });
  await api.request('POST', '/users/logout', { refresh_token: renewed.refresh_token });
  await grace.api.request('DELETE', '/users/me', { password: grace.password });
  byTicket.close();
  await adas.close();
  // What is under way, such as $disconnect, ends before the service does.
  await service.stop();

  const output = service.output();
  for (const [what, text] of secrets) {
    assert.ok(
      !output.includes(text) && !output.includes(JSON.stringify(text).slice(1, -1)),
      `the log has: ${what}`,
    );
  }
  assert.doesNotMatch(output, /@mail\.example|example\.org/, 'an e-mail address');
  assert.doesNotMatch(output, /eyJ[\w-]{8,}/, 'a JWT');
  assert.doesNotMatch(output, /\$2[aby]\$/, 'a hash of a password');
});

test('each line of a function is JSON, and says which request or connection it is of', () => {
  const lines = service
    .output()
    .split('\n')
    .flatMap((line) => /^ {2}chat-service-local-[\w-]+: (.*)$/.exec(line)?.[1] ?? []);
  // Of Lambda itself: the stack of an error that a function threw.
  const own = lines.filter(
    (line) => !/^(?:[\da-f-]{36} Invoke Error: | {4}at |\s*\[cause\]|\s*\}|\s+[\w']+: )/.test(line),
  );
  const entries = own.map((line) => {
    try {
      return JSON.parse(line) as Record<string, unknown>;
    } catch {
      throw new Error(`Not JSON: ${line}`);
    }
  });
  const metrics = entries.filter((entry) => '_aws' in entry);
  const messages = entries.filter((entry) => !('_aws' in entry));
  assert.ok(metrics.some((entry) => entry['MessagesSent'] === 1));
  for (const message of ['request', 'event', 'handshake refused', 'job', 'invocation']) {
    assert.ok(
      messages.some((entry) => entry['message'] === message),
      message,
    );
  }
  assert.ok(
    messages.some(({ level }) => level === 'ERROR'),
    'errors are logged',
  );
  for (const entry of messages) {
    assert.ok('request_id' in entry || 'connection_id' in entry, JSON.stringify(entry));
  }
});
