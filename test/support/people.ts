import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { openChatSocket, type ChatSocket, type ServerFrame } from '../../lib/bench/plain-chat-socket.ts';
import { createHttpClient, type HttpClient } from '../../lib/bench/plain-http-client.ts';
import type { ChatDetail, ErrorBody, Message } from '../../functions/contract/schemas.ts';
import type { SendMessageBody } from '../../functions/messages/contract.ts';
import type { OwnProfile } from '../../functions/users/contract.ts';
import { checkedByDocument } from './answers.ts';
import { moderatorNames } from './local-service.ts';

const addressOf = (name: string): string => {
  const address = process.env[name];
  if (address === undefined) throw new Error(`${name} is not set: run the tests by npm test`);
  return address;
};

/**
 * A client without a log-in of the service that `global-setup.ts` has started; checks each response against the OpenAPI
 * document.
 */
export const service = (): HttpClient =>
  checkedByDocument(createHttpClient(`${addressOf('TEST_HTTP_URL')}/api/v1`), '/api/v1');
export const httpUrl = (): string => addressOf('TEST_HTTP_URL');
export const websocketUrl = (): string => addressOf('TEST_WEBSOCKET_URL');
export const webUrl = (): string => addressOf('TEST_WEB_URL');

/** A logged-in user with an account of their own. */
export interface Person {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  readonly api: HttpClient;
  /** Opens a connection; the caller closes it. */
  connect(chatId?: number): Promise<ChatSocket>;
}

/** An account that no other test uses. */
export const newAccount = (name = 'user') => {
  const username = `${name}-${randomBytes(6).toString('hex')}`;
  return { username, email: `${username}@example.org`, password: 'correct horse battery' };
};

/** Registers a user at a service and logs in. */
export const newPersonAt = async (api: HttpClient, webSocketUrl: string, name?: string): Promise<Person> => {
  const account = newAccount(name);
  const registered = await api.request<{ id: number }>('POST', '/users/register', account);
  assert.equal(registered.status, 201, JSON.stringify(registered.body));
  const { username, password } = account;
  const login = await api.request<{ access_token: string }>('POST', '/users/login', {
    username,
    password,
  });
  assert.equal(login.status, 200, JSON.stringify(login.body));
  const token = login.body.access_token;
  return {
    ...account,
    id: registered.body.id,
    token,
    api: api.as(token),
    connect: (chatId) => openChatSocket(webSocketUrl, token, chatId),
  };
};

/** Registers a user at the service that `global-setup.ts` has started, and logs in. */
export const newPerson = (name?: string): Promise<Person> => newPersonAt(service(), websocketUrl(), name);

/** The two moderators of the service. Their accounts are created by the test file that asks first. */
export const newModerators = (): Promise<Person[]> =>
  Promise.all(
    moderatorNames.map(async (username) => {
      const password = 'correct horse battery';
      const email = `${username}@example.org`;
      const { status } = await service().request('POST', '/users/register', { username, email, password });
      assert.ok(status === 201 || status === 409);
      const { body: tokens } = await service().request<{ access_token: string }>('POST', '/users/login', {
        username,
        password,
      });
      const token = tokens.access_token;
      const api = service().as(token);
      const { body } = await api.request<OwnProfile>('GET', '/users/me');
      return {
        id: body.id,
        username,
        email,
        password,
        token,
        api,
        connect: (chatId) => openChatSocket(websocketUrl(), token, chatId),
      };
    }),
  );

/** Registers several users at once. */
export const newPeople = async <const Names extends readonly string[]>(
  ...names: Names
): Promise<{ [Index in keyof Names]: Person }> =>
  (await Promise.all(names.map(newPerson))) as { [Index in keyof Names]: Person };

export const newGroup = async (
  creator: Person,
  ...others: readonly Pick<Person, 'id'>[]
): Promise<ChatDetail> => {
  const { status, body } = await creator.api.request<ChatDetail>('POST', '/chats', {
    chat_type: 'group',
    name: 'A group',
    participant_ids: others.map(({ id }) => id),
  });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
};

export const send = async (
  sender: Person,
  chatId: number,
  content: string,
  more: Omit<Partial<SendMessageBody>, 'chat_id' | 'content'> = {},
): Promise<Message> => {
  const { status, body } = await sender.api.request<Message>('POST', '/messages', {
    chat_id: chatId,
    content,
    ...more,
  });
  assert.equal(status, 201, JSON.stringify(body));
  return body;
};

/** Whether a frame is of a type and about a chat. */
export const isAbout =
  (type: string, chatId: number) =>
  (frame: ServerFrame): boolean =>
    frame.type === type && frame['chat_id'] === chatId;

/**
 * Codes of 422 responses that may name no field of the input: they concern the whole input, existing data, or an
 * uploaded file.
 */
const CODES_WITHOUT_FIELD: ReadonlySet<string> = new Set([
  'file_rejected',
  'group_full',
  'too_many_blocks',
  'too_many_chats',
  'too_many_invites',
  'too_many_pins',
  'validation_failed',
]);

/** Checks that a response is the contract's error with this status and code, and that a 422 names the field. */
export const assertError = (
  answer: { readonly status: number; readonly body: unknown },
  status: number,
  code: string,
): ErrorBody => {
  const body = answer.body as ErrorBody;
  assert.deepEqual(
    [answer.status, body.status_code, body.code],
    [status, status, code],
    JSON.stringify(body),
  );
  assert.ok(body.detail.length > 0);
  assert.equal(Array.isArray(body.errors), status === 422, JSON.stringify(body));
  const isOfFields = (body.errors ?? []).every(({ path }) => path !== '');
  assert.ok(isOfFields || CODES_WITHOUT_FIELD.has(code), JSON.stringify(body));
  return body;
};

/**
 * Waits until everything that was sent to a connection before has arrived: the reply to a new `ping` comes after the
 * frames that the service has posted earlier.
 */
export const drainFrames = async (socket: ChatSocket): Promise<readonly ServerFrame[]> => {
  const ref = randomBytes(8).toString('hex');
  socket.send({ type: 'ping', ref });
  await socket.take((frame) => frame.type === 'pong' && frame['ref'] === ref);
  return socket.untaken;
};
