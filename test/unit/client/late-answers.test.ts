import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ChatApi } from '../../../lib/client/api/chat-api.ts';
import { createApi } from '../../../lib/client/api/create-api.ts';
import type { Chat, Message } from '../../../functions/contract/schemas.ts';
import type { SyncAnswer } from '../../../functions/sync/contract.ts';
import { settle } from '../../support/fake-platform.ts';
import {
  chatOf,
  createFakeClient,
  json,
  messageOf,
  type RecordedRequest,
} from '../../support/fake-service.ts';

/** An online client with a chat of one read message, and the chats that it shows. */
const createScene = async (chat: Partial<Chat> = {}) => {
  const first = chatOf(7, {
    rev: 1,
    last_seq: 1,
    last_read_seq: 1,
    last_message: messageOf(7, 1),
    updated_at: messageOf(7, 1).timestamp,
    ...chat,
  });
  const scene = createFakeClient();
  const { client, service } = scene;
  service.setChats([first]);
  const shown = new Map<number, Chat>();
  client.on('chat', ({ chat: now }) => shown.set(now.id, now));
  client.on('chat_left', ({ chat_id }) => shown.delete(chat_id));
  await client.logIn('ada', 'secret');
  const socket = await scene.goOnline();
  /** An event of a durable change carries the `rev` of what it shows. */
  const receive = async (frame: {
    readonly chat?: Chat;
    readonly message?: Message;
    readonly rev?: number;
    readonly [field: string]: unknown;
  }): Promise<void> => {
    socket.receive({ rev: frame.chat?.rev ?? frame.message?.rev, ...frame });
    await settle();
  };
  return {
    ...scene,
    first,
    shown,
    receive,
    hear: (seq: number, change: object = {}) =>
      receive({ type: 'new_message', chat_id: 7, message: messageOf(7, seq, change) }),
    /** Holds back the answer to a request, as it is at this moment. @returns what lets it go */
    holdBack: (fits: (asked: RecordedRequest) => boolean) => {
      const held = Promise.withResolvers<void>();
      let isFirst = true;
      service.intercept((asked) => {
        if (!isFirst || !fits(asked)) return undefined;
        isFirst = false;
        const answer = service.answer(asked);
        return held.promise.then(() => answer);
      });
      return async (): Promise<void> => {
        held.resolve();
        await settle();
      };
    },
  };
};

const state = (chat: Chat | undefined) =>
  chat === undefined
    ? undefined
    : {
        name: chat.name,
        unread: chat.unread_count,
        last: chat.last_message?.content,
        read: chat.last_read_seq,
      };

