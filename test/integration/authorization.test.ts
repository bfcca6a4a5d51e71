import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import * as z from 'zod';
import type { HttpRoute } from '../../functions/contract/route.ts';
import type { SyncAnswer } from '../../functions/sync/contract.ts';
import type { Tokens } from '../../functions/sessions/contract.ts';
import type { Ban } from '../../functions/chats/contract.ts';
import type { Invite } from '../../functions/invites/contract.ts';
import { httpRoutes } from '../../functions/contract/table.ts';
import type { Chat, Message, Page } from '../../functions/contract/schemas.ts';
import type { OwnProfile } from '../../functions/users/contract.ts';
import { createHttpClient, type HttpAnswer } from '../../lib/bench/plain-http-client.ts';
import {
  assertError,
  httpUrl,
  newAccount,
  newGroup,
  newPeople,
  send,
  service,
  websocketUrl,
  type Person,
} from '../support/people.ts';
import { openChatSocket } from '../../lib/bench/plain-chat-socket.ts';
import { checkedByDocument } from '../support/answers.ts';
import { badTokens } from '../support/signing.ts';
import { ready, textFile } from '../support/uploads.ts';

/**
 * The roles of the requesting user in a group. `author` wrote the message that the request concerns. `removed` was in
 * the group and is no longer; the message is then one of their own. `banned` was in the group and is banned from it.
 */
const roles = ['stranger', 'removed', 'banned', 'member', 'author', 'admin', 'owner'] as const;
type Role = (typeof roles)[number];

interface Scene {
  readonly chatId: number;
  readonly messageId: number;
  /** The message's file; '' unless the row says that there is one. */
  readonly attachmentId: string;
  /** Of an invitation; '' unless the row says that there is one. */
  readonly code: string;
  readonly people: Readonly<Record<Role, Person>>;
}

/** The expected status, from 400 up with the error code. */
type Expected = number | readonly [number, string];

interface Row {
  /** Whether the message has a file. */
  readonly hasFile?: true;
  /** Whether there is an invitation to the group. */
  readonly hasInvite?: true;
  readonly request: (scene: Scene) => { readonly path: string; readonly body?: unknown };
  readonly expected: Readonly<Record<Role, Expected>>;
  /** Brings the scene to where the request makes sense. */
  readonly prepare?: (scene: Scene) => Promise<unknown>;
  /** What is to be seen of an answer that went well. */
  readonly check?: (answer: HttpAnswer<never>, scene: Scene, role: Role) => void;
}

const noChat = [404, 'chat_not_found'] as const;
const noMessage = [404, 'message_not_found'] as const;
const notAdmin = [403, 'not_group_admin'] as const;
const noInvite = [404, 'invite_not_found'] as const;
const noFile = [404, 'attachment_not_found'] as const;
const notSender = [403, 'not_message_sender'] as const;

const everyone = (status: number): Row['expected'] => ({
  stranger: status,
  removed: status,
  banned: status,
  member: status,
  author: status,
  admin: status,
  owner: status,
});
const participants = (status: number, otherwise: Expected = noChat): Row['expected'] => ({
  ...everyone(status),
  stranger: otherwise,
  removed: otherwise,
  banned: otherwise,
});
/** For routes that only the message's sender may use, who uploaded its file. */
const uploaders = (answer: Expected): Row['expected'] => ({
  stranger: noFile,
  removed: answer,
  banned: noFile,
  member: noFile,
  author: answer,
  admin: noFile,
  owner: noFile,
});
const admins = (status: number): Row['expected'] => ({
  ...participants(status),
  member: notAdmin,
  author: notAdmin,
});
const pinners = (status: number): Row['expected'] => ({
  ...participants(status, noMessage),
  member: notAdmin,
  author: notAdmin,
});
const authorAndAdmins = (status: number): Row['expected'] => ({
  ...participants(status, noMessage),
  member: notSender,
});

const isIn = (role: Role): boolean => role !== 'stranger' && role !== 'removed' && role !== 'banned';

