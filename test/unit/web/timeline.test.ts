import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Message } from '../../../functions/routes/schemas.ts';
import type { ChatApi } from '../../../lib/client/chat-client.ts';
import { createTimeline } from '../../../lib/web/model/timeline.ts';

const messageOf = (seq: number, change: Partial<Message> = {}): Message => ({
  id: 1000 + seq,
  chat_id: 1,
  seq,
  rev: seq,
  sender_id: 7,
  sender_username: 'ada',
  client_message_id: null,
  message_type: 'text',
  content: `message ${seq}`,
  message_id: `m${seq}`,
  timestamp: '2026-01-01T00:00:00.000Z',
  is_edited: false,
  edited_at: null,
  is_deleted: false,
  ...change,
});

type Answer = Awaited<ReturnType<ChatApi['listMessages']>>;

const pageOf = (items: Message[]): Answer => ({ items, has_more: false }) as Answer;

/** A history that answers when the test says so. */
const heldHistory = () => {
  const waiting: PromiseWithResolvers<Answer>[] = [];
  const api = {
    listMessages: () => {
      const held = Promise.withResolvers<Answer>();
      waiting.push(held);
      return held.promise;
    },
  } as unknown as ChatApi;
  const question = async (): Promise<PromiseWithResolvers<Answer>> => {
    for (;;) {
      const held = waiting.shift();
      if (held !== undefined) return held;
      await setImmediate();
    }
  };
  return {
    timeline: createTimeline(api, 1),
    question,
    answer: async (items: Message[]) => (await question()).resolve(pageOf(items)),
    asked: () => waiting.length,
  };
};

const shown = (timeline: ReturnType<typeof createTimeline>): (string | null)[] =>
  timeline.chunks.value.flatMap(({ messages }) => messages.map(({ content }) => content));

suite('a timeline that looks again once everything is told', () => {
  test('shows what was edited and marks what was deleted meanwhile', async () => {
    const { timeline, answer } = heldHistory();
    const opened = timeline.open();
    await answer([messageOf(1), messageOf(2)]);
    await opened;
    const looked = timeline.refresh();
    await answer([messageOf(1, { rev: 3, content: 'edited' })]);
    await looked;
    assert.deepEqual(shown(timeline), ['edited', null]);
    assert.equal(timeline.owesLook(), false);
  });

  test('waits for a page that is on its way, which may be older', async () => {
    const { timeline, answer, asked } = heldHistory();
    const opened = timeline.open();
    const looked = timeline.refresh();
    assert.equal(asked(), 1);
    await answer([messageOf(1)]);
    await opened;
    await answer([messageOf(1, { rev: 2, content: 'edited' })]);
    await looked;
    assert.deepEqual(shown(timeline), ['edited']);
  });

  test('leaves alone what came and what changed while the answer was on its way', async () => {
    const { timeline, answer, question } = heldHistory();
    const opened = timeline.open();
    await answer([messageOf(1), messageOf(2, { rev: 3, content: null, is_deleted: true })]);
    await opened;
    const looked = timeline.refresh();
    const asked = await question();
    timeline.apply(messageOf(2, { rev: 4, content: 'restored' }));
    timeline.apply(messageOf(3, { rev: 5 }));
    asked.resolve(pageOf([messageOf(1)]));
    await looked;
    assert.deepEqual(shown(timeline), ['message 1', 'restored', 'message 3']);
  });

  test('owes the look when it failed', async () => {
    const { timeline, answer, question } = heldHistory();
    const opened = timeline.open();
    await answer([messageOf(1)]);
    await opened;
    const looked = timeline.refresh();
    (await question()).reject(new TypeError('no network'));
    await looked;
    assert.equal(timeline.owesLook(), true);
    assert.deepEqual(shown(timeline), ['message 1']);
  });
});
