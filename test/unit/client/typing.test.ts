import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientEvents } from '../../../lib/client/chat-client.ts';
import { createEmitter } from '../../../lib/client/emitter.ts';
import { createTyping } from '../../../lib/client/typing.ts';
import { createFakePlatform } from '../../support/fake-platform.ts';

const createScene = () => {
  const { platform, pass } = createFakePlatform();
  const said: string[] = [];
  const heard: string[] = [];
  const { on, emit } = createEmitter<ClientEvents>();
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
