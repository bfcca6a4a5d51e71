import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Chat, Message, Participant } from '../../../functions/contract/schemas.ts';
import { createApi } from '../../../lib/client/api/create-api.ts';
import {
  useBlocks,
  useMembers,
  useMessages,
  usePins,
  usePresence,
  useUser,
} from '../../../lib/client/react/index.ts';
import { settle } from '../../support/fake-platform.ts';
import {
  chatOf,
  createFakeClient,
  createFakeService,
  json,
  messageOf,
  participantOf,
} from '../../support/fake-service.ts';
import { renderHook } from '../../support/render-hook.ts';

/** An online client of a service that has a history, pins and members, and that the network may hide. */
const createScene = async (chat: Partial<Chat> = {}) => {
  const service = createFakeService();
  const scene = createFakeClient(service);
  let history: Message[] = [];
  let pins: Message[] = [];
  let participants: Participant[] = [];
  let isCut = false;
  let isMember = true;
  let current: Chat;
  const setChat = (change: Partial<Chat> = {}): Chat => {
    current = chatOf(7, { rev: history.length, last_seq: history.length, ...chat, ...change });
    service.setChats([current]);
    return current;
  };
  setChat();
  service.intercept(({ path, method }) => {
    if (isCut) throw new TypeError('no network');
    const url = new URL(path, 'https://chat.example.org');
    if (url.pathname === '/chats/7/pins') {
      return json(200, { items: pins, total: pins.length, page: 1, limit: 100, pages: 1 });
    }
    if (url.pathname === '/chats/7' && method === 'GET') return json(200, { ...current, participants });
    if (!url.pathname.startsWith('/messages/chat/')) return undefined;
    if (url.pathname !== '/messages/chat/7' || !isMember) {
      return json(404, { detail: 'No.', status_code: 404, code: 'chat_not_found' });
    }
    const query = url.searchParams;
    const [before, after, limit] = ['before_seq', 'after_seq', 'limit'].map((name) =>
      Number(query.get(name)),
    );
    const fits = history.filter(
      ({ seq, is_deleted }) =>
        !is_deleted && (!before || seq < before) && (!query.has('after_seq') || seq > (after ?? 0)),
    );
    const items = query.has('after_seq') ? fits.slice(0, limit) : fits.slice(-(limit ?? 0)).toReversed();
    return json(200, { items, has_more: items.length < fits.length });
  });
  await scene.client.logIn('ada', 'secret');
  return {
    ...scene,
    setChat,
    setHistory: (next: Message[]) => void (history = next),
    setPins: (next: Message[]) => void (pins = next),
    setParticipants: (next: Participant[]) => void (participants = next),
    setMember: (value: boolean) => void (isMember = value),
    cut: (value: boolean) => void (isCut = value),
    receive: async (frame: object): Promise<void> => {
      scene.socket().receive(frame);
      await settle();
    },
  };
};

const historyOf = (count: number): Message[] =>
  Array.from({ length: count }, (_, index) => messageOf(7, index + 1));

/** A scene in which a component shows the messages of the chat. */
const showMessages = async (history: Message[]) => {
  const scene = await createScene();
  scene.setHistory(history);
  scene.setChat();
  await scene.goOnline();
  return { ...scene, shown: await renderHook(scene.client, () => useMessages(7)) };
};

