/**
 * A process for push-faults.test.ts, which starts it with the authority of push services in its environment: runs a local
 * cloud, breaks what stands between a message and its push, and ends with 0 when every push arrived once.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalCloud } from '../../lib/local/cloud.ts';
import { connectToMysql } from '../../lib/local/stores/mysql-connection.ts';
import { createHttpClient } from '../../lib/client/http-client.ts';
import { ownDatabases } from '../support/own-databases.ts';
import { webPushDevice } from '../support/devices.ts';
import { startFlakyProxy, type FlakyProxy } from '../support/flaky-proxy.ts';
import { newGroup, newPersonAt, send, type Person } from '../support/people.ts';
import { startPushService, type FakeDevice } from '../support/push-service.ts';

const dataDirectory = mkdtempSync(join(tmpdir(), 'chat-service-push-'));
const databases = ownDatabases(dataDirectory);
const through = async (url: string): Promise<{ readonly proxy: FlakyProxy; readonly url: string }> => {
  const { hostname, port } = new URL(url);
  const proxy = await startFlakyProxy({ host: hostname, port: Number(port) });
  return { proxy, url: `http://127.0.0.1:${proxy.port}` };
};
const proxies: { sqs?: FlakyProxy; dynamodb?: FlakyProxy } = {};
const faults = {
  /** How many more invocations of a consumer are repeated, as a queue that delivers twice makes them. */
  doubled: 0,
  /** How many more invocations of `dispatch-messages` end in its death. */
  deaths: 0,
};

const cloud = await startLocalCloud({
  dataDirectory,
  httpPort: 0,
  webSocketPort: 0,
  log: () => undefined,
  environment: { ...process.env, ...databases.environment, RATE_LIMITS: 'off' },
  inFrontOfSqs: async (url) => {
    const made = await through(url);
    proxies.sqs = made.proxy;
    return made.url;
  },
  inFrontOfDynamodb: async (url) => {
    const made = await through(url);
    proxies.dynamodb = made.proxy;
    return made.url;
  },
  inFrontOfLambda: (lambda) => ({
    ...lambda,
    invoke: async (functionName, event) => {
      const isConsumer = /-(dispatch-messages|send-pushes)$/.test(functionName);
      if (functionName.endsWith('-dispatch-messages') && faults.deaths > 0) {
        faults.deaths -= 1;
        const running = lambda.invoke(functionName, event);
        await Promise.all([assert.rejects(running), lambda.kill(functionName)]);
        throw new Error('The consumer died');
      }
      const result = await lambda.invoke(functionName, event);
      if (!isConsumer || faults.doubled === 0) return result;
      faults.doubled -= 1;
      return lambda.invoke(functionName, event);
    },
  }),
});
const { sqs, dynamodb } = proxies;
assert.ok(sqs !== undefined && dynamodb !== undefined);
const pushes = await startPushService();
const mysql = await connectToMysql(cloud.mysql, {});

/** Runs the job as it would run 15 seconds after whatever happened. */
const sweep = async (): Promise<void> => {
  await mysql.query('UPDATE chats SET updated_at = updated_at - INTERVAL 16 SECOND');
  await cloud.lambda.invoke('chat-service-local-sweep-dispatch', {});
};
const deviceOf = async ({ api }: Person): Promise<FakeDevice> => {
  const device = pushes.newDevice();
  assert.equal((await api.request('POST', '/users/me/devices', webPushDevice(device))).status, 201);
  return device;
};
const seqsOf = (device: FakeDevice): number[] =>
  device.pushes.map(({ payload }) => payload.seq).toSorted((a, b) => a - b);
/** How many messages there are in the queues of dead letters. */
const deadLetters = async (): Promise<number> => {
  let count = 0;
  for (const queue of ['dispatch', 'push']) {
    const response = await fetch(cloud.sqsUrl, {
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonSQS.GetQueueAttributes' },
      body: JSON.stringify({
        QueueUrl: `https://sqs.eu-central-1.amazonaws.com/000000000000/chat-service-local-${queue}-dead-letters`,
      }),
    });
    const { Attributes } = (await response.json()) as { Attributes: Record<string, string> };
    count += Number(Attributes['ApproximateNumberOfMessages']);
    count += Number(Attributes['ApproximateNumberOfMessagesNotVisible']);
  }
  return count;
};

try {
  const api = createHttpClient(`${cloud.httpUrl}/api/v1`);
  const [ada, grace, edsger] = await Promise.all(
    ['ada', 'grace', 'edsger'].map((name) => newPersonAt(api, cloud.websocketUrl, name)),
  );
  assert.ok(ada !== undefined && grace !== undefined && edsger !== undefined);
  const { id: chatId } = await newGroup(ada, grace, edsger);
  const devices = await Promise.all([deviceOf(grace), deviceOf(grace), deviceOf(edsger)]);
  const pushed = (count: number) => Promise.all(devices.map((device) => device.requested(count)));

  // The function dies between the commit and the queue: to whoever looks on, the queue never hears of the message.
  sqs.setMode('refuse');
  await send(ada, chatId, 'Stored, and nobody was told');
  sqs.setMode('pass');
  await sweep();
  await pushed(1);

  // Everything at once: the consumer dies, messages come twice, the queue and the claims are away for a moment.
  const count = 40;
  faults.deaths = 3;
  faults.doubled = 20;
  const sends: Promise<unknown>[] = [];
  for (let index = 0; index < count; index += 1) {
    sends.push(send(ada, chatId, `Number ${index}`));
    if (index % 10 === 3) sqs.setMode('refuse');
    if (index % 10 === 5) sqs.setMode('pass');
    if (index % 4 === 0) await Promise.all(sends);
  }
  sqs.setMode('pass');
  await Promise.all(sends);
  // What the consumer held when it died comes back after its visibility timeout; the sweep does not wait for it.
  while (faults.deaths > 0) await send(ada, chatId, 'Another one').then(() => sweep());
  await sweep();
  const { last_seq: last } = (await ada.api.request<{ last_seq: number }>('GET', `/chats/${chatId}`)).body;
  await pushed(last);

  // Whatever is still in the queues is a repetition: another round of it changes nothing.
  await sweep();
  await send(ada, chatId, 'The end');
  await pushed(last + 1);
  const expected = Array.from({ length: last + 1 }, (_, index) => index + 1);
  for (const device of devices) assert.deepEqual(seqsOf(device), expected);
  assert.equal(await deadLetters(), 0);
  process.exitCode = 0;
} finally {
  await mysql.end();
  await pushes.stop();
  await cloud.stop();
  await Promise.all([sqs.stop(), dynamodb.stop()]);
  await databases.drop();
  rmSync(dataDirectory, { recursive: true, force: true });
}
