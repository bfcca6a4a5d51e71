import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics, metricsAreOn, type Metrics } from '../../functions/platform/metrics.ts';
import type { Message } from '../../functions/contract/schemas.ts';
import { reapOrphans } from '../../functions/messages/reap-orphans.ts';
import { publish } from '../../functions/events/publish.ts';
import { newMessageEvent } from '../../functions/messages/send-message.ts';
import { connectionOf, fakeConnections, unblocked } from '../support/fake-connections.ts';

const message = {
  id: 1,
  chat_id: 7,
  timestamp: '1970-01-01T00:00:59.970Z',
  reactions: [] as Message['reactions'],
} as Message;
const sent = [newMessageEvent(message, [1, 2, 3, 4], unblocked())];

test('writes one line in the embedded metric format', () => {
  const lines: string[] = [];
  const metrics = createMetrics(
    'dev',
    (line) => lines.push(line),
    () => new Date(5000),
  );
  metrics({ MessagesSent: 1, SendToDeliverMilliseconds: 12 });
  metrics({});
  assert.equal(lines.length, 1);
  assert.ok(lines[0]?.endsWith('}\n'));
  assert.deepEqual(JSON.parse(lines[0] ?? ''), {
    _aws: {
      Timestamp: 5000,
      CloudWatchMetrics: [
        {
          Namespace: 'ChatService',
          Dimensions: [['Stage']],
          Metrics: [
            { Name: 'MessagesSent', Unit: 'Count' },
            { Name: 'SendToDeliverMilliseconds', Unit: 'Milliseconds' },
          ],
        },
      ],
    },
    Stage: 'dev',
    MessagesSent: 1,
    SendToDeliverMilliseconds: 12,
  });
});

test('is silent where the log is, and where Powertools’ switch says so', () => {
  assert.ok(metricsAreOn({ POWERTOOLS_LOG_LEVEL: 'ERROR' }));
  assert.ok(!metricsAreOn({ POWERTOOLS_LOG_LEVEL: 'SILENT' }));
  assert.ok(!metricsAreOn({ POWERTOOLS_METRICS_DISABLED: 'true' }));
});

test('a message is counted once, with what became of its posts and how long they took', async () => {
  const { effects, measured } = fakeConnections({
    connections: [1, 2, 3, 4].map((user) => connectionOf(user, `of-${user}`)),
    post: (id) => (id === 'of-3' ? 'gone' : id === 'of-4' ? 'failed' : 'delivered'),
  });
  await publish(sent, effects);
  assert.deepEqual(measured, [
    { MessagesSent: 1, Delivered: 2, PostFailures: 1, GoneConnections: 1, SendToDeliverMilliseconds: 30 },
  ]);
});

test('a message that nobody is there for is counted, and has no time', async () => {
  const { effects, measured } = fakeConnections({});
  await publish(sent, effects);
  assert.deepEqual(measured, [{ MessagesSent: 1, Delivered: 0, PostFailures: 0, GoneConnections: 0 }]);
});

test('a message is counted when its connections cannot be read', async () => {
  const { effects, measured } = fakeConnections({});
  const broken = { ...effects.connections, findAudience: () => Promise.reject(new Error('away')) };
  await publish(sent, { ...effects, connections: broken });
  assert.deepEqual(measured, [{ MessagesSent: 1 }]);
});

test('other events count their posts only, and nothing where nobody is there', async () => {
  const { effects, measured } = fakeConnections({ connections: [connectionOf(2, 'a')] });
  const event = { type: 'user_joined', chat_id: 7, user_id: 1 } as const;
  await publish([{ chatId: 7, to: [1, 2], event }], effects);
  await publish([{ chatId: 7, to: [1], event }], effects);
  assert.deepEqual(measured, [{ Delivered: 1, PostFailures: 0, GoneConnections: 0 }]);
});

test('a run of the orphan job says how many there were, also when there were none', async () => {
  const measured: Parameters<Metrics>[0][] = [];
  const keys = ['known', 'orphan'].map((id) => ({ chat_id: 7, message_id: id }));
  const run = (batches: (typeof keys)[]) =>
    reapOrphans({
      jobs: {
        findProgress: async () => undefined,
        saveProgress: async () => undefined,
        findKnown: async () => new Set(['known']),
      },
      contents: {
        listMadeBetween: async function* list() {
          yield* batches.map((contents) => ({ contents, doneUntil: new Date(0) }));
        },
        removeMany: async () => undefined,
      },
      settleEdits: async () => ({ edits: 0, complete: true }),
      clock: () => new Date(0),
      metrics: (values) => measured.push(values),
    });
  await run([keys]);
  await run([]);
  assert.deepEqual(measured, [{ Orphans: 1 }, { Orphans: 0 }]);
});