const rows: Readonly<Record<string, Row>> = {
  'create-chat': {
    request: ({ people }) => ({
      path: '/chats',
      body: { chat_type: 'group', name: 'Another', participant_ids: [people.member.id] },
    }),
    expected: everyone(201),
  },
  'list-chats': {
    request: () => ({ path: '/chats?limit=100' }),
    expected: everyone(200),
    check: ({ body }: HttpAnswer<Page<Chat>>, { chatId }, role) => {
      assert.equal(
        body.items.some(({ id }) => id === chatId),
        isIn(role),
      );
    },
  },
  'get-chat': { request: ({ chatId }) => ({ path: `/chats/${chatId}` }), expected: participants(200) },
  'update-chat': {
    request: ({ chatId }) => ({ path: `/chats/${chatId}`, body: { name: 'Renamed' } }),
    expected: admins(200),
  },
  'leave-group': { request: ({ chatId }) => ({ path: `/chats/${chatId}` }), expected: participants(204) },
  'list-participants': {
    request: ({ chatId }) => ({ path: `/chats/${chatId}/participants` }),
    expected: participants(200),
  },
  'add-participants': {
    request: ({ chatId, people }) => ({
      path: `/chats/${chatId}/participants`,
      body: { user_ids: [people.stranger.id] },
    }),
    expected: admins(200),
  },
  'remove-participant': {
    request: ({ chatId, people }) => ({
      path: `/chats/${chatId}/participants?user_id=${people.author.id}`,
    }),
    // The author removes themself.
    expected: { ...admins(204), author: 204 },
  },
  'update-participant': {
    request: ({ chatId, people }) => ({
      path: `/chats/${chatId}/participants/${people.author.id}`,
      body: { is_admin: true },
    }),
    expected: admins(200),
  },
  'ban-user': {
    // Nobody bans an admin but the owner.
    request: ({ chatId, people }) => ({ path: `/chats/${chatId}/bans/${people.admin.id}`, body: {} }),
    expected: { ...admins(204), admin: [422, 'validation_failed'] },
  },
  'unban-user': {
    request: ({ chatId, people }) => ({ path: `/chats/${chatId}/bans/${people.banned.id}` }),
    expected: admins(204),
  },
  'list-bans': {
    request: ({ chatId }) => ({ path: `/chats/${chatId}/bans` }),
    expected: admins(200),
    check: ({ body }: HttpAnswer<Page<Ban>>, { people }) => {
      assert.deepEqual(
        body.items.map(({ user }) => user.id),
        [people.banned.id],
      );
    },
  },
  'create-invite': {
    request: ({ chatId }) => ({ path: `/chats/${chatId}/invites`, body: {} }),
    expected: admins(201),
  },
  'list-invites': {
    request: ({ chatId }) => ({ path: `/chats/${chatId}/invites` }),
    expected: admins(200),
  },
  'revoke-invite': {
    hasInvite: true,
    request: ({ code }) => ({ path: `/invites/${code}` }),
    expected: { ...participants(204, noInvite), member: notAdmin, author: notAdmin },
  },
  'preview-invite': {
    hasInvite: true,
    request: ({ code }) => ({ path: `/invites/${code}` }),
    expected: { ...everyone(200), banned: [403, 'banned'] },
  },
  'accept-invite': {
    hasInvite: true,
    request: ({ code }) => ({ path: `/invites/${code}/accept` }),
    expected: { ...everyone(200), banned: [403, 'banned'] },
  },
  'mark-read': {
    request: ({ chatId }) => ({ path: `/chats/${chatId}/read`, body: { seq: 1 } }),
    expected: participants(200),
  },
  'send-message': {
    request: ({ chatId }) => ({ path: '/messages', body: { chat_id: chatId, content: 'hello' } }),
    expected: participants(201),
  },
  'list-messages': {
    request: ({ chatId }) => ({ path: `/messages/chat/${chatId}` }),
    expected: participants(200),
  },
  'create-attachment': {
    request: () => ({
      path: '/attachments',
      body: { file_name: 'notes.txt', content_type: 'text/plain', size: 3 },
    }),
    expected: everyone(201),
  },
  'complete-attachment': {
    hasFile: true,
    request: ({ attachmentId }) => ({ path: `/attachments/${attachmentId}/complete` }),
    expected: uploaders(200),
  },
  'get-attachment': {
    hasFile: true,
    request: ({ attachmentId }) => ({ path: `/attachments/${attachmentId}` }),
    expected: { ...everyone(200), stranger: noFile, banned: noFile },
  },
  'delete-attachment': {
    hasFile: true,
    request: ({ attachmentId }) => ({ path: `/attachments/${attachmentId}` }),
    expected: uploaders([409, 'attachment_in_use']),
  },
  'list-chat-attachments': {
    request: ({ chatId }) => ({ path: `/chats/${chatId}/attachments` }),
    expected: participants(200),
  },
  'get-storage': { request: () => ({ path: '/users/me/storage' }), expected: everyone(200) },
  'list-mentions': {
    request: () => ({ path: '/mentions?limit=100' }),
    expected: everyone(200),
    check: ({ body }: HttpAnswer<Page<Message>>, { messageId }, role) => {
      const isMentioned = isIn(role) && role !== 'author';
      assert.equal(
        body.items.some(({ id }) => id === messageId),
        isMentioned,
      );
    },
  },
  'search-messages': {
    request: ({ chatId }) => ({ path: `/messages/search?q=secret&chat_id=${chatId}` }),
    expected: participants(200),
  },
  'get-message': {
    request: ({ messageId }) => ({ path: `/messages/${messageId}` }),
    expected: participants(200, noMessage),
  },
  'edit-message': {
    request: ({ messageId }) => ({ path: `/messages/${messageId}`, body: { content: 'edited' } }),
    expected: { ...authorAndAdmins(200), admin: notSender, owner: notSender },
  },
  'delete-message': {
    request: ({ messageId }) => ({ path: `/messages/${messageId}` }),
    expected: authorAndAdmins(204),
  },
  'restore-message': {
    prepare: ({ messageId, people }) => people.admin.api.request('DELETE', `/messages/${messageId}`),
    request: ({ messageId }) => ({ path: `/messages/${messageId}/restore` }),
    expected: authorAndAdmins(200),
  },
  'add-reaction': {
    request: ({ messageId }) => ({ path: `/messages/${messageId}/reactions/👍` }),
    expected: participants(200, noMessage),
  },
  'remove-reaction': {
    request: ({ messageId }) => ({ path: `/messages/${messageId}/reactions/👍` }),
    expected: participants(204, noMessage),
  },
  'list-reactions': {
    request: ({ messageId }) => ({ path: `/messages/${messageId}/reactions` }),
    expected: participants(200, noMessage),
  },
  'pin-message': {
    request: ({ messageId }) => ({ path: `/messages/${messageId}/pin` }),
    expected: pinners(200),
  },
  'unpin-message': {
    request: ({ messageId }) => ({ path: `/messages/${messageId}/pin` }),
    expected: pinners(204),
  },
  'list-pins': {
    request: ({ chatId }) => ({ path: `/chats/${chatId}/pins` }),
    expected: participants(200),
  },
  sync: {
    request: ({ chatId }) => ({ path: '/sync', body: { chats: [{ chat_id: chatId, rev: 0 }] } }),
    expected: everyone(200),
    check: ({ body }: HttpAnswer<SyncAnswer>, { chatId }, role) => {
      assert.deepEqual(
        [body.chats.map(({ chat_id: id }) => id), body.left],
        isIn(role) ? [[chatId], []] : [[], [chatId]],
      );
      assert.ok(!body.joined.some(({ id }) => id === chatId));
    },
  },
  'set-chat-notifications': {
    request: ({ chatId }) => ({ path: `/chats/${chatId}/notifications`, body: { level: 'mentions' } }),
    expected: participants(200),
  },
  'list-online': {
    request: ({ chatId }) => ({ path: `/ws/chat/${chatId}/online` }),
    expected: participants(200),
  },
};