suite('the messages of a chat, in a component', () => {
  test('are loaded again when the user was removed from the chat and added again, and so are its pins', async () => {
    const { client, goOnline, setHistory, setPins, setChat, setMember, receive } = await createScene();
    setHistory(historyOf(3));
    setPins([messageOf(7, 2, { pinned_at: '2026-01-02T00:00:00.000Z' })]);
    setChat();
    await goOnline();
    const shown = await renderHook(client, () => ({ ...useMessages(7), ...usePins(7) }));
    const counts = () => [shown.current().messages.length, shown.current().pins.length];
    assert.deepEqual(counts(), [3, 1]);
    setMember(false);
    await receive({ type: 'participants_removed', chat_id: 7, rev: 4, user_ids: [1] });
    assert.equal(client.chats().length, 0);
    setMember(true);
    setHistory([...historyOf(3), messageOf(7, 4)]);
    await receive({ type: 'chat_created', chat_id: 7, rev: 5, chat: setChat({ rev: 5 }) });
    assert.deepEqual(counts(), [4, 1]);
    await shown.unmount();
  });

  test('do not survive a component’s absence when the list did not reach the newest message', async () => {
    const { shown, setHistory } = await showMessages(historyOf(200));
    assert.equal(await shown.current().jumpTo(20), 'there');
    await settle();
    assert.ok(shown.current().hasNewer);
    await shown.show(false);
    setHistory(
      historyOf(200).map((one) => (one.seq === 20 ? { ...one, is_deleted: true, content: null } : one)),
    );
    await shown.show(true);
    assert.ok(!shown.current().messages.some(({ content }) => content === 'message 20'));
    assert.equal(shown.current().messages.at(-1)?.seq, 200);
    await shown.unmount();
  });

  test('are around a message that was jumped to, and can be loaded again there', async () => {
    const { shown, service } = await showMessages(historyOf(200));
    assert.equal(await shown.current().jumpTo(20), 'there');
    await settle();
    assert.deepEqual([shown.current().messages.at(0)?.seq, shown.current().messages.at(-1)?.seq], [1, 70]);
    assert.equal(await shown.current().jumpTo(30), 'there');
    const before = service.asked.length;
    await shown.current().reload();
    assert.ok(service.asked.length > before);
    assert.ok(shown.current().messages.some(({ seq }) => seq === 70));
    assert.equal(await shown.current().toNewest(), true);
    await settle();
    assert.equal(await shown.current().toNewest(), true);
    assert.equal(shown.current().messages.at(-1)?.seq, 200);
    await shown.unmount();
  });

  test('say what could not be loaded, and why', async () => {
    const { client, shown, cut } = await showMessages(historyOf(200));
    cut(true);
    assert.equal(await shown.current().loadOlder(), false);
    await settle();
    assert.deepEqual(
      [shown.current().state, shown.current().error],
      ['loaded', { code: 'unreachable', status: 0 }],
    );
    cut(false);
    assert.equal(await shown.current().loadOlder(), true);
    await settle();
    assert.equal(shown.current().error, undefined);
    assert.equal(await shown.current().loadNewer(), false);
    const other = await renderHook(client, () => useMessages(8));
    assert.deepEqual(
      [other.current().state, other.current().error],
      ['failed', { code: 'chat_not_found', status: 404 }],
    );
    await other.unmount();
    await shown.unmount();
  });

  test('do not show a message twice whose acknowledgement was lost', async () => {
    const { client, goOnline, setHistory, setChat } = await createScene();
    const { client_message_id } = client.send(7, 'sent');
    client.send(7, 'unsent');
    setHistory([messageOf(7, 1, { sender_id: 1, client_message_id })]);
    setChat();
    const shown = await renderHook(client, () => useMessages(7));
    assert.equal(shown.current().messages.length, 1);
    assert.deepEqual(
      shown.current().pending.map(({ content }) => content),
      ['unsent'],
    );
    await goOnline();
    await shown.unmount();
  });
});