suite('an answer that events have overtaken', () => {
  for (const [name, ask] of [
    ['GET /chats', (api) => api.listChats({ limit: 100 })],
    ['GET /chats/{id}', (api) => api.getChat(7)],
    ['PUT /chats/{id}', (api) => api.renameChat(7, 'A group')],
    ['POST /chats', (api) => api.createChat({ chat_type: 'group', name: 'A group', participant_ids: [] })],
  ] as const satisfies readonly (readonly [string, (api: ChatApi) => Promise<unknown>])[]) {
    test(`replaces nothing that is newer: ${name}`, async () => {
      const { client, service, shown, hear, receive, holdBack, first } = await createScene();
      service.setChats([{ ...first, unread_count: 1, rev: 2, last_seq: 2, last_message: messageOf(7, 2) }]);
      const stale = service.answer({ method: 'GET', path: '/chats/7', userId: 1, body: undefined });
      const renamed = {
        ...first,
        name: 'Renamed',
        updated_at: '2026-01-01T00:00:09.000Z',
        rev: 5,
        last_seq: 4,
        last_message: messageOf(7, 4),
        unread_count: 3,
      };
      const letGo = holdBack(({ path }) => path.startsWith('/chats'));
      if (name.startsWith('P')) {
        const held = Promise.withResolvers<Response>();
        service.intercept(({ path, method }) =>
          path.startsWith('/chats') && method !== 'GET' ? held.promise : undefined,
        );
        const asked = ask(createApi(client));
        for (const seq of [2, 3, 4]) await hear(seq);
        await receive({
          type: 'chat_updated',
          chat_id: 7,
          chat: renamed,
        });
        held.resolve(stale);
        await asked;
      } else {
        const asked = ask(createApi(client));
        await settle();
        for (const seq of [2, 3, 4]) await hear(seq);
        await receive({
          type: 'chat_updated',
          chat_id: 7,
          chat: renamed,
        });
        await letGo();
        await asked;
      }
      assert.deepEqual(state(shown.get(7)), { name: 'Renamed', unread: 3, last: 'message 4', read: 1 });
    });
  }

  test('of two events the older one replaces nothing, whichever comes first', async () => {
    const { shown, hear, receive, first } = await createScene();
    const said = { last_seq: 3, last_message: messageOf(7, 3), unread_count: 2 };
    const at = (rev: number, name: string, change: Partial<Chat> = said) =>
      receive({
        type: 'chat_updated',
        chat_id: 7,
        chat: { ...first, name, rev, updated_at: `2026-01-01T00:00:1${rev}.000Z`, ...change },
      });
    for (const seq of [2, 3]) await hear(seq);
    await at(5, 'Second');
    await at(4, 'First');
    assert.deepEqual(state(shown.get(7)), { name: 'Second', unread: 2, last: 'message 3', read: 1 });
    // The message that it shows is newer than those that were told; its unread count says so.
    await at(7, 'Third', { last_seq: 4, last_message: messageOf(7, 4, { rev: 6 }), unread_count: 3 });
    assert.deepEqual(state(shown.get(7)), { name: 'Third', unread: 3, last: 'message 4', read: 1 });
    await hear(4, { rev: 6 });
    assert.equal(shown.get(7)?.unread_count, 3);
  });

  test('takes back no read mark, and brings back no count', async () => {
    const { client, service, shown, hear, holdBack, pass, receive, first } = await createScene();
    for (const seq of [2, 3, 4]) await hear(seq);
    const unread = { ...first, rev: 4, last_seq: 4, last_message: messageOf(7, 4), unread_count: 3 };
    service.setChats([unread]);
    const letGo = holdBack(({ path }) => path === '/chats/7');
    const asked = createApi(client).getChat(7);
    client.markRead(7, 4);
    await letGo();
    await asked;
    assert.deepEqual(state(shown.get(7)), { name: 'A group', unread: 0, last: 'message 4', read: 4 });

    // Read in part: how much is left only the service knows, once it has the mark.
    await hear(5);
    await hear(6);
    client.markRead(7, 5);
    await pass(1000);
    assert.equal(shown.get(7)?.last_read_seq, 5);
    service.setChats([
      { ...unread, rev: 6, last_seq: 6, last_message: messageOf(7, 6), last_read_seq: 5, unread_count: 1 },
    ]);
    await receive({ type: 'read_receipt', chat_id: 7, user_id: 1, seq: 5 });
    await pass(1000);
    assert.deepEqual(state(shown.get(7)), { name: 'A group', unread: 1, last: 'message 6', read: 5 });
  });

  test('brings back no message that was deleted or edited meanwhile', async () => {
    const { client, service, shown, receive, holdBack, hear, first, pass } = await createScene();
    await hear(2);
    service.setChats([{ ...first, rev: 2, last_seq: 2, last_message: messageOf(7, 2), unread_count: 1 }]);
    for (const [type, change] of [
      ['message_updated', { rev: 3, content: 'edited', is_edited: true }],
      ['message_deleted', { rev: 4, content: null, is_deleted: true }],
    ] as const) {
      const letGo = holdBack(({ path }) => path === '/chats/7');
      const asked = createApi(client).getChat(7);
      await receive({ type, chat_id: 7, message: messageOf(7, 2, change) });
      await letGo();
      await asked;
      assert.equal(shown.get(7)?.last_message?.content, change.content);
    }
    service.setChats([{ ...first, rev: 4, last_seq: 2, unread_count: 0 }]);
    await pass(1000);
    assert.deepEqual(state(shown.get(7)), { name: 'A group', unread: 0, last: 'message 1', read: 1 });
  });

  test('brings back no chat that was left, and takes away none that was joined again', async () => {
    const { client, service, shown, receive, holdBack, first, pass } = await createScene();
    const letGo = holdBack(({ path }) => path.startsWith('/chats?'));
    const asked = createApi(client).listChats({ limit: 100 });
    await settle();
    await receive({ type: 'participants_removed', chat_id: 7, rev: 2, user_ids: [1] });
    await letGo();
    await asked;
    assert.equal(shown.has(7), false);

    await receive({ type: 'chat_created', chat_id: 7, chat: { ...first, rev: 3 } });
    assert.equal(shown.has(7), true);
    service.setChats([]);
    const left = json(200, { chats: [], joined: [], left: [7], more_joined: false });
    const held = Promise.withResolvers<Response>();
    let isFirst = true;
    service.intercept(({ path }) => {
      if (path !== '/sync' || !isFirst) return undefined;
      isFirst = false;
      return held.promise;
    });
    // After a gap, which is asked for.
    await receive({ type: 'new_message', chat_id: 7, message: messageOf(7, 9) });
    await pass(1000);
    assert.equal(isFirst, false);
    await receive({ type: 'participants_removed', chat_id: 7, rev: 10, user_ids: [1] });
    await receive({ type: 'chat_created', chat_id: 7, chat: { ...first, rev: 11 } });
    held.resolve(left);
    await settle();
    assert.equal(shown.has(7), true);
  });

  test('says who is there no earlier than it was', async () => {
    const peer = {
      id: 9,
      username: 'grace',
      full_name: null,
      avatar_url: null,
      last_seen: null,
      online: false,
    };
    const { client, shown, receive, holdBack } = await createScene({ chat_type: 'direct', name: null, peer });
    const letGo = holdBack(({ path }) => path === '/chats/7');
    const asked = createApi(client).getChat(7);
    await receive({ type: 'user_joined', chat_id: 7, user_id: 9 });
    await letGo();
    await asked;
    assert.equal(shown.get(7)?.peer?.online, true);
  });
});