/** Whether a route concerns chats, messages or files, in any part of the API. */
const isAboutChats = ({ tag, path }: HttpRoute): boolean =>
  tag === 'Chats' || tag === 'Messages' || tag === 'Files' || path.includes('{chat_id}');

/** An access token of a session that has ended; no function has cached it. */
const endedSession = async ({ username, password }: Person): Promise<string> => {
  const { body } = await service().request<Tokens>('POST', '/users/login', { username, password });
  await service().request('POST', '/users/logout', { refresh_token: body.refresh_token });
  return body.access_token;
};

suite('every chat and message route', () => {
  let people: Record<Role, Person>;
  before(async () => {
    const [stranger, removed, banned, member, author, admin, owner] = await newPeople(...roles);
    people = { stranger, removed, banned, member, author, admin, owner };
  });

  /** @param role who will ask: what the scene lacks then is what only others would see. By default anybody may */
  const newScene = async ({ hasFile, hasInvite, prepare }: Partial<Row>, role?: Role): Promise<Scene> => {
    const { removed, banned, member, author, admin, owner } = people;
    const { id: chatId } = await newGroup(owner, removed, banned, member, author, admin);
    const made = await owner.api.request('PUT', `/chats/${chatId}/participants/${admin.id}`, {
      role: 'admin',
    });
    assert.equal(made.status, 200);
    const sender = role === 'removed' ? removed : author;
    const attachmentId = hasFile ? (await ready(sender, textFile('a secret'))).id : '';
    const { id: messageId } = await send(sender, chatId, 'a secret', {
      mention_all: true,
      attachment_ids: hasFile ? [attachmentId] : [],
    });
    const isFor = (one: Role): boolean => role === undefined || role === one || prepare !== undefined;
    if (isFor('removed')) {
      const path = `/chats/${chatId}/participants?user_id=${removed.id}`;
      assert.equal((await admin.api.request('DELETE', path)).status, 204);
    }
    if (isFor('banned')) {
      const path = `/chats/${chatId}/bans/${banned.id}`;
      assert.equal((await admin.api.request('PUT', path, {})).status, 204);
    }
    const code = hasInvite
      ? (await owner.api.request<Invite>('POST', `/chats/${chatId}/invites`, {})).body.code
      : '';
    const scene = { chatId, messageId, attachmentId, code, people };
    await prepare?.(scene);
    return scene;
  };

  /** All that there is of a chat. */
  const stateOf = async ({ chatId }: Scene): Promise<unknown> => {
    const { api } = people.owner;
    const answers = await Promise.all([
      api.request('GET', `/chats/${chatId}`),
      api.request('POST', '/sync', { chats: [{ chat_id: chatId, rev: 0 }] }),
    ]);
    return answers.map(({ body }) => body);
  };

  for (const route of httpRoutes.filter(isAboutChats)) {
    test(`${route.id} is for whom it is for`, async (t) => {
      const row = rows[route.id];
      assert.ok(row !== undefined, `Who may ${route.id}? Give it a row`);
      // What is read or refused changes nothing, so one scene does for all who are.
      let unchanged: Promise<Scene> | undefined;
      for (const role of roles) {
        await t.test(role, async () => {
          const expected = row.expected[role];
          const isChange = route.method !== 'GET' && typeof expected === 'number';
          const scene = await (isChange || role === 'removed'
            ? newScene(row, role)
            : (unchanged ??= newScene(row)));
          const before = typeof expected === 'number' ? undefined : await stateOf(scene);
          const { path, body } = row.request(scene);
          const answer = await people[role].api.request<never>(route.method, path, body);
          if (typeof expected === 'number') {
            assert.equal(answer.status, expected, JSON.stringify(answer.body));
            row.check?.(answer, scene, role);
          } else {
            assertError(answer, ...expected);
            assert.deepEqual(await stateOf(scene), before, 'what was refused changed nothing');
          }
        });
      }
    });
  }

  let ended: Promise<string> | undefined;
  /** One that has everything, for all routes that need nothing else: nothing changes it. */
  let shared: Promise<Scene> | undefined;
  for (const route of httpRoutes.filter(isAboutChats)) {
    test(`${route.id} shows and changes nothing in a session that has ended`, async () => {
      const row = rows[route.id] ?? { prepare: undefined };
      const scene = await (row.prepare === undefined
        ? (shared ??= newScene({ hasFile: true, hasInvite: true }))
        : newScene(row));
      const before = await stateOf(scene);
      const api = service().as(await (ended ??= endedSession(people.admin)));
      const { path, body } = rows[route.id]?.request(scene) ?? { path: '' };
      assertError(await api.request(route.method, path, body), 401, 'session_revoked');
      // Neither that something is missing nor that the request is wrong is told.
      const unknown = path.replaceAll(/\d{1,9}/g, '999999999');
      assertError(await api.request(route.method, unknown, body), 401, 'session_revoked');
      const wrong = path.replaceAll(/\d{1,9}/g, 'x');
      assertError(await api.request(route.method, wrong, body && {}), 401, 'session_revoked');
      assert.deepEqual(await stateOf(scene), before);
    });
  }

  test('has a row, and every row a route', () => {
    const ids = httpRoutes.filter(isAboutChats).map(({ id }) => id);
    assert.deepEqual(Object.keys(rows).toSorted(), ids.toSorted());
  });
});

