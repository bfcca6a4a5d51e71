import { untouched } from '../../support/messages.ts';
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Message } from '../../../functions/contract/schemas.ts';
import type { ChatApi } from '../../../lib/client/api/chat-api.ts';
import { createSignals } from '../../../lib/client/view/signals.ts';
import { createTimeline } from '../../../lib/client/view/timeline.ts';

const messageOf = (seq: number, change: Partial<Message> = {}): Message => ({
  id: 1000 + seq,
  chat_id: 1,
  seq,
  rev: seq,
  sender_id: 7,
  sender_username: 'ada',
  ...untouched(),
  message_type: 'text',
  content: `message ${seq}`,
  message_id: `m${seq}`,
  timestamp: '2026-01-01T00:00:00.000Z',
  ...change,
});

interface Question {
  readonly rev: number | undefined;
  readonly answer: (messages: Message[], hasMore?: boolean) => void;
  readonly fail: () => void;
}

/** A service that responds when the test decides. */
const heldService = (lastSeq?: number) => {
  const waiting: Question[] = [];
  const hold = <Answer>(
    rev: number | undefined,
    answerOf: (messages: Message[], hasMore: boolean) => unknown,
  ): Promise<Answer> => {
    const held = Promise.withResolvers<Answer>();
    waiting.push({
      rev,
      answer: (messages, hasMore = false) => held.resolve(answerOf(messages, hasMore) as Answer),
      fail: () => held.reject(new TypeError('no network')),
    });
    return held.promise;
  };
  const reacting: string[] = [];
  const confirmations: PromiseWithResolvers<void>[] = [];
  const hear = (asked: string): Promise<void> => {
    const confirmation = Promise.withResolvers<void>();
    reacting.push(asked);
    confirmations.push(confirmation);
    return confirmation.promise;
  };
  const api: Pick<ChatApi, 'listMessages' | 'sync' | 'addReaction' | 'removeReaction'> = {
    addReaction: async (id, emoji) => {
      await hear(`+${emoji} ${id}`);
      return { reactions: [], rev: 0 };
    },
    removeReaction: (id, emoji) => hear(`-${emoji} ${id}`),
    listMessages: () => hold(undefined, (items, has_more) => ({ items: items.toReversed(), has_more })),
    sync: ({ chats }) =>
      hold(chats[0]?.rev, (messages, has_more) => ({
        chats: [{ chat_id: 1, rev: Math.max(...messages.map(({ rev }) => rev)), messages, has_more }],
      })),
  };
  const signals = createSignals();
  return {
    timeline: createTimeline(api, 1, () => lastSeq, signals),
    subscribe: signals.subscribe,
    question: async (): Promise<Question> => {
      for (;;) {
        const next = waiting.shift();
        if (next !== undefined) return next;
        await setImmediate();
      }
    },
    asked: () => waiting.length,
    /** What the service was asked of reactions so far. */
    reacting,
    /** Answers the oldest of these requests. */
    confirm: async (error?: Error): Promise<void> => {
      const confirmation = confirmations.shift();
      if (error === undefined) confirmation?.resolve();
      else confirmation?.reject(error);
      await setImmediate();
    },
  };
};

const shown = (timeline: ReturnType<typeof createTimeline>): (string | null)[] =>
  timeline.chunks.value.flatMap(({ messages }) => messages.map(({ content }) => content));

const deleted = (seq: number, rev: number): Message =>
  messageOf(seq, { rev, content: null, is_deleted: true });

/** A timeline whose first page contains these messages. */
const openedWith = async (messages: Message[], lastSeq?: number) => {
  const held = heldService(lastSeq);
  const opened = held.timeline.open();
  (await held.question()).answer(messages);
  await opened;
  return held;
};

test('a timeline that has all its messages does not tell of loads, which views would answer by another one', async () => {
  const { timeline, subscribe, asked } = await openedWith([messageOf(1)]);
  let told = 0;
  subscribe(() => (told += 1));
  await timeline.loadOlder();
  await timeline.loadNewer();
  assert.deepEqual([told, asked()], [0, 0]);
});

