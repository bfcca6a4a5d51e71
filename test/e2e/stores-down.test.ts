import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { needsOf } from '../../functions/contract/route.ts';
import type { Message, Page } from '../../functions/contract/schemas.ts';
import { jobRoutes } from '../../functions/contract/table.ts';
import { openChatSocket, type ChatSocket } from '../../lib/bench/plain-chat-socket.ts';
import { createHttpClient, type HttpClient } from '../../lib/bench/plain-http-client.ts';
import { readEndpoints } from '../../lib/local/endpoints.ts';
import { startMongodb, type LocalMongodb } from '../../lib/local/stores/mongodb.ts';
import { mysqlUrlOf } from '../../lib/local/stores/mysql-url.ts';
import type { LocalMysql } from '../../lib/local/stores/mysql.ts';
import { checkedByDocument } from '../support/answers.ts';
import { startFlakyProxy, type FlakyProxy } from '../support/flaky-proxy.ts';
import { startLocalService, type LocalService } from '../support/local-service.ts';
import { startOwnMysql } from '../support/own-databases.ts';

const folder = mkdtempSync(join(tmpdir(), 'chat-service-down-'));
const log = (): void => undefined;
let mysql: LocalMysql;
let mongodb: LocalMongodb;
let proxies: Record<'mysql' | 'mongodb', FlakyProxy>;
let service: LocalService;
let ada: HttpClient;
let socket: ChatSocket;
let chatId: number;

before(async () => {
  mysql = await startOwnMysql(join(folder, 'mysql'));
  mongodb = await startMongodb({ dataDirectory: folder, log, environment: { MONGODB_DOWNLOAD: 'off' } });
  const mongodbAddress = new URL(mongodb.url);
  proxies = {
    mysql: await startFlakyProxy(mysql),
    mongodb: await startFlakyProxy({ host: mongodbAddress.hostname, port: Number(mongodbAddress.port) }),
  };
  service = await startLocalService({
    environment: {
      MYSQL_URL: mysqlUrlOf({ ...mysql, host: '127.0.0.1', port: proxies.mysql.port }),
      MONGODB_URL: `mongodb://127.0.0.1:${proxies.mongodb.port}/talk?directConnection=true`,
    },
  });
  const api = createHttpClient(`${service.httpUrl}/api/v1`);
  const account = { username: 'ada', password: 'correct horse' };
  await api.request('POST', '/users/register', { ...account, email: 'ada@example.org' });
  const login = await api.request<{ access_token: string }>('POST', '/users/login', account);
  ada = api.as(login.body.access_token);
  const chat = await ada.request<{ id: number }>('POST', '/chats', {
    chat_type: 'group',
    name: 'Alone',
    participant_ids: [],
  });
  chatId = chat.body.id;
  socket = await openChatSocket(service.websocketUrl, login.body.access_token);
});

after(async () => {
  await socket.close();
  await service.stop();
  await Promise.all(Object.values(proxies).map((proxy) => proxy.stop()));
  await mongodb.stop();
  await mysql.stop();
  rmSync(folder, { recursive: true, force: true });
});

const health = async () =>
  checkedByDocument(createHttpClient(service.httpUrl), '').request<Record<string, string>>('GET', '/health');

/**
 * Sends health checks until the service is healthy again. Each response triggers the next check, so no timing is
 * involved.
 */
const recovered = async (): Promise<void> => {
  let last = await health();
  for (let tries = 0; tries < 100 && last.status !== 200; tries += 1) last = await health();
  assert.equal(last.status, 200, `${JSON.stringify(last.body)}\n${service.output()}`);
};

const history = async (): Promise<Page<Message>> =>
  (await ada.request<Page<Message>>('GET', `/messages/chat/${chatId}`)).body;

for (const store of ['mysql', 'mongodb'] as const) {
  for (const mode of ['refuse', 'hang'] as const) {
    test(`${store} that does ${mode === 'hang' ? 'not answer' : 'refuse'}: 503, nothing half visible, recovery`, async () => {
      const before = await history();
      const body = { chat_id: chatId, content: `${store} ${mode}`, client_message_id: randomUUID() };
      proxies[store].setMode(mode);
      try {
        // At once, for each waits until the store has had its time.
        socket.send({ type: 'message', ...body });
        const [sent, error, { status, headers, body: state }] = await Promise.all([
          ada.request<Record<string, unknown>>('POST', '/messages', body),
          socket.take(({ type }) => type === 'error', 30_000),
          health(),
        ]);
        assert.deepEqual(
          [sent.status, sent.body['code']],
          [503, 'store_unavailable'],
          JSON.stringify(sent.body),
        );
        assert.equal(sent.headers.get('retry-after'), String(sent.body['retry_after']));
        assert.doesNotMatch(JSON.stringify(sent.body), /127\.0\.0\.1|:\d{4,5}|SELECT|CALL|\n\s+at /);
        assert.deepEqual(
          [error['status_code'], error['ref']],
          [503, body.client_message_id],
          service.output(),
        );
        assert.deepEqual([status, headers.get('retry-after')], [503, '5']);
        assert.deepEqual(state, {
          status: 'unhealthy',
          mysql: 'connected',
          mongodb: 'connected',
          dynamodb: 'connected',
          [store]: 'unreachable',
        });
      } finally {
        proxies[store].setMode('pass');
      }

      await recovered();
      // What was not acknowledged may have been stored, wholly; then the same id finds it.
      const again = await ada.request<Message>('POST', '/messages', body);
      assert.ok(again.status === 201 || again.status === 200, JSON.stringify(again.body));
      const after = await history();
      assert.equal(after.total, before.total + 1);
      assert.equal(after.items[0]?.content, body.content);
      socket.send({ type: 'ping' });
      await socket.take(({ type }) => type === 'pong');
    });
  }
}

/** Invokes a job now. @returns its error, or null */
const errorOf = async (id: string): Promise<string | null> => {
  const lambda = readEndpoints(service.dataDirectory)?.lambda ?? '';
  const path = `/2015-03-31/functions/chat-service-local-${id}/invocations`;
  const answer = await fetch(lambda + path, { method: 'POST', body: '{}' });
  const body = await answer.text();
  return answer.ok && answer.headers.get('x-amz-function-error') === null ? null : body;
};

test('every job that runs by the hour or the day waits for a MySQL that has to wake', async () => {
  const jobs = jobRoutes.filter((job) => needsOf(job).has('mysql') && /hour|day/.test(job.schedule ?? ''));
  assert.ok(jobs.length >= 4);
  proxies.mysql.setMode('hang');
  try {
    const running = Promise.all(jobs.map(async ({ id }) => [id, await errorOf(id)]));
    // A request gives up after as long as an attempt to connect takes, and its attempt is what wakes Aurora.
    assert.equal((await health()).status, 503);
    assert.equal((await ada.request('GET', '/chats')).status, 503);
    proxies.mysql.setMode('pass');
    assert.deepEqual(
      await running,
      jobs.map(({ id }) => [id, null]),
    );
  } finally {
    proxies.mysql.setMode('pass');
  }
  await recovered();
});
