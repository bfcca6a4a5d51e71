import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Chat, ChatDetail, Message, Page } from '../../functions/contract/schemas.ts';
import type { SyncAnswer } from '../../functions/sync/contract.ts';
import type { ChatSocket, ServerFrame } from '../../lib/bench/plain-chat-socket.ts';
import {
  isAbout,
  assertError,
  drainFrames,
  newGroup,
  newPeople,
  newPerson,
  send,
  type Person,
} from '../support/people.ts';

// The races of `races.test.ts` through the API; that file tests the store directly, with one connection per contender.

const revOf = async (person: Awaited<ReturnType<typeof newPerson>>, chatId: number): Promise<number> =>
  (await person.api.request<ChatDetail>('GET', `/chats/${chatId}`)).body.rev;

suite('in the same moment', () => {
  test('edits, deletions and restorations of one message each happen or do not', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { id: chatId } = await newGroup(ada, grace);
    const watching = await grace.connect();
    const ids: number[] = [];
    let deletions = 0;
    for (let round = 0; round < 5; round += 1) {
      const { id } = await send(ada, chatId, `Message ${round}`);
      ids.push(id);
      const before = await revOf(ada, chatId);
      const edits = ['one', 'other'].map((content) =>
        ada.api.request<Message>('PUT', `/messages/${id}`, { content }),
      );
      const removals = [0, 1].map(() => ada.api.request('DELETE', `/messages/${id}`));
      for (const edit of await Promise.all(edits)) {
        if (edit.status === 200) assert.equal(edit.body.is_deleted, false);
        else assertError(edit, 409, 'message_deleted');
      }
      for (const removal of await Promise.all(removals)) assert.equal(removal.status, 204);
      deletions += 1;
      const restored = await Promise.all(
        [0, 1, 2].map(() => ada.api.request<Message>('POST', `/messages/${id}/restore`)),
      );
      assert.deepEqual([...new Set(restored.map(({ status }) => status))], [200]);
      assert.deepEqual([...new Set(restored.map(({ body }) => body.is_deleted))], [false]);
      // The deletion, one restoration, and those edits that came before the deletion.
      const edited = (await Promise.all(edits)).filter(({ status }) => status === 200).length;
      assert.equal(await revOf(ada, chatId), before + 2 + edited);
    }
    const heard = await drainFrames(watching);
    await watching.close();
    assert.equal(heard.filter(isAbout('message_deleted', chatId)).length, deletions);
    assert.equal(heard.filter(isAbout('message_restored', chatId)).length, deletions);
    const { body } = await ada.api.request<SyncAnswer>('POST', '/sync', {
      chats: [{ chat_id: chatId, rev: 0 }],
      limit: 500,
    });
    const [chat] = body.chats;
    assert.equal(new Set(chat?.messages.map(({ rev }) => rev)).size, ids.length);
  });

  test('a text that stands there already is no edit, whoever brought it', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { id: chatId } = await newGroup(ada, grace);
    const { id } = await send(ada, chatId, 'As it was');
    const watching = await grace.connect();
    const before = await revOf(ada, chatId);
    const edit = (content: string) => ada.api.request<Message>('PUT', `/messages/${id}`, { content });
    const same = await edit('As it was');
    assert.deepEqual([same.status, same.body.is_edited, same.body.rev], [200, false, before]);
    const answers = await Promise.all([0, 1, 2].map(() => edit('As it is')));
    assert.deepEqual(
      [...new Set(answers.map(({ status, body }) => `${status} ${body.content} ${body.rev}`))],
      [`200 As it is ${before + 1}`],
    );
    assert.equal(await revOf(ada, chatId), before + 1);
    await ada.api.request('PUT', `/chats/${chatId}`, { name: 'A group' });
    const heard = await drainFrames(watching);
    await watching.close();
    assert.equal(heard.filter(isAbout('message_updated', chatId)).length, 1);
    assert.equal(heard.filter(({ type }) => type === 'chat_updated').length, 0);
  });

  test('whoever reads while a message is edited gets the text of each rev', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { id: chatId } = await newGroup(ada, grace);
    const { id, rev: first } = await send(ada, chatId, 'text 0');
    const seen: Message[] = [];
    const edits = async (): Promise<void> => {
      for (let edit = 1; edit <= 40; edit += 1) {
        const { body } = await ada.api.request<Message>('PUT', `/messages/${id}`, {
          content: `text ${edit}`,
        });
        seen.push(body);
      }
    };
    const reads = async (read: () => Promise<readonly Message[]>): Promise<void> => {
      while (!seen.some(({ content }) => content === 'text 40')) seen.push(...(await read()));
    };
    const history = (query: string) => async () =>
      (await grace.api.request<Page<Message>>('GET', `/messages/chat/${chatId}${query}`)).body.items;
    await Promise.all([
      edits(),
      reads(async () => [(await grace.api.request<Message>('GET', `/messages/${id}`)).body]),
      reads(history('?page=1')),
      reads(history('?after_seq=0')),
      reads(async () => {
        const { body } = await grace.api.request<Page<Chat>>('GET', '/chats');
        return body.items.map((chat) => chat.last_message).filter((message) => message !== null);
      }),
      reads(async () => {
        const chats = [{ chat_id: chatId, rev: first }];
        return (
          (await grace.api.request<SyncAnswer>('POST', '/sync', { chats })).body.chats[0]?.messages ?? []
        );
      }),
      reads(
        async () => (await grace.api.request<Page<Message>>('GET', '/messages/search?q=text')).body.items,
      ),
    ]);
    for (const { rev, content } of seen) assert.equal(content, `text ${rev - first}`);
  });

  test('reading beside one’s own sends always comes through', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { id: chatId } = await newGroup(ada, grace);
    const statuses = new Map<number, number>();
    const count = ({ status }: { status: number }): void => {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    };
    const marks = async (first: number): Promise<void> => {
      for (let seq = first; seq <= 120; seq += 2) {
        count(await ada.api.request('POST', `/chats/${chatId}/read`, { seq }));
      }
    };
    const sends = async (): Promise<void> => {
      for (let index = 0; index < 60; index += 1) {
        count(await ada.api.request('POST', '/messages', { chat_id: chatId, content: `Message ${index}` }));
      }
    };
    await Promise.all([marks(1), marks(2), sends(), sends()]);
    assert.deepEqual(Object.fromEntries(statuses), { 200: 120, 201: 120 });
  });

  test('nobody who goes is left in a group, and no group with an admin who went', async () => {
    const owner = await newPerson('owner');
    const old = await newGroup(owner);
    const chatIds = new Set([old.id]);
    for (let round = 0; round < 4; round += 1) {
      const [goer, heir] = await newPeople('goer', 'heir');
      const handed = await newGroup(goer, heir, owner);
      const make = (body: object) => goer.api.request<ChatDetail>('POST', '/chats', body);
      const group = { chat_type: 'group', name: 'A group' };
      const [gone, ...made] = await Promise.all([
        goer.api.request('DELETE', '/users/me', { password: goer.password }),
        make({ ...group, participant_ids: [owner.id] }),
        owner.api.request<ChatDetail>('POST', '/chats', { ...group, participant_ids: [goer.id] }),
        owner.api.request<ChatDetail>('POST', `/chats/${old.id}/participants`, { user_ids: [goer.id] }),
        owner.api.request<ChatDetail>('POST', '/chats', { chat_type: 'direct', participant_ids: [goer.id] }),
        goer.api.request('PUT', `/chats/${handed.id}/participants/${heir.id}`, { is_admin: true }),
        round % 2 === 0 ? heir.api.request('DELETE', '/users/me', { password: heir.password }) : undefined,
      ]);
      assert.equal(gone.status, 204);
      for (const one of made.slice(0, 2)) {
        if (one?.status === 201) chatIds.add((one.body as ChatDetail).id);
      }
      chatIds.add(handed.id);
    }
    for (const id of chatIds) {
      const { status, body } = await owner.api.request<ChatDetail>('GET', `/chats/${id}`);
      assert.equal(status, 200);
      assert.ok(!body.participants.some(({ username }) => username === 'deleted user'), JSON.stringify(body));
      assert.ok(
        body.participants.some(({ is_admin: isAdmin }) => isAdmin),
        JSON.stringify(body),
      );
    }
  });
});