suite('a timeline that catches up', () => {
  test('shows what was edited and deleted meanwhile', async () => {
    const { timeline, question } = await openedWith([messageOf(1), messageOf(2)]);
    const caughtUp = timeline.catchUp();
    const asked = await question();
    assert.equal(asked.rev, 0);
    asked.answer([messageOf(1), messageOf(1, { rev: 3, content: 'edited' }), deleted(2, 4)]);
    await caughtUp;
    assert.deepEqual(shown(timeline), ['edited', null]);
    assert.equal(timeline.owesCatchUp(), false);
  });

  test('asks until it has all', async () => {
    const { timeline, question } = await openedWith([messageOf(1)]);
    const caughtUp = timeline.catchUp();
    (await question()).answer([messageOf(2)], true);
    const second = await question();
    assert.equal(second.rev, 2);
    second.answer([messageOf(3)]);
    await caughtUp;
    assert.deepEqual(shown(timeline), ['message 1', 'message 2', 'message 3']);
  });

  test('waits for a page that is on its way, which may be older', async () => {
    const { timeline, question, asked } = heldService();
    const opened = timeline.open();
    const caughtUp = timeline.catchUp();
    assert.equal(asked(), 1);
    (await question()).answer([messageOf(1)]);
    await opened;
    (await question()).answer([messageOf(1, { rev: 2, content: 'edited' })]);
    await caughtUp;
    assert.deepEqual(shown(timeline), ['edited']);
  });

  test('keeps what was told while the answer was on its way', async () => {
    const { timeline, question } = await openedWith([messageOf(1), messageOf(2)]);
    const caughtUp = timeline.catchUp();
    const asked = await question();
    timeline.apply(messageOf(2, { rev: 4, content: 'restored' }));
    timeline.apply(messageOf(3, { rev: 5 }));
    asked.answer([deleted(2, 3)]);
    await caughtUp;
    assert.deepEqual(shown(timeline), ['message 1', 'restored', 'message 3']);
  });

  test('owes it when it failed', async () => {
    const { timeline, question } = await openedWith([messageOf(1)]);
    const caughtUp = timeline.catchUp();
    (await question()).fail();
    await caughtUp;
    assert.equal(timeline.owesCatchUp(), true);
    assert.deepEqual(shown(timeline), ['message 1']);
  });

  test('asks of itself for deleted messages that a page leaves out, wherever they stood', async () => {
    for (const [visible, missing] of [
      [[2, 3], 1],
      [[1, 3], 2],
      [[1, 2], 3],
    ] as const) {
      const { timeline, question } = await openedWith(
        visible.map((seq) => messageOf(seq)),
        3,
      );
      (await question()).answer([deleted(missing, 4)]);
      while (timeline.owesCatchUp()) await setImmediate();
      assert.equal(shown(timeline)[missing - 1], null);
      assert.equal(shown(timeline).length, 3);
    }
  });

  test('asks for nothing when the page has all', async () => {
    const { asked } = await openedWith([messageOf(1), messageOf(2)], 2);
    await setImmediate();
    assert.equal(asked(), 0);
  });
});

suite('a page of history that events have overtaken', () => {
  const overtaken: readonly (readonly [string, Message, (string | null)[]])[] = [
    [
      'edited',
      messageOf(1, { rev: 9, content: 'edited', is_edited: true }),
      ['edited', 'message 2', 'message 3', 'message 4'],
    ],
    ['deleted', deleted(2, 9), ['message 1', null, 'message 3', 'message 4']],
    [
      'restored',
      messageOf(3, { rev: 9, content: 'restored' }),
      ['message 1', 'message 2', 'restored', 'message 4'],
    ],
  ];
  for (const [what, event, expected] of overtaken) {
    test(`brings nothing back that was ${what} while it was on its way: older ones`, async () => {
      const held = heldService(4);
      const { timeline, question } = held;
      const opened = timeline.open();
      (await question()).answer([messageOf(4)], true);
      await opened;
      const loading = timeline.loadOlder();
      const asked = await question();
      timeline.apply(event);
      asked.answer(
        [messageOf(1), messageOf(2), messageOf(3)].filter(({ seq }) => what !== 'restored' || seq !== 3),
      );
      await loading;
      assert.deepEqual(shown(timeline), expected);
    });

    test(`brings nothing back that was ${what} while it was on its way: the first page, and a jump`, async () => {
      for (const jumps of [false, true]) {
        const { timeline, question } = heldService(4);
        const loading = jumps ? timeline.jumpTo(2) : timeline.open();
        const asked = await question();
        timeline.apply(event);
        const items = [1, 2, 3, 4].map((seq) => messageOf(seq));
        asked.answer(jumps ? items.slice(0, 2) : items);
        if (jumps) (await question()).answer(items.slice(2).toReversed());
        await loading;
        assert.deepEqual(shown(timeline), expected);
      }
    });
  }

  test('goes to a message that is there, and to none that was deleted', async () => {
    const { timeline, question } = heldService(3);
    const jumping = timeline.jumpTo(2);
    (await question()).answer([messageOf(1)]);
    (await question()).answer([messageOf(3)]);
    assert.equal(await jumping, 'deleted');
    assert.equal(timeline.target.peek(), undefined);
    assert.equal(timeline.held(messageOf(2).id), undefined);
    assert.equal(await timeline.jumpTo(3), 'there');
    assert.equal(timeline.target.peek(), 3);
    assert.equal(timeline.held(messageOf(3).id)?.content, 'message 3');
  });

  test('ends with the message that came meanwhile', async () => {
    const { timeline, question } = heldService(3);
    const jumping = timeline.jumpTo(1);
    (await question()).answer([messageOf(1)]);
    (await question()).answer([messageOf(2)], true);
    await jumping;
    const loading = timeline.loadNewer();
    const asked = await question();
    timeline.apply(messageOf(4));
    asked.answer([messageOf(3)]);
    await loading;
    assert.deepEqual(shown(timeline), ['message 1', 'message 2', 'message 3', 'message 4']);
  });
});

