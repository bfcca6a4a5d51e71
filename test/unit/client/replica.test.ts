import { untouched } from '../../support/messages.ts';
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { sync, SyncAnswer } from '../../../functions/sync/contract.ts';
import type { Chat, Message } from '../../../functions/contract/schemas.ts';
import type { Call } from '../../../lib/client/contract.ts';
import type { BodyOf } from '../../../lib/client/contract.ts';
import { createReplica } from '../../../lib/client/replica.ts';
import { createStore } from '../../../lib/client/store.ts';
import { createFakePlatform, createFakeStorage } from '../../support/fake-platform.ts';

const messageOf = (chatId: number, rev: number, content = `${chatId}/${rev}`): Message => ({
  id: chatId * 1000 + rev,
  message_id: '019be8a4-95c6-7b1a-8f0e-5d3c2b1a0f9e',
  chat_id: chatId,
  seq: rev,
  rev,
  sender_id: 1,
  sender_username: 'ada',
  content,
  message_type: 'text',
  timestamp: '2026-01-31T09:26:53.589Z',
  ...untouched(),
});

const chatOf = (id: number, rev = 0): Chat => ({ id, rev }) as Chat;

const nothing: SyncAnswer = { chats: [], joined: [], left: [], more_joined: false };

type SyncBody = BodyOf<typeof sync>;

/** A replica and a service whose chats are plain lists of messages. */
const createScene = (
  options: { storage?: ReturnType<typeof createFakeStorage>; chats?: Record<number, Message[]> } = {},
) => {
  const { platform, pass } = createFakePlatform();
  const { storage } = options.storage ?? createFakeStorage();
  const service = new Map(Object.entries(options.chats ?? {}).map(([id, list]) => [Number(id), list]));
  const told: string[] = [];
  const asked: SyncBody[] = [];
  let fails = 0;
  const answer = (body: SyncBody): SyncAnswer => ({
    ...nothing,
    chats: body.chats.flatMap(({ chat_id: id, rev }) => {
      const list = service.get(id);
      // As the service does, leaves out a chat that is as the client has it.
      if (list === undefined || (list.at(-1)?.rev ?? rev) === rev) return [];
      const messages = list.filter((message) => message.rev > rev).slice(0, 2);
      const more = list.filter((message) => message.rev > rev).length > messages.length;
      return [
        {
          chat_id: id,
          rev: more ? (messages.at(-1)?.rev ?? rev) : (list.at(-1)?.rev ?? rev),
          last_seq: list.length,
          last_read_seq: 0,
          unread_count: 0,
          chat: null,
          participants: null,
          messages,
          has_more: more,
        },
      ];
    }),
    left: body.chats.map(({ chat_id: id }) => id).filter((id) => !service.has(id)),
    joined: [...service.keys()]
      .filter((id) => !body.chats.some(({ chat_id: known }) => known === id))
      .map((id) => chatOf(id, service.get(id)?.at(-1)?.rev ?? 0)),
  });
  const replica = createReplica({
    store: createStore(storage, platform),
    platform,
    call: (async (request: string, _: string, body: SyncBody) => {
      assert.equal(request, 'POST /sync');
      // As it is sent: without what is undefined.
      asked.push(JSON.parse(JSON.stringify(body)) as SyncBody);
      if (fails > 0) {
        fails -= 1;
        throw new TypeError('There is no network here');
      }
      return answer(body);
    }) as unknown as Call,
    onMessage: ({ chat_id: id, rev }) => told.push(`${id}/${rev}`),
    chats: {
      now: () => 0,
      get: () => undefined,
      set: ({ id, rev }, _, isSynced) => told.push(isSynced === true ? `chat ${id}/${rev}` : `joined ${id}`),
      noteRev: () => undefined,
      noteCounts: () => undefined,
    },
    onLeft: (id) => told.push(`left ${id}`),
  });
  return {
    replica,
    service,
    told,
    asked,
    pass,
    failNext: (count: number) => {
      fails = count;
    },
  };
};

