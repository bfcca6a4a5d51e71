import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Tokens } from '../../functions/routes/users.ts';
import type { ChatDetail, OwnProfile, PublicProfile } from '../../functions/routes/schemas.ts';
import { openChatSocket } from '../../lib/client/chat-socket.ts';
import {
  about,
  assertError,
  newAccount,
  newGroup,
  newPeople,
  newPerson,
  send,
  service,
  websocketUrl,
} from '../support/people.ts';

const logIn = async ({ username, password }: { username: string; password: string }): Promise<Tokens> => {
  const { status, body } = await service().request<Tokens>('POST', '/users/login', { username, password });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};

const refresh = (token: string) =>
  service().request<Tokens>('POST', '/users/refresh', { refresh_token: token });

test('no connection opens with a token of a session that has ended, whatever a function remembers', async () => {
  const ends: Record<string, (tokens: Tokens, password: string) => Promise<{ status: number }>> = {
    'logging out': ({ refresh_token }) => service().request('POST', '/users/logout', { refresh_token }),
    'a new password elsewhere': async (_, password) => {
      const other = await logIn({ username: account.username, password });
      return service()
        .as(other.access_token)
        .request('POST', '/users/me/password', { current_password: password, new_password: 'a new battery' });
    },
    'the end of the account': ({ access_token }, password) =>
      service().as(access_token).request('DELETE', '/users/me', { password }),
  };
  let account: Awaited<ReturnType<typeof newPerson>>;
  for (const [name, end] of Object.entries(ends)) {
    account = await newPerson();
    const tokens = await logIn(account);
    const socket = await openChatSocket(websocketUrl(), tokens.access_token);
    assert.equal((await end(tokens, account.password)).status, 204, name);
    await socket.closed;
    await assert.rejects(openChatSocket(websocketUrl(), tokens.access_token), /refused/, name);
  }
});

suite('refresh tokens', () => {
  test('are good once; one that comes back ends its family and its sockets', async () => {
    const person = await newPerson();
    const first = await logIn(person);
    const other = await logIn(person);
    const socket = await openChatSocket(websocketUrl(), first.access_token);
    const second = await refresh(first.refresh_token);
    assert.equal(second.status, 200);
    assert.notEqual(second.body.refresh_token, first.refresh_token);
    assert.equal((await service().as(second.body.access_token).request('GET', '/users/me')).status, 200);

    assertError(await refresh(first.refresh_token), 401, 'refresh_token_reused');
    const last = await socket.take(({ type }) => type === 'error');
    assert.equal(last['code'], 'session_revoked');
    await socket.closed;
    assertError(await refresh(second.body.refresh_token), 401, 'invalid_refresh_token');
    assert.equal((await refresh(other.refresh_token)).status, 200, 'another session lives on');
  });

  test('of two uses at once, one succeeds', async () => {
    const { refresh_token: token } = await logIn(await newPerson());
    const answers = await Promise.all([refresh(token), refresh(token)]);
    assert.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      [200, 401],
    );
  });

  test('that are none are refused', async () => {
    for (const token of ['nonsense', '1.2.3', `1.${'0'.repeat(36)}.${'x'.repeat(43)}`]) {
      assertError(await refresh(token), 401, 'invalid_refresh_token');
    }
  });

  test('end with logging out, as often as one likes', async () => {
    const person = await newPerson();
    const tokens = await logIn(person);
    const socket = await openChatSocket(websocketUrl(), tokens.access_token);
    const body = { refresh_token: tokens.refresh_token };
    assert.equal((await service().request('POST', '/users/logout', body)).status, 204);
    await socket.closed;
    assert.equal((await service().request('POST', '/users/logout', body)).status, 204);
    assertError(await refresh(tokens.refresh_token), 401, 'invalid_refresh_token');
    // This function has not checked the session before, so it does now.
    assertError(await service().as(tokens.access_token).request('GET', '/ws/stats'), 401, 'session_revoked');
  });
});