test('whoever was there when the account is deleted is told to have left, once', async () => {
  const [watcher, ...goers] = await newPeople('watcher', ...Array.from({ length: 12 }, () => 'goer'));
  const { id: chatId } = await newGroup(watcher, ...goers);
  const watching = await watcher.connect();
  await Promise.all(goers.map((goer) => goer.connect(chatId)));
  for (const _ of goers) await watching.take(isAbout('user_joined', chatId));
  await Promise.all(
    goers.map((goer) => goer.api.request('DELETE', '/users/me', { password: goer.password })),
  );
  const left: unknown[] = [];
  for (const _ of goers) left.push((await watching.take(isAbout('user_left', chatId)))['user_id']);
  assert.deepEqual(new Set(left), new Set(goers.map(({ id }) => id)));
  const heard = await drainFrames(watching);
  assert.deepEqual(heard.filter(isAbout('user_left', chatId)), []);
  await watching.close();
});

test('comings and goings are told in pairs, whatever memberships and connections do meanwhile', async () => {
  const [watcher, ...actors] = await newPeople('watcher', ...Array.from({ length: 8 }, () => 'actor'));
  const { id: chatId } = await newGroup(watcher, ...actors);
  const watching = await watcher.connect();
  const participants = `/chats/${chatId}/participants`;
  const act = async (person: Person, turn: number): Promise<void> => {
    const sockets: ChatSocket[] = [];
    const closings: Promise<unknown>[] = [];
    const open = async (scope?: number): Promise<void> => {
      // It is refused where the actor is no member.
      const [opened] = await Promise.allSettled([person.connect(scope)]);
      if (opened?.status === 'fulfilled') sockets.push(opened.value);
    };
    const say = (type: 'join' | 'leave'): void => sockets.at(-1)?.send({ type, chat_id: chatId });
    const close = (): void => {
      const closing = sockets.pop()?.close();
      if (closing !== undefined) closings.push(closing);
    };
    const add = () => watcher.api.request('POST', participants, { user_ids: [person.id] });
    const remove = () => watcher.api.request('DELETE', `${participants}?user_id=${person.id}`);
    const leaveGroup = () => person.api.request('DELETE', `/chats/${chatId}`);
    const openScoped = () => open(chatId);
    const join = () => say('join');
    const leave = () => say('leave');
    /** One after the other; what stands in one line is done at once. */
    const steps: readonly (readonly (() => unknown)[])[] = [
      [openScoped],
      [open],
      [join],
      [remove, close],
      [close],
      [add],
      [openScoped],
      [leave, close],
      [openScoped],
      [join, open],
      [join, close],
      [leaveGroup, close],
      [add],
    ];
    for (const step of [...steps.slice(turn), ...steps.slice(0, turn), ...steps]) {
      await Promise.all(step.map(async (one) => one()));
    }
    while (sockets.length > 0) close();
    await Promise.all(closings);
  };
  await Promise.all(actors.map(act));

  const isPresence = ({ type }: ServerFrame): boolean => type === 'user_joined' || type === 'user_left';
  /** By user: comings less goings. */
  const there = new Map<unknown, number>();
  const isQuiet = (): boolean =>
    [...there.values()].every((count) => count === 0) && !watching.untaken.some(isPresence);
  do {
    const { type, user_id: userId } = await watching.take(isPresence);
    there.set(userId, (there.get(userId) ?? 0) + (type === 'user_joined' ? 1 : -1));
  } while (!isQuiet());
  assert.equal(there.size, actors.length);
  await watching.close();
});