suite('a replica tells', () => {
  test('each change once, in order, however its events come', async () => {
    const { replica, told, asked, pass } = createScene();
    replica.receiveChat(chatOf(7));
    for (const rev of [2, 1, 1, 4, 2, 3]) replica.receive(messageOf(7, rev));
    assert.deepEqual(told, ['7/1', '7/2', '7/3', '7/4']);
    await pass(60_000);
    assert.deepEqual(asked, [], 'what came a moment late is no gap');
  });

  test('nothing ahead of a gap, which it fetches', async () => {
    const messages = [1, 2, 3, 4, 5].map((rev) => messageOf(7, rev));
    const { replica, told, asked, pass } = createScene({ chats: { 7: messages } });
    replica.receiveChat(chatOf(7));
    replica.receive(messageOf(7, 1));
    replica.receive(messageOf(7, 5));
    assert.deepEqual(told, ['7/1']);
    await pass(1000);
    assert.deepEqual(told, ['7/1', '7/2', '7/3', '7/4', '7/5']);
    assert.deepEqual(asked[0]?.chats, [{ chat_id: 7, rev: 1 }]);
  });

  test('what it missed, also when the first attempts to fetch it fail', async () => {
    const { replica, told, pass, failNext } = createScene({
      chats: { 7: [messageOf(7, 1), messageOf(7, 2)] },
    });
    replica.receiveChat(chatOf(7));
    failNext(2);
    replica.receive(messageOf(7, 2));
    await pass(1000);
    assert.deepEqual(told, []);
    await pass(10_000);
    assert.deepEqual(told, ['7/1', '7/2']);
  });

  test('a change without those that it replaced', async () => {
    // An edited message has the `rev` of its edit only: 1 is nowhere to be had.
    const { replica, told, pass } = createScene({ chats: { 7: [messageOf(7, 2)] } });
    replica.receiveChat(chatOf(7));
    replica.receive(messageOf(7, 3));
    await pass(1000);
    assert.deepEqual(told, ['7/2', '7/3']);
  });

  test('a message that the next part of a sync has, although a reaction to it follows the first part', async () => {
    // Message 1 was missed; a reaction has changed it since, under `rev` 4.
    const reacted = { ...messageOf(7, 1), rev: 4 };
    const { replica, told, pass } = createScene({
      chats: { 7: [messageOf(7, 2), messageOf(7, 3), reacted] },
    });
    replica.receiveChat(chatOf(7));
    replica.note(7, 4, () => told.push('reaction 7/4'));
    await pass(1000);
    assert.deepEqual(told, ['7/2', '7/3', '7/4']);
  });

  test('the events of a chat that was left between the parts of a sync, and joined again', async () => {
    const messages = [1, 2, 3, 4, 5].map((seq) => messageOf(7, seq));
    const { replica, service, told, asked, pass } = createScene({ chats: { 7: messages } });
    replica.receiveChat(chatOf(7));
    const synced = replica.sync();
    // The request is under way: its first part comes for a chat that the user is no longer in.
    service.delete(7);
    replica.forget(7, 4);
    await synced;
    service.set(7, messages);
    replica.receiveChat(chatOf(7, 5));
    replica.receive(messageOf(7, 6));
    await pass(1000);
    const count = asked.length;
    await pass(5000);
    assert.deepEqual([told, asked.length], [['7/6'], count], 'and nothing is asked for again and again');
  });

  test('the whole of a message that was too large for its event', async () => {
    const { replica, told, pass } = createScene({ chats: { 7: [messageOf(7, 1)] } });
    replica.receiveChat(chatOf(7));
    replica.receive({ ...messageOf(7, 1), content: null, truncated: true });
    assert.deepEqual(told, []);
    await pass(10);
    assert.deepEqual(told, ['7/1']);
  });

  test('of chats that are new and chats that are left', async () => {
    const { replica, service, told } = createScene({ chats: { 7: [], 8: [messageOf(8, 1)] } });
    await replica.sync();
    assert.deepEqual(told, ['joined 7', 'joined 8']);
    service.delete(7);
    replica.receive(messageOf(8, 2));
    await replica.sync();
    assert.deepEqual(told.slice(2), ['8/2', 'left 7']);
  });

  test('what came before the chat that it belongs to', async () => {
    const { replica, told } = createScene();
    replica.receive(messageOf(7, 4));
    replica.receiveChat(chatOf(7, 3));
    assert.deepEqual(told, ['7/4']);
  });

  test('after a restart only what happened since', async () => {
    const storage = createFakeStorage();
    const messages = [1, 2, 3].map((rev) => messageOf(7, rev));
    const before = createScene({ storage });
    await before.replica.load(1);
    before.replica.receiveChat(chatOf(7));
    before.replica.receive(messageOf(7, 1));
    before.replica.stop();
    await before.pass(0);
    const after = createScene({ storage, chats: { 7: messages } });
    await after.replica.load(1);
    await after.replica.sync();
    assert.deepEqual(after.told, ['7/2', '7/3']);
    const other = createScene({ storage, chats: { 7: messages } });
    await other.replica.load(2);
    await other.replica.sync();
    assert.deepEqual(other.told, ['joined 7'], 'another user begins anew');
  });

  test('nothing more once it is stopped, and everything again when it goes on', async () => {
    const { replica, told } = createScene({ chats: { 7: [messageOf(7, 1)] } });
    replica.receiveChat(chatOf(7));
    const asking = replica.sync();
    replica.stop();
    await asking;
    assert.deepEqual(told, []);
    await replica.sync();
    assert.deepEqual(told, ['7/1']);
  });

  test('of more chats than one question may name', async () => {
    const ids = Array.from({ length: 2500 }, (_, index) => index + 1);
    const { replica, asked, told } = createScene({
      chats: Object.fromEntries(ids.map((id) => [id, [messageOf(id, 1)]])),
    });
    for (const id of ids) replica.receiveChat(chatOf(id));
    await replica.sync();
    assert.deepEqual(
      asked.map(({ chats }) => chats.length),
      [1000, 1000, 500],
    );
    assert.deepEqual(
      told,
      ids.map((id) => `${id}/1`),
    );
  });

  test('changes of names and members beside messages, without taking them for gaps', async () => {
    const { replica, told, asked, pass } = createScene();
    replica.receiveChat(chatOf(7));
    replica.receive(messageOf(7, 1));
    // A role and a new name, told by events of their own; the latter comes early.
    replica.note(7, 3);
    replica.note(7, 2);
    replica.note(7, 2);
    replica.receive(messageOf(7, 4));
    await pass(60_000);
    assert.deepEqual([told, asked], [['7/1', '7/4'], []]);
    // One that is lost is a gap as any other.
    replica.note(7, 6);
    await pass(1000);
    assert.deepEqual(asked[0]?.chats, [{ chat_id: 7, rev: 4 }]);
  });
});

suite('a replica that was told of something without what it is', () => {
  const truncated = (rev: number) => ({ ...messageOf(7, rev), content: null, truncated: true as const });

  test('asks again when the first attempt to fetch it fails', async () => {
    const { replica, told, pass, failNext } = createScene({ chats: { 7: [messageOf(7, 1)] } });
    replica.receiveChat(chatOf(7));
    failNext(1);
    replica.receive(truncated(1));
    await pass(10);
    assert.deepEqual(told, []);
    await pass(10_000);
    assert.deepEqual(told, ['7/1']);
  });

  test('asks once more when it is told while it asks, for the answer may be older', async () => {
    const messages = [messageOf(7, 1)];
    const { replica, told, asked } = createScene({ chats: { 7: messages } });
    replica.receiveChat(chatOf(7));
    const first = replica.sync();
    const second = replica.sync();
    // Not in the answer to the first, which was made by then.
    messages.push(messageOf(7, 2));
    await Promise.all([first, second]);
    assert.deepEqual([told, asked.length], [['7/1', '7/2'], 2]);
  });
});