suite('a timeline that goes elsewhere', () => {
  const all = [messageOf(98), messageOf(99), messageOf(100)];
  /** A timeline that shows the newest messages of many. */
  const atEnd = async () => {
    const held = heldService(100);
    const opened = held.timeline.open();
    (await held.question()).answer(all, true);
    await opened;
    return held;
  };
  const texts = (...seqs: number[]): string[] => seqs.map((seq) => `message ${seq}`);
  type Held = Awaited<ReturnType<typeof atEnd>>;
  /** Answers what a jump to message 2 asks for. */
  const answerJump = async ({ question }: Held): Promise<void> => {
    (await question()).answer([messageOf(1), messageOf(2)]);
    (await question()).answer([messageOf(4), messageOf(3)], true);
  };

  test('shows what it showed until the other messages are there', async () => {
    const held = await atEnd();
    const { timeline } = held;
    const before = timeline.generation();
    const jumping = timeline.jumpTo(2);
    assert.deepEqual(shown(timeline), texts(98, 99, 100));
    await answerJump(held);
    assert.equal(await jumping, 'there');
    assert.deepEqual(shown(timeline), texts(1, 2, 3, 4));
    assert.ok(timeline.generation() > before);
    const back = timeline.toLatest();
    assert.deepEqual(shown(timeline), texts(1, 2, 3, 4));
    (await held.question()).answer(all, true);
    assert.equal(await back, true);
    assert.deepEqual(shown(timeline), texts(98, 99, 100));
  });

  test('keeps it where they cannot be loaded, on the way there and back', async () => {
    const held = await atEnd();
    const { timeline, question } = held;
    const jumping = timeline.jumpTo(2);
    for (const asked of [await question(), await question()]) asked.fail();
    assert.equal(await jumping, 'failed');
    assert.deepEqual([shown(timeline), timeline.target.peek()], [texts(98, 99, 100), undefined]);
    assert.equal(timeline.failed.value, undefined, 'what is shown has not failed');
    const again = timeline.jumpTo(2);
    await answerJump(held);
    await again;
    const back = timeline.toLatest();
    (await question()).fail();
    assert.equal(await back, false);
    assert.deepEqual(shown(timeline), texts(1, 2, 3, 4));
    const opened = timeline.open(50);
    for (const asked of [await question(), await question()]) asked.fail();
    await opened;
    assert.deepEqual(shown(timeline), texts(1, 2, 3, 4));
  });

  test('keeps the newest messages for a visit without a network, as they are changed meanwhile', async () => {
    const held = await atEnd();
    const { timeline } = held;
    const jumping = timeline.jumpTo(2);
    await answerJump(held);
    await jumping;
    timeline.apply(deleted(99, 101));
    assert.deepEqual(timeline.newest(), { messages: [all[0], deleted(99, 101), all[2]], hasOlder: true });
  });

  test('stays where the message has been deleted', async () => {
    const { timeline, question } = await atEnd();
    const jumping = timeline.jumpTo(2);
    (await question()).answer([messageOf(1)]);
    (await question()).answer([messageOf(3)], true);
    assert.equal(await jumping, 'deleted');
    assert.deepEqual(shown(timeline), texts(98, 99, 100));
  });

  test('goes where the last of several jumps leads, and takes none of them for a deletion', async () => {
    const held = await atEnd();
    const { timeline, question } = held;
    const first = timeline.jumpTo(2);
    const overtaken = [await question(), await question()];
    const second = timeline.jumpTo(2);
    for (const asked of overtaken) asked.answer([messageOf(50)]);
    await answerJump(held);
    assert.deepEqual(await Promise.all([first, second]), ['overtaken', 'there']);
    assert.equal(timeline.target.peek(), 2);
    assert.deepEqual(shown(timeline), texts(1, 2, 3, 4));
  });

  test('stays at the end when the user turns back before it has gone', async () => {
    const { timeline, question } = await atEnd();
    const jumping = timeline.jumpTo(2);
    const asked = [await question(), await question()];
    assert.equal(await timeline.toLatest(), false);
    for (const one of asked) one.answer([messageOf(2)]);
    assert.equal(await jumping, 'overtaken');
    assert.deepEqual([shown(timeline), timeline.target.peek()], [texts(98, 99, 100), undefined]);
    const loading = timeline.loadOlder();
    (await question()).answer([messageOf(97)]);
    await loading;
    assert.deepEqual(shown(timeline), texts(97, 98, 99, 100));
  });
});