test('the direct chat with somebody who has gone is kept, hidden and opened again, and takes no message', async () => {
  const [ada, grace] = await newPeople('ada', 'grace');
  const open = () =>
    ada.api.request<ChatDetail>('POST', '/chats', { chat_type: 'direct', participant_ids: [grace.id] });
  const { id: chatId } = (await open()).body;
  const clientMessageId = crypto.randomUUID();
  const hello = { chat_id: chatId, content: 'Hello', client_message_id: clientMessageId };
  assert.equal((await ada.api.request('POST', '/messages', hello)).status, 201);
  assert.equal((await grace.api.request('DELETE', '/users/me', { password: grace.password })).status, 204);

  assert.equal((await ada.api.request('DELETE', `/chats/${chatId}`)).status, 204);
  const list = async () => (await ada.api.request<Page<ChatDetail>>('GET', '/chats')).body.items;
  assert.deepEqual(await list(), []);
  const opened = await open();
  assert.deepEqual(
    [opened.status, opened.body.id, opened.body.peer?.username],
    [200, chatId, 'deleted user'],
  );
  assert.equal((await list()).length, 1);
  const history = await ada.api.request<Page<Message>>('GET', `/messages/chat/${chatId}`);
  assert.deepEqual(
    history.body.items.map(({ content }) => content),
    ['Hello'],
  );

  assertError(
    await ada.api.request('POST', '/messages', { chat_id: chatId, content: 'Are you there?' }),
    403,
    'cannot_message_user',
  );
  const socket = await ada.connect();
  socket.send({
    type: 'message',
    chat_id: chatId,
    content: 'Are you there?',
    client_message_id: crypto.randomUUID(),
  });
  const error = await socket.take(({ type }) => type === 'error');
  assert.deepEqual([error['status_code'], error['code']], [403, 'cannot_message_user']);
  await socket.close();
  // What was sent before is told again, as ever.
  const again = await ada.api.request<{ duplicate: boolean }>('POST', '/messages', hello);
  assert.deepEqual([again.status, again.body.duplicate], [200, true]);
});