suite('one’s own account', () => {
  test('changes its password and ends every other session', async () => {
    const person = await newPerson();
    const other = await logIn(person);
    const change = (current: string) =>
      person.api.request('POST', '/users/me/password', {
        current_password: current,
        new_password: 'battery staple',
      });
    assertError(await change('not the password'), 403, 'wrong_password');
    assert.equal((await change(person.password)).status, 204);
    assertError(await refresh(other.refresh_token), 401, 'invalid_refresh_token');
    assert.equal((await person.api.request('GET', '/users/me')).status, 200);
    await logIn({ username: person.username, password: 'battery staple' });
  });

  test('changes its name and its address', async () => {
    const [person, other] = await newPeople('ada', 'grace');
    const update = (body: object) => person.api.request<OwnProfile>('PUT', '/users/me', body);
    assert.equal((await update({ full_name: 'Ada' })).body.full_name, 'Ada');
    const { email } = newAccount();
    const changed = await update({ email });
    assert.deepEqual([changed.body.email, changed.body.full_name], [email, 'Ada']);
    assert.equal((await update({ full_name: null })).body.full_name, null);
    assert.equal((await update({})).status, 200);
    assertError(await update({ email: other.email.toUpperCase() }), 409, 'email_taken');
    assertError(await update({ username: 'else' }), 422, 'validation_failed');
  });

  test('goes, and leaves what it wrote', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const group = await newGroup(ada, grace);
    await send(ada, group.id, 'farewell');
    const direct = await ada.api.request<ChatDetail>('POST', '/chats', {
      chat_type: 'direct',
      participant_ids: [grace.id],
    });
    const [own, others] = await Promise.all([ada.connect(), grace.connect()]);
    const remove = (password: string) => ada.api.request('DELETE', '/users/me', { password });
    const makeGroup = () =>
      ada.api.request('POST', '/chats', { chat_type: 'group', name: 'Ghosts', participant_ids: [grace.id] });
    // Its function remembers that the session was on.
    assert.equal((await makeGroup()).status, 201);
    assertError(await remove('not the password'), 403, 'wrong_password');
    assert.equal((await remove(ada.password)).status, 204);
    await own.closed;
    assertError(await makeGroup(), 401, 'session_revoked');
    await others.take(about('participants_removed', group.id));
    await others.close();

    const { username, password } = ada;
    assertError(
      await service().request('POST', '/users/login', { username, password }),
      401,
      'invalid_credentials',
    );
    assertError(await grace.api.request('GET', `/users/${ada.id}`), 404, 'user_not_found');
    assertError(
      await service().request('POST', '/users/register', { ...newAccount(), username }),
      409,
      'username_taken',
    );
    const left = await grace.api.request<ChatDetail>('GET', `/chats/${group.id}`);
    assert.deepEqual([left.body.participant_count, left.body.is_admin], [1, true]);
    assert.equal(left.body.last_message?.sender_username, 'deleted user');
    const kept = await grace.api.request<ChatDetail>('GET', `/chats/${direct.body.id}`);
    assert.equal(kept.body.peer?.username, 'deleted user');
    assertError(
      await grace.api.request('POST', `/chats/${group.id}/participants`, { user_ids: [ada.id] }),
      422,
      'user_not_found',
    );
  });
});

suite('other people', () => {
  test('are found by what their names begin with, and then by what words of them do', async () => {
    const asker = await newPerson();
    const tag = asker.username.slice(-8);
    const people = await Promise.all(
      [`${tag}_a%`, `x ${tag}_b`].map(async (fullName) => {
        const person = await newPerson();
        const { status } = await person.api.request('PUT', '/users/me', { full_name: fullName });
        assert.equal(status, 200);
        return person;
      }),
    );
    const find = async (q: string) =>
      (
        await asker.api.request<{ items: PublicProfile[] }>('GET', `/users/search?q=${encodeURIComponent(q)}`)
      ).body.items.map(({ id }) => id);
    assert.deepEqual(
      await find(`${tag}_`),
      people.map(({ id }) => id),
    );
    assert.deepEqual(await find(`${tag}_A%`), [people[0]?.id]);
    assert.deepEqual(await find(`${tag}%`), []);
    assert.deepEqual(await find('\\\\🦋'), []);
    assertError(await asker.api.request('GET', '/users/search?q=x'), 422, 'validation_failed');
  });

  test('show no address', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const { body } = await ada.api.request<PublicProfile>('GET', `/users/${grace.id}`);
    assert.deepEqual(Object.keys(body).toSorted(), ['full_name', 'id', 'last_seen', 'online', 'username']);
    assertError(await ada.api.request('GET', '/users/999999999'), 404, 'user_not_found');
  });
});