suite('an answer of `/sync` that events have overtaken', () => {
  /**
   * Has the client ask, by an event that lacks the content of its message, and holds back the answer.
   *
   * @param answer instead of the service's
   * @returns what lets it go
   */
  const holdSync = async (
    { service, receive, pass }: Awaited<ReturnType<typeof createScene>>,
    answer?: Partial<SyncAnswer>,
  ) => {
    const held = Promise.withResolvers<void>();
    let isFirst = true;
    service.intercept((asked) => {
      if (asked.path !== '/sync' || !isFirst) return undefined;
      isFirst = false;
      const first =
        answer === undefined
          ? service.answer(asked)
          : json(200, { chats: [], joined: [], left: [], more_joined: false, ...answer });
      return held.promise.then(() => first);
    });
    const message = { ...messageOf(7, 2), content: null, truncated: true } as unknown as Message;
    await receive({ type: 'new_message', chat_id: 7, message });
    await pass(10);
    return async (): Promise<void> => {
      held.resolve();
      await settle();
    };
  };

  test('brings back no chat that was left meanwhile, though it was new', async () => {
    const scene = await createScene();
    scene.service.setChats([scene.first, chatOf(8, { rev: 1 })]);
    const letGo = await holdSync(scene);
    await scene.receive({ type: 'participants_removed', chat_id: 8, rev: 2, user_ids: [1] });
    scene.service.setChats([scene.first]);
    await letGo();
    assert.deepEqual([...scene.shown.keys()], [7]);
  });

  test('takes back no read mark', async () => {
    const unread = { last_read_seq: 0, unread_count: 1 };
    const scene = await createScene(unread);
    const letGo = await holdSync(scene, {
      chats: [
        {
          chat_id: 7,
          rev: 2,
          last_seq: 1,
          ...unread,
          chat: null,
          participants: null,
          messages: [],
          has_more: false,
        },
      ],
    });
    scene.client.markRead(7, 1);
    await letGo();
    assert.deepEqual(state(scene.shown.get(7)), { name: 'A group', unread: 0, last: 'message 1', read: 1 });
  });
});

test('an answer that a message has overtaken does not move the chat down the list', async () => {
  const { client, shown, hear, holdBack } = await createScene();
  const letGo = holdBack(({ path }) => path === '/chats/7');
  const asked = createApi(client).getChat(7);
  await settle();
  await hear(2);
  await letGo();
  await asked;
  assert.equal(shown.get(7)?.updated_at, messageOf(7, 2).timestamp);
});

test('what another device has read in part is counted by the service', async () => {
  const { service, shown, hear, receive, pass, first } = await createScene();
  for (const seq of [2, 3, 4]) await hear(seq);
  const read = { rev: 4, last_seq: 4, last_message: messageOf(7, 4), last_read_seq: 2, unread_count: 1 };
  service.setChats([{ ...first, ...read }]);
  await receive({ type: 'read_receipt', chat_id: 7, user_id: 1, seq: 2 });
  await pass(1000);
  assert.deepEqual(state(shown.get(7)), { name: 'A group', unread: 1, last: 'message 4', read: 2 });
});