suite('people, in a component', () => {
  test('are the members of a chat, with roles and read marks as events report them', async () => {
    const { client, goOnline, setChat, setParticipants, receive, socket, pass } = await createScene({
      rev: 5,
      last_seq: 9,
    });
    setParticipants([participantOf(1), participantOf(2, { last_read_seq: 3 })]);
    await goOnline();
    const shown = await renderHook(client, () => useMembers(7));
    const seen = (seq: number) =>
      shown
        .current()
        .seenBy(seq)
        .map(({ id }) => id);
    assert.deepEqual([shown.current().state, seen(3), seen(4)], ['loaded', [2], []]);
    await receive({ type: 'read_receipt', chat_id: 7, user_id: 2, seq: 8 });
    assert.deepEqual(seen(8), [2]);
    // The response is older than the event.
    await shown.current().reload();
    await settle();
    assert.deepEqual(seen(8), [2]);
    // So is the read mark in an event that was made before.
    const participant = participantOf(2, { role: 'admin', is_admin: true, last_read_seq: 3 });
    await receive({ type: 'participant_updated', chat_id: 7, rev: 6, participant });
    assert.deepEqual([shown.current().members[1]?.role, seen(8)], ['admin', [2]]);
    await receive({ type: 'user_joined', chat_id: 7, user_id: 2 });
    assert.equal(shown.current().members[1]?.online, true);
    setParticipants([participantOf(1), participantOf(3)]);
    setChat({ rev: 7 });
    socket().receive({ type: 'participants_added', chat_id: 7, rev: 7, user_ids: [3] });
    await pass(1000);
    assert.deepEqual(
      shown.current().members.map(({ id }) => id),
      [1, 3],
    );
    // Read marks that were moved while there was no connection have no event.
    socket().lose();
    setParticipants([participantOf(1), participantOf(3, { last_read_seq: 9 })]);
    await pass(400);
    socket().open();
    await settle();
    assert.deepEqual(seen(9), [3]);
    await shown.unmount();
  });

  test('are not loaded again when the user changes their profile', async () => {
    const { client, goOnline, service, setParticipants } = await createScene();
    setParticipants([participantOf(client.user?.id ?? 0)]);
    await goOnline();
    const shown = await renderHook(client, () => ({ ...useMembers(7), user: useUser() }));
    let loads = 0;
    service.intercept(({ path, method }) => {
      if (path === '/chats/7' && method === 'GET') loads += 1;
      return path === '/users/me' ? json(200, { ...client.user, full_name: 'Ada' }) : undefined;
    });
    await createApi(client).updateOwnProfile({ full_name: 'Ada' });
    await settle();
    assert.deepEqual(
      [shown.current().user?.full_name, shown.current().members[0]?.full_name, loads],
      ['Ada', 'Ada', 0],
    );
    await shown.current().reload();
    assert.equal(loads, 1);
    await shown.unmount();
  });

  test('are those who have the chat open, as long as there is a connection', async () => {
    const { client, goOnline, receive, socket, pass } = await createScene();
    await goOnline();
    const said = () =>
      socket().sent.flatMap(({ type }) => (type === 'join' || type === 'leave' ? [type] : []));
    const shown = await renderHook(client, () => usePresence(7));
    const second = await renderHook(client, () => usePresence(7));
    await receive({ type: 'user_joined', chat_id: 7, user_id: 1 });
    await receive({ type: 'user_joined', chat_id: 7, user_id: 2 });
    await receive({ type: 'user_joined', chat_id: 7, user_id: 3 });
    await receive({ type: 'user_left', chat_id: 7, user_id: 2 });
    assert.deepEqual(shown.current(), [3]);
    await second.unmount();
    assert.ok(!said().includes('leave'));
    socket().lose();
    await settle();
    assert.deepEqual(shown.current(), []);
    await pass(400);
    socket().open();
    await settle();
    assert.deepEqual(said(), ['join']);
    await shown.unmount();
    assert.deepEqual(said(), ['join', 'leave']);
  });

  test('are the user, whose profile may change, and those whom the user has blocked', async () => {
    const { client, goOnline, service } = await createScene();
    const shown = await renderHook(client, () => ({ user: useUser(), ...useBlocks() }));
    assert.equal(shown.current().user?.full_name, null);
    service.setBlocked([9]);
    await goOnline();
    assert.deepEqual([shown.current().isBlocked(9), shown.current().isBlocked(8)], [true, false]);
    const { user } = client;
    service.intercept(({ path }) =>
      path === '/users/me' ? json(200, { ...user, full_name: 'Ada' }) : undefined,
    );
    await createApi(client).updateOwnProfile({ full_name: 'Ada' });
    await settle();
    assert.equal(shown.current().user?.full_name, 'Ada');
    await client.logOut();
    await settle();
    assert.equal(shown.current().user, undefined);
    await shown.unmount();
  });
});
