import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createNotifier, type Noted, type Shown } from '../../../lib/web/worker/notifier.ts';
import type { NotableMessage } from '../../../lib/web/worker/protocol.ts';

const ofGroup = (seq: number, unread_total: number | null = null, chat_id = 7): NotableMessage => ({
  chat_id,
  seq,
  chat_name: 'A group',
  sender_username: 'grace',
  preview: `Number ${seq}`,
  mention: false,
  unread_total,
});

/** A browser: its notifications, its notes, and whether the user looks at a chat. */
const createScene = () => {
  const shown = new Map<string, Shown>();
  const calls: Shown[] = [];
  const badges: number[] = [];
  let chats = new Map<number, Noted>();
  let sound = false;
  let lookedAt: number | undefined;
  const notifier = createNotifier({
    notes: {
      chat: async (chatId) => chats.get(chatId) ?? { seq: 0, read: 0 },
      keepChat: async (chatId, noted) => void chats.set(chatId, noted),
      hasSound: async () => sound,
      keepSound: async (isOn) => void (sound = isOn),
      erase: async () => void (chats = new Map()),
    },
    show: async (notification) => {
      calls.push(notification);
      shown.set(notification.tag, notification);
    },
    listOpen: async () => [...shown.values()].map((one) => ({ ...one, close: () => shown.delete(one.tag) })),
    isLookedAt: async (chatId) => chatId === lookedAt,
    setBadge: (count) => badges.push(count),
  });
  return {
    notifier,
    calls,
    badges,
    bodies: () => [...shown.values()].map(({ body }) => body),
    dismiss: () => shown.clear(),
    lookAt: (chatId: number | undefined) => void (lookedAt = chatId),
  };
};

suite('the notifier', () => {
  test('tells of a message once, whether it is pushed first or handed over by a page', async () => {
    const { notifier, calls, bodies, dismiss } = createScene();
    await Promise.all([notifier.notify(ofGroup(1)), notifier.notify(ofGroup(1, 1))]);
    assert.deepEqual(bodies(), ['grace: Number 1']);
    // Shown again for the browser, which wants a notification for each push, without calling for attention.
    assert.deepEqual(
      calls.map(({ silent, renotify }) => [silent, renotify]),
      [
        [true, false],
        [true, false],
      ],
    );
    dismiss();
    await notifier.notify(ofGroup(1, 1));
    assert.deepEqual(bodies(), []);
  });

  test('replaces what it said of a chat, and counts', async () => {
    const { notifier, calls, bodies, badges } = createScene();
    await notifier.keepSound(true);
    await notifier.notify(ofGroup(1, 4));
    await notifier.notify(ofGroup(2, 5));
    await notifier.notify({ ...ofGroup(3, 6), preview: null });
    assert.deepEqual(bodies(), ['3 new messages']);
    assert.deepEqual(badges, [4, 5, 6]);
    assert.ok(calls.every(({ silent, renotify, tag }) => !silent && renotify && tag === 'chat-7'));
    await notifier.notify({ ...ofGroup(4, 7), mention: true });
    assert.deepEqual(bodies(), ['4 new messages\ngrace mentions you: Number 4']);
  });

  test('names the sender of a direct message in the title alone', async () => {
    const { notifier, calls } = createScene();
    await notifier.notify({ ...ofGroup(1), chat_name: null });
    await notifier.notify({ ...ofGroup(1, null, 8), chat_name: null, preview: null });
    assert.deepEqual(
      calls.map(({ title, body }) => [title, body]),
      [
        ['grace', 'Number 1'],
        ['grace', 'New message'],
      ],
    );
  });

  test('says nothing of a chat that somebody looks at', async () => {
    const { notifier, bodies, lookAt } = createScene();
    lookAt(7);
    await notifier.notify(ofGroup(1, 1));
    await notifier.notify(ofGroup(1, 2, 8));
    assert.deepEqual(bodies(), ['grace: Number 1']);
    lookAt(undefined);
    await notifier.notify(ofGroup(2, 3));
    assert.equal(bodies().length, 2);
  });

  test('takes away what was read, and brings it back for no late push', async () => {
    const { notifier, bodies } = createScene();
    await notifier.notify(ofGroup(5));
    await notifier.notify(ofGroup(5, null, 8));
    await notifier.markRead([[7, 4]]);
    assert.equal(bodies().length, 2);
    await notifier.markRead([
      [7, 6],
      [9, 3],
    ]);
    assert.equal(bodies().length, 1);
    await notifier.notify(ofGroup(6, 1));
    assert.equal(bodies().length, 1);
    await notifier.notify(ofGroup(7, 2));
    assert.equal(bodies().length, 2);
  });

  test('learns from the number of unread messages what was read elsewhere', async () => {
    const { notifier, bodies } = createScene();
    await notifier.notify(ofGroup(1, 1, 8));
    await notifier.notify(ofGroup(1, 2));
    await notifier.notify(ofGroup(2, 3));
    assert.equal(bodies().length, 2);
    // One message is unread, so the two before it and the other chat are read.
    await notifier.notify(ofGroup(3, 1));
    assert.deepEqual(bodies(), ['grace: Number 3']);
  });

  test('forgets everything for whoever logs in next', async () => {
    const { notifier, bodies, badges } = createScene();
    await notifier.notify(ofGroup(9, 3));
    await notifier.forget();
    assert.deepEqual(bodies(), []);
    assert.equal(badges.at(-1), 0);
    await notifier.notify(ofGroup(1, 1));
    assert.deepEqual(bodies(), ['grace: Number 1']);
  });
});
