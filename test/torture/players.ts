import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createHttpClient, type HttpClient } from '../../lib/bench/plain-http-client.ts';
import { ready, textFile, type LocalFile } from '../support/uploads.ts';
import { openDevice, type Device, type DeviceOptions } from './device.ts';
import type { Step } from './schedule.ts';

/** A user with one to three devices. */
export interface Player {
  readonly id: number;
  readonly devices: readonly [Device, ...Device[]];
  /** A client of the HTTP API that none of the devices know about. */
  readonly api: HttpClient;
}

const PASSWORD = 'correct horse battery';

/** A picture of one pixel. */
const PIXEL: LocalFile = {
  bytes: Uint8Array.from(
    Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGM448IAAALwAREudannAAAAAElFTkSuQmCC',
      'base64',
    ),
  ),
  file_name: 'me.png',
  content_type: 'image/png',
};

/** @param options of each of the devices */
export const enter = async ([own, ...more]: readonly [
  DeviceOptions,
  ...DeviceOptions[],
]): Promise<Player> => {
  const username = `player-${randomBytes(6).toString('hex')}`;
  const email = `${username}@example.org`;
  const first = await openDevice(own, (client) => client.register({ username, email, password: PASSWORD }));
  const others = await Promise.all(
    more.map((options) => openDevice(options, (client) => client.logIn(username, PASSWORD))),
  );
  const nobody = createHttpClient(own.baseUrl);
  const login = await nobody.request<{ access_token: string }>('POST', '/users/login', {
    username,
    password: PASSWORD,
  });
  assert.equal(login.status, 200);
  return {
    id: first.client.user?.id ?? 0,
    devices: [first, ...others],
    api: nobody.as(login.body.access_token),
  };
};

/**
 * A new user who is added to a chat and to a new group, creates a group, sets an avatar, and deletes the account, all
 * concurrently.
 *
 * @returns the user's API client; undefined when the log-in failed
 */
export const comeAndGo = async (
  baseUrl: string,
  host: Player,
  chatId: number,
): Promise<HttpClient | undefined> => {
  const username = `goer-${randomBytes(6).toString('hex')}`;
  const nobody = createHttpClient(baseUrl);
  const account = { username, password: PASSWORD };
  const { body: user } = await nobody.request<{ id: number }>('POST', '/users/register', {
    ...account,
    email: `${username}@example.org`,
  });
  const login = await nobody.request<{ access_token: string }>('POST', '/users/login', account);
  const { api } = host.devices[0];
  if (login.status !== 200) return undefined;
  const goer = nobody.as(login.body.access_token);
  const { id } = await ready({ api: goer }, PIXEL, { purpose: 'avatar' });
  const group = { chat_type: 'group', name: 'Come and go' } as const;
  await Promise.allSettled([
    api.createChat({ ...group, participant_ids: [user.id] }),
    goer.request('POST', '/chats', { ...group, participant_ids: [host.id] }),
    api.addParticipants(chatId, [user.id]),
    goer.request('PUT', '/users/me/avatar', { attachment_id: id }),
    goer.request('DELETE', '/users/me', { password: PASSWORD }),
  ]);
  return goer;
};

/** Uploads a file, and sends it, deletes it, or does both at once. */
export const attach = async (
  { api }: Player,
  use: (Step & { readonly do: 'attach' })['use'],
  text: string,
  chatIds: readonly number[],
): Promise<void> => {
  const { id } = await ready({ api }, textFile(text));
  const sends = chatIds.slice(0, use === 'drop' ? 0 : use === 'twice' ? 2 : 1);
  await Promise.allSettled([
    ...sends.map((chatId) =>
      api.request('POST', '/messages', { chat_id: chatId, content: '', attachment_ids: [id] }),
    ),
    ...(use.endsWith('drop') ? [api.request('DELETE', `/attachments/${id}`)] : []),
  ]);
};

/** Sets or removes the avatar of a user, of a chat, or of both at once. */
export const changePicture = async (
  { api }: Player,
  of: (Step & { readonly do: 'picture' })['of'],
  chatId: number,
): Promise<void> => {
  const id = of === 'nobody' ? null : (await ready({ api }, PIXEL, { purpose: 'avatar' })).id;
  const own = (): Promise<unknown> =>
    id === null
      ? api.request('DELETE', '/users/me/avatar')
      : api.request('PUT', '/users/me/avatar', { attachment_id: id });
  await Promise.allSettled([
    ...(of === 'chat' ? [] : [own()]),
    ...(of === 'oneself' ? [] : [api.request('PUT', `/chats/${chatId}`, { avatar_id: id })]),
  ]);
};

/** Repeats the deletion of an account until it is complete: 401 means that the account no longer exists. */
export const finishGoing = async (goer: HttpClient): Promise<void> => {
  for (let tries = 0; tries < 20; tries += 1) {
    const { status } = await goer.request('DELETE', '/users/me', { password: PASSWORD });
    if (status === 204 || status === 401) return;
    assert.equal(status, 503);
  }
  throw new Error('An account could not be deleted');
};
