import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ChatError } from '../../../lib/client/chat-client.ts';
import type { CallAs, Request } from '../../../lib/client/http.ts';
import { createSession } from '../../../lib/client/session.ts';
import { createStore } from '../../../lib/client/store.ts';
import { createFakePlatform, createFakeStorage } from '../../support/fake-platform.ts';

const refusal = (code: string) => new ChatError({ detail: 'No.', status_code: 401, code });

/** A service with one family of tokens: each refresh token is valid once. */
const createService = () => {
  let count = 1;
  let access = 'access-1';
  let refused: string | undefined;
  const requests: string[] = [];
  const request: Request = async (request, _field, body, token) => {
    requests.push(request);
    if (request === 'POST /users/refresh') {
      const { refresh_token: presented } = body as { refresh_token: string };
      if (presented !== `refresh-${count}`) throw refusal('refresh_token_reused');
      count += 1;
      access = `access-${count}`;
      return { access_token: access, refresh_token: `refresh-${count}`, expires_in: 1800 };
    }
    if (request === 'POST /users/login') {
      return { access_token: access, refresh_token: `refresh-${count}`, expires_in: 1800 };
    }
    if (token !== access) throw refusal('token_expired');
    if (refused !== undefined) throw refusal(refused);
    return { id: 1, token };
  };
  return {
    call: request as CallAs,
    requests,
    refreshes: () => requests.filter((request) => request.endsWith('/refresh')).length,
    /** No token is good any more. */
    revoke: () => {
      count += 100;
      access = 'none';
    },
    /** Every further request is refused with 401 and this code. */
    refuse: (code: string) => {
      refused = code;
    },
    /** The access token in use runs out before its time. */
    expire: () => {
      access = 'none yet';
    },
  };
};

const createScene = (service = createService(), { storage } = createFakeStorage()) => {
  const { platform, pass } = createFakePlatform();
  const ended: string[] = [];
  const session = createSession(service.call, createStore(storage, platform), platform, (code) =>
    ended.push(code),
  );
  return { session, request: session.call as Request, service, storage, ended, pass };
};

suite('a session', () => {
  test('renews its token before it runs out, once for many requests at once', async () => {
    const { session, request, service, pass } = createScene();
    await session.logIn({ username: 'ada', password: 'secret' });
    await request('GET /chats', 'items');
    assert.equal(service.refreshes(), 0);
    await pass(1_790_000);
    const answers = await Promise.all(
      ['/chats', '/users/me', '/info'].map((path) => request(`GET ${path}`, 'items')),
    );
    assert.equal(service.refreshes(), 1);
    assert.ok(answers.every((answer) => (answer as { token: string }).token === 'access-2'));
  });

  test('renews a token that the service refuses earlier than this device’s clock says', async () => {
    const { session, request, service } = createScene();
    await session.logIn({ username: 'ada', password: 'secret' });
    service.expire();
    await Promise.all([request('GET /chats', 'items'), request('GET /chats', 'items')]);
    assert.equal(service.refreshes(), 1);
  });

  test('renews nothing for a wrong code of a second factor, which is a 401 as well', async () => {
    const { session, request, service } = createScene();
    await session.logIn({ username: 'ada', password: 'secret' });
    service.refuse('invalid_totp');
    await assert.rejects(request('DELETE /users/me/totp', 'items'), { code: 'invalid_totp' });
    assert.equal(service.refreshes(), 0);
  });

  test('takes over what another tab has fetched', async () => {
    const service = createService();
    const storage = createFakeStorage();
    const [one, two] = [createScene(service, storage), createScene(service, storage)];
    await one.session.logIn({ username: 'ada', password: 'secret' });
    await two.session.load();
    service.expire();
    await one.request('GET /chats', 'items');
    await two.request('GET /chats', 'items');
    assert.equal(service.refreshes(), 1);
    assert.deepEqual(two.ended, []);
  });

  test('is over when the service says so, and says so once', async () => {
    const { session, request, service, storage, ended } = createScene();
    await session.logIn({ username: 'ada', password: 'secret' });
    service.revoke();
    await Promise.all([
      assert.rejects(request('GET /chats', 'items'), { code: 'refresh_token_reused' }),
      assert.rejects(request('GET /chats', 'items'), { code: 'refresh_token_reused' }),
    ]);
    assert.deepEqual(ended, ['refresh_token_reused']);
    assert.equal(session.user, undefined);
    assert.equal(await storage.get('chat-service/session'), null);
  });

  test('outlives a service that is away', async () => {
    const service = createService();
    let away = false;
    const call: Request = (...asked) => {
      if (away) throw new TypeError('fetch failed');
      return (service.call as Request)(...asked);
    };
    const { session, request, ended, pass } = createScene({ ...service, call: call as CallAs });
    await session.logIn({ username: 'ada', password: 'secret' });
    await pass(1_800_000);
    away = true;
    await assert.rejects(request('GET /chats', 'items'), TypeError);
    away = false;
    await request('GET /chats', 'items');
    assert.deepEqual(ended, []);
  });
});
