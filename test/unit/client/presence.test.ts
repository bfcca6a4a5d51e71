import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createEmitter } from '../../../lib/client/emitter.ts';
import { presenceOf } from '../../../lib/client/presence/create-presence.ts';
import type { PresenceEvents } from '../../../lib/client/presence/presence.ts';
import { createTyping } from '../../../lib/client/presence/typing.ts';
import { createFakePlatform, settle } from '../../support/fake-platform.ts';
import { chatOf, createFakeClient, createFakeService, messageOf } from '../../support/fake-service.ts';

const createScene = () => {
  const { platform, pass } = createFakePlatform();
  const said: string[] = [];
  const heard: string[] = [];
  const { on, emit } = createEmitter<PresenceEvents>();
  on('typing', ({ chat_id, user_id, is_typing }) => heard.push(`${chat_id} ${user_id} ${is_typing}`));
  const typing = createTyping(
    platform,
    (frame) => said.push((frame as unknown as { content: string }).content) > 0,
    emit,
  );
  return { typing, said, heard, pass };
};

test('every key is told, but the service only as often as it must be', async () => {
  const { typing, said, pass } = createScene();
  for (let second = 0; second < 20; second += 1) {
    typing.typed(7);
    await pass(1000);
  }
  assert.deepEqual(said, ['start', 'start', 'start']);
  await pass(5000);
  assert.deepEqual(said.slice(3), ['stop']);
  typing.typed(7);
  typing.stopped(7);
  typing.stopped(7);
  await pass(10_000);
  assert.deepEqual(said.slice(4), ['start', 'stop']);
});

test('what others type ends when they say so, when it is over, and with the socket', async () => {
  const { typing, heard, pass } = createScene();
  typing.othersStarted({ chat_id: 7, user_id: 1, expires_in_ms: 12_000 });
  await pass(11_000);
  typing.othersStarted({ chat_id: 7, user_id: 1, expires_in_ms: 12_000 });
  await pass(11_000);
  assert.deepEqual(heard, ['7 1 true']);
  await pass(1000);
  assert.deepEqual(heard.splice(0), ['7 1 true', '7 1 false']);
  typing.othersStarted({ chat_id: 7, user_id: 2, expires_in_ms: 12_000 });
  typing.othersStopped({ chat_id: 7, user_id: 2 });
  typing.othersStopped({ chat_id: 7, user_id: 2 });
  typing.othersStarted({ chat_id: 8, user_id: 3, expires_in_ms: 12_000 });
  typing.reset();
  await pass(20_000);
  assert.deepEqual(heard, ['7 2 true', '7 2 false', '8 3 true', '8 3 false']);
});

suite('the presence of a client', () => {
  const createPresent = async () => {
    const service = createFakeService();
    const scene = createFakeClient(service);
    service.setChats([7, 8].map((id) => chatOf(id, { rev: 9, last_seq: 9, last_message: messageOf(id, 9) })));
    await scene.client.logIn('ada', 'secret');
    await scene.goOnline();
    const presence = presenceOf(scene.client);
    const heard: string[] = [];
    presence.on('typing', ({ chat_id, user_id, is_typing }) =>
      heard.push(`${chat_id} ${user_id} types ${is_typing}`),
    );
    presence.on('presence', ({ chat_id, user_id, is_present }) =>
      heard.push(`${chat_id} ${user_id} is ${is_present}`),
    );
    /** What was said on the current connection, beside pings. */
    const said = () =>
      scene
        .socket()
        .sent.filter(({ type }) => type !== 'ping')
        .map(({ type, chat_id, content = '' }) =>
          `${String(type)} ${String(chat_id)} ${String(content)}`.trim(),
        );
    const reconnect = async (): Promise<void> => {
      scene.socket().lose();
      await scene.pass(400);
      scene.socket().open();
      await settle();
    };
    return { ...scene, presence, heard, said, reconnect };
  };

  test('is one, whoever asks for it', async () => {
    const { client, presence } = await createPresent();
    assert.equal(presenceOf(client), presence);
    assert.notEqual(presenceOf(createFakeClient().client), presence);
  });

  test('joins again, and asks who is there, after each reconnection, until the user looks away', async () => {
    const { service, presence, said, reconnect, pass } = await createPresent();
    presence.join(7);
    presence.join(8);
    presence.leave(8);
    presence.leave(8);
    await pass(1000);
    assert.deepEqual(said(), ['join 7', 'join 8', 'leave 8']);
    const before = service.askedFor('/chats/7').length;
    await reconnect();
    await pass(1000);
    assert.deepEqual(said(), ['join 7']);
    assert.equal(service.askedFor('/chats/7').length, before + 1);
    presence.leave(7);
    await reconnect();
    await pass(1000);
    assert.deepEqual(said(), []);
  });

  test('is forgotten with the chat, and with the user', async () => {
    const { client, service, socket, presence, said, reconnect, goOnline, pass } = await createPresent();
    presence.join(7);
    presence.join(8);
    socket().receive({ type: 'participants_removed', chat_id: 7, rev: 10, user_ids: [1] });
    await reconnect();
    await pass(1000);
    assert.deepEqual(said(), ['join 8']);
    await client.logOut();
    service.setChats([chatOf(8)]);
    await client.logIn('ada', 'secret');
    await goOnline();
    await pass(1000);
    assert.deepEqual(said(), []);
  });

  test('tells of others, and what they type ends with their message and with the connection', async () => {
    const { socket, heard, reconnect } = await createPresent();
    socket().receive({ type: 'user_joined', chat_id: 7, user_id: 2, username: 'bob' });
    socket().receive({ type: 'typing_started', chat_id: 7, user_id: 2, expires_in_ms: 12_000 });
    socket().receive({ type: 'typing_started', chat_id: 8, user_id: 2, expires_in_ms: 12_000 });
    socket().receive({
      type: 'new_message',
      chat_id: 7,
      rev: 10,
      message: { ...messageOf(7, 10), sender_id: 2 },
    });
    socket().receive({ type: 'user_left', chat_id: 7, user_id: 2, username: 'bob' });
    assert.deepEqual(heard.splice(0), [
      '7 2 is true',
      '7 2 types true',
      '8 2 types true',
      '7 2 types false',
      '7 2 is false',
    ]);
    await reconnect();
    assert.deepEqual(heard, ['8 2 types false']);
  });

  test('says that the user types again after a message', async () => {
    const { client, presence, said, pass } = await createPresent();
    presence.typing(7);
    await pass(1000);
    client.send(7, 'one');
    await pass(1000);
    presence.typing(7);
    await pass(1000);
    assert.deepEqual(said(), ['typing 7 start', 'typing 7 stop', 'message 7 one', 'typing 7 start']);
  });

  test('says what the user types as long as there is a connection', async () => {
    const { socket, presence, said, pass } = await createPresent();
    presence.typing(7);
    presence.stopTyping(7);
    await pass(1000);
    assert.deepEqual(said(), ['typing 7 start', 'typing 7 stop']);
    presence.typing(7);
    await pass(1000);
    assert.deepEqual(said().slice(2), ['typing 7 start']);
    socket().lose();
    presence.typing(8);
    await pass(400);
    socket().open();
    await settle();
    presence.typing(8);
    await pass(1000);
    assert.deepEqual(said(), ['typing 8 start']);
  });
});
