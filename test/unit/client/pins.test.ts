import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import * as fc from 'fast-check';
import type { Message } from '../../../functions/contract/schemas.ts';
import type { ChatApi } from '../../../lib/client/api/chat-api.ts';
import { createChatView } from '../../../lib/client/view/chat-view.ts';
import { createPins } from '../../../lib/client/view/pins.ts';
import { createSignals } from '../../../lib/client/view/signals.ts';
import { settle } from '../../support/fake-platform.ts';
import { chatOf, createFakeClient, createFakeService, json, messageOf } from '../../support/fake-service.ts';

const CHAT = 7;
const AT = '2026-01-01T00:00:00.000Z';
const laterThan = (ms: number): string => new Date(Date.parse(AT) + ms).toISOString();

const pinned = (seq: number, rev: number, change: Partial<Message> = {}): Message =>
  messageOf(CHAT, seq, { rev, pinned_at: laterThan(rev), pinned_by: 2, ...change });

/** A service with a few messages, whose responses the test holds back, and events that are not delivered yet. */
const createHeldService = () => {
  const messages = new Map([1, 2, 3].map((seq) => [seq, messageOf(CHAT, seq)]));
  const events: (() => void)[] = [];
  const answers: PromiseWithResolvers<void>[] = [];
  let rev = 3;
  const pinsNow = (): Message[] =>
    [...messages.values()]
      .filter(({ pinned_at: at }) => at !== null)
      .toSorted((a, b) => ((a.pinned_at ?? '') < (b.pinned_at ?? '') ? 1 : -1));
  const api: Pick<ChatApi, 'listPins'> = {
    listPins: async () => {
      // Read between the request and its answer, on either side of what happens meanwhile.
      if (rev % 2 === 0) await setImmediate();
      const items = pinsNow();
      const held = Promise.withResolvers<void>();
      answers.push(held);
      await held.promise;
      return { items, total: items.length, page: 1, limit: 100, pages: 1 };
    },
  };
  const pins = createPins(api, CHAT, createSignals());
  return {
    pins,
    pinsNow,
    change: (seq: number, kind: 'pin' | 'unpin' | 'edit' | 'react'): void => {
      const message = messages.get(seq) ?? assert.fail(`There is no message ${seq}`);
      rev += 1;
      const reaction = { emoji: '👍', count: rev, me: false };
      const next = {
        ...message,
        rev,
        ...(kind === 'pin' && { pinned_at: laterThan(rev), pinned_by: 2 }),
        ...(kind === 'unpin' && { pinned_at: null, pinned_by: null }),
        ...(kind === 'edit' && { content: `edit ${rev}` }),
        ...(kind === 'react' && { reactions: [reaction] }),
      };
      messages.set(seq, next);
      const { id } = message;
      events.push(() =>
        kind === 'react'
          ? pins.applyReaction({
              chat_id: CHAT,
              rev: next.rev,
              id,
              emoji: '👍',
              user_id: 2,
              count: reaction.count,
              is_added: true,
            })
          : pins.apply(next),
      );
    },
    /** The client tells events in the order of `rev`. */
    deliver: (): void => events.shift()?.(),
    /** Answers the oldest request; with an error as a network that is away. */
    answer: async (error?: Error): Promise<void> => {
      const held = answers.shift();
      if (error === undefined) held?.resolve();
      else held?.reject(error);
      await setImmediate();
      await setImmediate();
    },
  };
};

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom('pin', 'unpin', 'edit', 'react'), fc.integer({ min: 1, max: 3 })),
  },
  { weight: 4, arbitrary: fc.constant('deliver' as const) },
  { weight: 1, arbitrary: fc.constantFrom('open', 'reload', 'answer', 'fail') },
);

suite('the pins of a chat', () => {
  test('are those of the service, whatever happens while the list is on its way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const service = createHeldService();
        const { pins } = service;
        for (const one of steps) {
          if (Array.isArray(one)) service.change(one[1], one[0]);
          else if (one === 'deliver') service.deliver();
          else if (one === 'open') void pins.open();
          else if (one === 'reload') void pins.reload();
          else await service.answer(one === 'fail' ? new TypeError('no network') : undefined);
          await setImmediate();
        }
        for (const _ of steps) service.deliver();
        await service.answer();
        if (pins.state.value !== 'loaded') {
          void pins.open();
          await setImmediate();
          await setImmediate();
          await service.answer();
        }
        assert.equal(pins.state.value, 'loaded');
        assert.deepEqual(pins.pins.value, service.pinsNow());
      }),
      { numRuns: 200 },
    );
  });

  test('are not shown as an event has them that is older than the list', async () => {
    const { pins, change, deliver, answer, pinsNow } = createHeldService();
    for (const kind of ['pin', 'unpin', 'pin'] as const) change(2, kind);
    void pins.open();
    await setImmediate();
    await setImmediate();
    await answer();
    for (let delivered = 0; delivered < 3; delivered += 1) {
      assert.deepEqual(pins.pins.value, pinsNow());
      deliver();
    }
  });

  test('that could not be loaded are loaded by the next try', async () => {
    const { pins, change, answer, pinsNow } = createHeldService();
    change(2, 'pin');
    void pins.open();
    await setImmediate();
    await answer(new TypeError('no network'));
    assert.equal(pins.state.value, 'failed');
    void pins.open();
    await setImmediate();
    await answer();
    assert.equal(pins.state.value, 'loaded');
    assert.deepEqual(pins.pins.value, pinsNow());
  });
});