suite('a chat with unread messages opens at the first of them', () => {
  const READ = 600;
  /** A service with this many messages, of which it holds as many as the limit says. */
  const serviceWith = (count: number) => {
    const asked: object[] = [];
    const api: Parameters<typeof createTimeline>[0] = {
      addReaction: () => Promise.reject(new Error('Nobody reacts.')),
      removeReaction: () => Promise.reject(new Error('Nobody reacts.')),
      listMessages: async (_, cursor = {}) => {
        asked.push(cursor);
        const { before_seq: before = count + 1, after_seq: after, limit = 20 } = cursor;
        const all = Array.from({ length: count }, (_, index) => messageOf(index + 1));
        const fitting =
          after === undefined
            ? all.filter(({ seq }) => seq < before).toReversed()
            : all.filter(({ seq }) => seq > after);
        return { items: fitting.slice(0, limit), limit, has_more: fitting.length > limit };
      },
      sync: () => Promise.reject(new Error('Nothing was missed.')),
    };
    return { timeline: createTimeline(api, 1, () => count, createSignals()), asked };
  };
  const seqsOf = (timeline: ReturnType<typeof createTimeline>): number[] =>
    timeline.chunks.value.flatMap(({ messages }) => messages.map(({ seq }) => seq));

  for (const unread of [1, 49, 50, 51, 60, 500]) {
    test(`${unread} unread: it is there, with what is before it and after it, and the rest comes both ways`, async () => {
      const count = READ + unread;
      const { timeline, asked } = serviceWith(count);
      await timeline.open(READ);
      assert.equal(asked.length, unread < 50 ? 1 : 2);
      assert.equal(timeline.firstUnread(READ, 8), READ + 1);
      assert.equal(timeline.hasNewer.value, unread > 50);
      assert.ok(seqsOf(timeline).includes(READ));
      await timeline.open(READ);
      assert.equal(asked.length, unread < 50 ? 1 : 2, 'what is loaded is not loaded again');
      while (timeline.hasNewer.value) await timeline.loadNewer();
      while (timeline.hasOlder.value) await timeline.loadOlder();
      assert.deepEqual(
        seqsOf(timeline),
        Array.from({ length: count }, (_, index) => index + 1),
      );
      assert.equal(timeline.countUnread(READ, count, 8), unread);
      assert.equal(timeline.countUnread(READ, READ, 8), 0);
    });
  }

  test('where nothing was read yet, at the very first', async () => {
    const { timeline } = serviceWith(120);
    await timeline.open(0);
    assert.equal(timeline.firstUnread(0, 8), 1);
    assert.equal(timeline.hasOlder.value, false);
  });

  test('without those of one’s own, and the deleted ones', async () => {
    const { timeline, question } = heldService(4);
    const opened = timeline.open(1);
    (await question()).answer([messageOf(1), messageOf(2), deleted(3, 9), messageOf(4, { sender_id: 8 })]);
    await opened;
    assert.equal(timeline.firstUnread(1, 7), 4);
    assert.equal(timeline.countUnread(1, 4, 7), 1);
  });

  test('which is not known while what is before it is not loaded', async () => {
    const { timeline, question } = heldService(4);
    const opened = timeline.open();
    (await question()).answer([messageOf(3), messageOf(4)], true);
    await opened;
    assert.equal(timeline.firstUnread(1, 8), undefined);
    assert.equal(timeline.firstUnread(2, 8), 3);
  });

  test('also when the history stands elsewhere, and again when the first attempt failed', async () => {
    const { timeline, question } = heldService(400);
    const opened = timeline.open(100);
    for (const asked of [await question(), await question()]) asked.fail();
    await opened;
    assert.ok(timeline.failed.value);
    const again = timeline.open();
    (await question()).answer([messageOf(99), messageOf(100)], true);
    (await question()).answer([messageOf(102), messageOf(101)], true);
    await again;
    assert.equal(timeline.firstUnread(100, 8), 101);
    const later = timeline.open(300);
    (await question()).answer([messageOf(300)], true);
    (await question()).answer([messageOf(301)], true);
    await later;
    assert.equal(timeline.firstUnread(300, 8), 301);
  });
});

