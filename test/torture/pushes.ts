import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Message, Page, PublicProfile } from '../../functions/contract/schemas.ts';
import type { PushPayload } from '../../functions/notifications/to-push.ts';
import { createHttpClient, type HttpClient } from '../../lib/bench/plain-http-client.ts';
import { webPushDevice } from '../support/devices.ts';
import type { FakeDevice } from '../support/push-service.ts';
import type { Arena } from './arena.ts';

const PASSWORD = 'correct horse battery';

/** Registers a push device. */
export const deviceOf = async ({ pushes }: Pick<Arena, 'pushes'>, api: HttpClient): Promise<FakeDevice> => {
  const device = pushes.newDevice();
  const { status } = await api.request('POST', '/users/me/devices', webPushDevice(device));
  assert.equal(status, 201);
  return device;
};

/**
 * Checks the pushes to a device: only those that are for it, and each message once. A repetition is allowed only when
 * `send-pushes` was killed with the message; the chat and `seq` show that it is the same message.
 */
export const assertPushed = (
  { faults }: Pick<Arena, 'faults'>,
  { endpoint, pushes }: FakeDevice,
  isForIt: (payload: PushPayload) => boolean,
): void => {
  const counts = new Map<string, number>();
  const ids = new Map<string, number>();
  for (const { payload } of pushes) {
    const { chat_id: chatId, seq, id } = payload;
    const key = `${chatId} ${seq}`;
    assert.ok(isForIt(payload), `A device was pushed what is not for it: ${JSON.stringify(payload)}`);
    assert.equal(id, ids.get(key) ?? id, 'Two messages have one number');
    ids.set(key, id);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    const most = 1 + faults.mayRepeat(endpoint, chatId, seq);
    assert.ok((counts.get(key) ?? 0) <= most, `Message ${key} was pushed more than ${most} times`);
  }
};

/** A user who is never connected and has a device, and so learns everything by pushes. */
export interface Sleeper {
  readonly id: number;
  readonly api: HttpClient;
  readonly device: FakeDevice;
}

export const enterSleeper = async (arena: Arena): Promise<Sleeper> => {
  const nobody = createHttpClient(`${arena.cloud.httpUrl}/api/v1`);
  const username = `sleeper-${randomBytes(6).toString('hex')}`;
  const account = { username, password: PASSWORD };
  const { body: user } = await nobody.request<{ id: number }>('POST', '/users/register', {
    ...account,
    email: `${username}@example.org`,
  });
  const { body: tokens } = await nobody.request<{ access_token: string }>('POST', '/users/login', account);
  const api = nobody.as(tokens.access_token);
  return { id: user.id, api, device: await deviceOf(arena, api) };
};

/** The ids of the users whom a user has blocked, according to the service. */
export const blockedBy = async (api: HttpClient): Promise<number[]> => {
  const { status, body } = await api.request<Page<PublicProfile>>('GET', '/users/me/blocks?limit=100');
  assert.equal(status, 200);
  return body.items.map(({ id }) => id);
};

/** A message that a sleeper must be pushed, unless it was deleted before. */
export type Expected = Pick<Message, 'chat_id' | 'seq' | 'id' | 'sender_id' | 'content'>;

/** Waits until a sleeper has been pushed all of these messages. @throws Error with a missing one */
export const whenPushed = async (
  { device }: Sleeper,
  expected: readonly Expected[],
  deadlineMs: number,
): Promise<void> => {
  const missing = (): Expected | undefined =>
    expected.find(
      ({ chat_id: chatId, seq }) =>
        !device.pushes.some(({ payload }) => payload.chat_id === chatId && payload.seq === seq),
    );
  const deadline = Promise.withResolvers<void>();
  const timer = setTimeout(deadline.resolve, deadlineMs);
  await Promise.race([device.until(() => missing() === undefined), deadline.promise]);
  clearTimeout(timer);
  const lost = missing();
  if (lost !== undefined) throw new Error(`Message ${lost.seq} of chat ${lost.chat_id} was never pushed`);
};