suite('a view', () => {
  const createScene = async () => {
    const service = createFakeService();
    service.setChats([chatOf(CHAT, { rev: 4, last_seq: 3 })]);
    let items: Message[] = [];
    service.intercept(({ path }) =>
      path.startsWith(`/chats/${CHAT}/pins?`)
        ? json(200, { items, total: items.length, page: 1, limit: 100, pages: 1 })
        : undefined,
    );
    const scene = createFakeClient(service);
    const view = createChatView(scene.client, createSignals());
    const detach = view.attach();
    await scene.client.logIn('ada', 'secret');
    const socket = await scene.goOnline();
    const pins = view.pinsOf(CHAT);
    const shown = (): number[] => pins.pins.value.map(({ seq }) => seq);
    return {
      ...scene,
      view,
      detach,
      socket,
      pins,
      shown,
      willList: (...next: Message[]) => void (items = next),
    };
  };

  test('has the pins of a chat as its events and `/sync` tell them', async () => {
    const { service, socket, pins, shown, pass, willList, view, detach } = await createScene();
    willList(pinned(1, 4));
    await pins.open();
    await settle();
    assert.deepEqual(shown(), [1]);
    const event = (type: 'message_pinned' | 'message_unpinned', message: Message): void =>
      socket.receive({ type, chat_id: CHAT, rev: message.rev, message });
    event('message_pinned', pinned(3, 6));
    event('message_pinned', pinned(2, 5));
    assert.deepEqual(shown(), [3, 2, 1]);
    // The events of revs 7 and 8 were lost: the next one shows the gap, and `/sync` fills it.
    service.intercept(({ path }) =>
      path === '/sync'
        ? json(200, {
            chats: [
              {
                chat_id: CHAT,
                rev: 9,
                last_seq: 3,
                last_read_seq: 0,
                unread_count: 0,
                chat: null,
                participants: null,
                messages: [
                  messageOf(CHAT, 3, { rev: 7 }),
                  messageOf(CHAT, 1, { rev: 8, is_deleted: true, content: null }),
                  messageOf(CHAT, 2, { rev: 9 }),
                ],
                has_more: false,
              },
            ],
            joined: [],
            left: [],
            more_joined: false,
          })
        : undefined,
    );
    event('message_unpinned', messageOf(CHAT, 2, { rev: 9 }));
    assert.deepEqual(shown(), [3, 2, 1]);
    await pass(1000);
    assert.deepEqual(shown(), []);
    socket.receive({ type: 'participants_removed', chat_id: CHAT, rev: 10, user_ids: [1] });
    assert.notEqual(view.pinsOf(CHAT), pins);
    detach();
  });

  test('that was detached meanwhile loads them anew', async () => {
    const { pins, shown, willList, view, detach } = await createScene();
    willList(pinned(1, 4));
    await pins.open();
    assert.deepEqual(shown(), [1]);
    detach();
    willList(pinned(2, 5));
    const end = view.attach();
    await settle();
    assert.deepEqual(shown(), [2]);
    end();
  });

  test('lets somebody type on while a message of theirs is pinned', async () => {
    const { socket, view, detach } = await createScene();
    socket.receive({ type: 'typing_started', chat_id: CHAT, user_id: 2, expires_in_ms: 12_000 });
    const typists = (): number[] => [...(view.typing.value.get(CHAT) ?? [])];
    assert.deepEqual(typists(), [2]);
    const message = pinned(3, 5, { sender_id: 2 });
    socket.receive({ type: 'message_pinned', chat_id: CHAT, rev: 5, message });
    assert.deepEqual(typists(), [2]);
    const next = messageOf(CHAT, 4, { rev: 6, sender_id: 2 });
    socket.receive({ type: 'new_message', chat_id: CHAT, rev: 6, message: next });
    assert.deepEqual(typists(), []);
    detach();
  });
});