suite('a route that asks for the password', () => {
  /** What is asked, by the password that is given. */
  const asking: Readonly<Record<string, (password: string) => object>> = {
    'change-password': (password) => ({ current_password: password, new_password: 'a new battery' }),
    'update-own-profile': (password) => ({ email: newAccount().email, full_name: 'Ada', password }),
    'delete-account': (password) => ({ password }),
    'start-totp': (password) => ({ password }),
    'stop-totp': (password) => ({ password, code: '000000' }),
  };
  const names = ['password', 'current_password'];
  const routes = httpRoutes.filter(
    ({ auth, body }) =>
      auth === 'user' && names.some((name) => body instanceof z.ZodObject && name in body.shape),
  );

  test('has a row, and every row a route', () => {
    assert.deepEqual(Object.keys(asking).toSorted(), routes.map(({ id }) => id).toSorted());
  });

  for (const route of routes) {
    test(`${route.id} changes nothing without the right one, or in a session that has ended`, async () => {
      const [ada, grace] = await newPeople('ada', 'grace');
      const path = route.path.replace('/api/v1', '');
      const ask = (api: typeof ada.api, password: string) =>
        api.request(route.method, path, asking[route.id]?.(password));
      const other = { ...grace, password: 'the password of grace' };
      await grace.api.request('POST', '/users/me/password', {
        current_password: grace.password,
        new_password: other.password,
      });
      const profileOf = async () => {
        const { last_seen: _, ...profile } = (await ada.api.request<OwnProfile>('GET', '/users/me')).body;
        return profile;
      };
      const before = await profileOf();
      for (const password of [other.password, '', ada.password.toUpperCase(), `${ada.password} `]) {
        assertError(await ask(ada.api, password), 403, 'wrong_password');
      }
      const ended = service().as(await endedSession(ada));
      assertError(await ask(ended, ada.password), 401, 'session_revoked');
      assertError(await ask(ended, 'wrong'), 401, 'session_revoked');
      assert.deepEqual(await profileOf(), before);
      const { username, password } = ada;
      const { status } = await service().request('POST', '/users/login', { username, password });
      assert.equal(status, 200, 'the password is the same');
    });
  }
});