suite('reactions', () => {
  const ID = 1001;
  const shownOf = ({ chunks }: ReturnType<typeof createTimeline>): string =>
    chunks.value
      .flatMap(({ messages }) => messages)
      .filter(({ id }) => id === ID)
      .flatMap(({ reactions }) => reactions.map(({ emoji, count, me }) => `${emoji}${count}${me ? '!' : ''}`))
      .join(' ');
  const reactionOf = (emoji: string, rev: number, count: number, me?: boolean) => ({
    chat_id: 1,
    id: ID,
    rev,
    emoji,
    count,
    user_id: me === undefined ? 8 : 7,
    is_added: count > 0,
    ...(me === undefined ? {} : { me }),
  });

  test('are applied in the order of `rev`, to what a page shows, too', async () => {
    const held = heldService();
    const opened = held.timeline.open();
    const question = await held.question();
    held.timeline.applyReaction(reactionOf('👍', 2, 1));
    question.answer([messageOf(1)]);
    await opened;
    assert.equal(shownOf(held.timeline), '👍1');
    held.timeline.applyReaction(reactionOf('👍', 2, 1));
    held.timeline.applyReaction(reactionOf('🎉', 3, 1, true));
    held.timeline.applyReaction(reactionOf('👍', 4, 2));
    assert.equal(shownOf(held.timeline), '👍2 🎉1!');
    held.timeline.applyReaction(reactionOf('👍', 5, 0));
    assert.equal(shownOf(held.timeline), '🎉1!');
  });

  test('of the user show at once, and stay when the answer comes ahead of the event, or after it', async () => {
    for (const isEventFirst of [true, false]) {
      const held = await openedWith([messageOf(1, { reactions: [{ emoji: '👍', count: 4, me: false }] })]);
      const { timeline } = held;
      const done = timeline.react(ID, '👍', true);
      assert.equal(shownOf(timeline), '👍5!');
      // Somebody else's comes in between.
      timeline.applyReaction(reactionOf('👍', 2, 5));
      assert.equal(shownOf(timeline), '👍6!');
      await setImmediate();
      if (isEventFirst) timeline.applyReaction(reactionOf('👍', 3, 6, true));
      await held.confirm();
      await done;
      assert.equal(shownOf(timeline), '👍6!');
      timeline.applyReaction(reactionOf('👍', 3, 6, true));
      assert.equal(shownOf(timeline), '👍6!');
    }
  });

  test('that the service refuses go again, and what was told meanwhile stays', async () => {
    const held = await openedWith([messageOf(1)]);
    const { timeline } = held;
    const done = timeline.react(ID, '👍', true);
    timeline.applyReaction(reactionOf('🎉', 2, 1));
    assert.equal(shownOf(timeline), '🎉1 👍1!');
    await setImmediate();
    const refused = assert.rejects(done, /no network/);
    await held.confirm(new TypeError('no network'));
    await refused;
    assert.equal(shownOf(timeline), '🎉1');
  });

  test('that are toggled faster than the service answers end as the user left them, one request at a time', async () => {
    const held = await openedWith([messageOf(1)]);
    const { timeline, reacting } = held;
    const done = [true, false, true, false].map((isOn) => timeline.react(ID, '👍', isOn));
    assert.equal(shownOf(timeline), '');
    await setImmediate();
    assert.deepEqual(reacting, [`-👍 ${ID}`]);
    void timeline.react(ID, '👍', true);
    await held.confirm();
    assert.deepEqual(reacting, [`-👍 ${ID}`, `+👍 ${ID}`]);
    await held.confirm();
    await Promise.all(done);
    assert.equal(shownOf(timeline), '👍1!');
    assert.deepEqual(reacting.length, 2);
  });
});