suite('without a good token', () => {
  const guarded = httpRoutes.filter(({ auth }) => auth === 'user');
  const root = () => checkedByDocument(createHttpClient(httpUrl()), '');

  for (const route of guarded) {
    test(`${route.id} is refused, before anything that the request says is looked at`, async () => {
      const [person] = await newPeople('ada');
      // Neither the ids nor the missing body are what is complained of.
      const path = route.path.replaceAll(/\{\w+\}/g, 'x');
      const ask = (api = root()) => api.request(route.method, path);
      const without = await ask();
      assertError(without, 401, 'not_authenticated');
      // A bare `Bearer` is no challenge by RFC 6750: Foundation on Linux ends the program that is given one.
      assert.equal(without.headers.get('www-authenticate'), 'Bearer realm="chat-service"');
      for (const { what, token, code } of badTokens(person.token)) {
        const answer = await ask(root().as(token));
        assert.equal(answer.status, 401, what);
        assertError(answer, 401, code);
        const challenge = 'Bearer realm="chat-service", error="invalid_token"';
        assert.equal(answer.headers.get('www-authenticate'), challenge, what);
      }
    });
  }

  test('other ways to present one are refused, and the scheme’s case does not matter', async () => {
    const [person] = await newPeople('ada');
    const me = async (authorization: string): Promise<number> =>
      (await fetch(`${httpUrl()}/api/v1/users/me`, { headers: { authorization } })).status;
    for (const header of ['', 'Bearer', 'Bearer ', `Basic ${person.token}`, person.token]) {
      assert.equal(await me(header), 401, header.slice(0, 10));
    }
    assert.equal(await me(`Bearer ${person.token}, Bearer ${person.token}`), 401);
    assert.equal(await me(`bearer ${person.token}`), 200);
    const inQuery = await service().request('GET', `/users/me?token=${person.token}`);
    assertError(inQuery, 401, 'not_authenticated');
  });

  test('no connection opens', async () => {
    const [person] = await newPeople('ada');
    for (const { what, token } of badTokens(person.token)) {
      await assert.rejects(openChatSocket(websocketUrl(), token), /refused/, what);
    }
    await (await person.connect()).close();
  });
});
