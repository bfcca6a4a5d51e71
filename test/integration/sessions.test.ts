import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Ticket, Tokens, UserSession } from '../../functions/sessions/contract.ts';
import type { ChatDetail, Page, PublicProfile } from '../../functions/contract/schemas.ts';
import type { OwnProfile } from '../../functions/users/contract.ts';
import { limits } from '../../functions/contract/limits.ts';
import { openChatSocket } from '../../lib/bench/plain-chat-socket.ts';
import {
  isAbout,
  assertError,
  drainFrames,
  httpUrl,
  newAccount,
  newGroup,
  newPeople,
  newPerson,
  send,
  service,
  websocketUrl,
  type Person,
} from '../support/people.ts';

const logIn = async ({ username, password }: { username: string; password: string }): Promise<Tokens> => {
  const { status, body } = await service().request<Tokens>('POST', '/users/login', { username, password });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};

const refresh = (token: string) =>
  service().request<Tokens>('POST', '/users/refresh', { refresh_token: token });

/** Whether a ticket opens a connection. */
const opensBy = (ticket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = new WebSocket(`${websocketUrl()}?ticket=${encodeURIComponent(ticket)}`);
    socket.addEventListener('open', () => {
      socket.close();
      resolve(true);
    });
    socket.addEventListener('error', () => resolve(false));
  });

test('no connection opens with a token or ticket of a session that has ended, whatever a function remembers', async () => {
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
    const { body } = await service().as(tokens.access_token).request<Ticket>('POST', '/ws/tickets');
    assert.equal((await end(tokens, account.password)).status, 204, name);
    await socket.closed;
    await assert.rejects(openChatSocket(websocketUrl(), tokens.access_token), /refused/, name);
    assert.equal(await opensBy(body.ticket), false, name);
  }
});

const logOut = async (token: string): Promise<void> => {
  const { status } = await service().request('POST', '/users/logout', { refresh_token: token });
  assert.equal(status, 204);
};

const changePassword = (token: string, current: string, next: string) =>
  service().as(token).request('POST', '/users/me/password', {
    current_password: current,
    new_password: next,
  });

suite('refresh tokens', () => {
  test('each buy the next; one from before the last ends its family and its sockets', async () => {
    const person = await newPerson();
    const first = await logIn(person);
    const other = await logIn(person);
    const socket = await openChatSocket(websocketUrl(), first.access_token);
    const second = await refresh(first.refresh_token);
    assert.equal(second.status, 200);
    assert.notEqual(second.body.refresh_token, first.refresh_token);
    assert.equal((await service().as(second.body.access_token).request('GET', '/users/me')).status, 200);
    const third = await refresh(second.body.refresh_token);
    assert.equal(third.status, 200);

    assertError(await refresh(first.refresh_token), 401, 'refresh_token_reused');
    const last = await socket.take(({ type }) => type === 'error');
    assert.equal(last['code'], 'session_revoked');
    await socket.closed;
    assertError(await refresh(third.body.refresh_token), 401, 'invalid_refresh_token');
    assert.equal((await refresh(other.refresh_token)).status, 200, 'another session lives on');
  });

  test('whose answer was lost buy another successor', async () => {
    const { refresh_token: token } = await logIn(await newPerson());
    const lost = await refresh(token);
    const again = await refresh(token);
    assert.deepEqual([lost.status, again.status], [200, 200]);
    assert.notEqual(again.body.refresh_token, lost.body.refresh_token);
    const next = await refresh(again.body.refresh_token);
    assert.equal(next.status, 200);
    assertError(await refresh(token), 401, 'refresh_token_reused');
    assertError(await refresh(next.body.refresh_token), 401, 'invalid_refresh_token');
  });

  test('that two tabs present at once serve both, each with its own answer, round after round', async () => {
    let tokens: string[] = Array(8).fill((await logIn(await newPerson())).refresh_token);
    for (let round = 0; round < 3; round += 1) {
      const answers = await Promise.all(tokens.map(refresh));
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
      tokens = answers.map(({ body }) => body.refresh_token);
      assert.equal(new Set(tokens).size, tokens.length);
    }
  });

  test('that are not ours change nothing, here or at logging out', async () => {
    const person = await newPerson();
    const [one, two] = [await logIn(person), await logIn(person)];
    const stranger = await logIn(await newPerson());
    const socket = await openChatSocket(websocketUrl(), one.access_token);
    const token = one.refresh_token;
    const parts = token.split('.');
    const forged = [
      'nonsense',
      'x'.repeat(10_000),
      `${parts[0]}.${parts[1]}.${'x'.repeat(43)}`,
      one.access_token,
      `${token}A`,
      ...[two, stranger].flatMap(({ refresh_token: other }) =>
        parts.map((_, index) => parts.toSpliced(index, 1, other.split('.')[index] ?? '').join('.')),
      ),
      // One character of each part, its last.
      ...parts.map((part, index) => {
        const last = part.endsWith('1') ? '2' : '1';
        return parts.toSpliced(index, 1, part.slice(0, -1) + last).join('.');
      }),
      // The last character of 32 bytes in base64url has two bits that decode to nothing.
      ...Array.from('ABCDEFGH', (character) => token.slice(0, -1) + character),
    ].filter((text) => ![token, two.refresh_token, stranger.refresh_token].includes(text));
    for (const text of forged) {
      assertError(await refresh(text), 401, 'invalid_refresh_token');
      await logOut(text);
    }
    await drainFrames(socket);
    await socket.close();
    for (const { refresh_token: good } of [one, two, stranger]) {
      assert.equal((await refresh(good)).status, 200);
    }
  });

  test('end with logging out, as often as one likes, by any token of the family', async () => {
    const person = await newPerson();
    const tokens = await logIn(person);
    const socket = await openChatSocket(websocketUrl(), tokens.access_token);
    await logOut(tokens.refresh_token);
    await socket.closed;
    await logOut(tokens.refresh_token);
    assertError(await refresh(tokens.refresh_token), 401, 'invalid_refresh_token');
    // This function has not checked the session before, so it does now.
    assertError(await service().as(tokens.access_token).request('GET', '/ws/stats'), 401, 'session_revoked');

    const { refresh_token: old } = await logIn(person);
    const { body: next } = await refresh(old);
    await logOut(old);
    assertError(await refresh(next.refresh_token), 401, 'invalid_refresh_token');
  });

  test('presented while their session ends bring nothing back', async () => {
    const person = await newPerson();
    for (let round = 0; round < 5; round += 1) {
      const { refresh_token: token } = await logIn(person);
      const answers = (
        await Promise.all([refresh(token), logOut(token), refresh(token), refresh(token)])
      ).filter((answer) => answer !== undefined);
      for (const answer of answers) {
        if (answer.status === 200) {
          assertError(await refresh(answer.body.refresh_token), 401, 'invalid_refresh_token');
        } else assertError(answer, 401, 'invalid_refresh_token');
      }
    }
  });
});

suite('the list of sessions', () => {
  const listed = async (token: string, query = ''): Promise<Page<UserSession>> => {
    const { status, body } = await service()
      .as(token)
      .request<Page<UserSession>>('GET', `/users/me/sessions${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const end = (token: string, id: string) =>
    service().as(token).request('DELETE', `/users/me/sessions/${id}`);

  test('has each log-in with what it said of itself, as one line, and pages', async () => {
    const { username, password, token } = await newPerson();
    const agents = ['A browser\t\u0080\u009b31m of 1999', 'x'.repeat(3000)];
    for (const agent of agents) {
      const response = await fetch(`${httpUrl()}/api/v1/users/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': agent },
        body: JSON.stringify({ username, password }),
      });
      assert.equal(response.status, 200);
      await response.arrayBuffer();
    }
    const { items, total, pages } = await listed(token);
    assert.deepEqual([items.length, total, pages], [3, 3, 1]);
    assert.deepEqual(items.filter(({ current }) => current).length, 1);
    assert.deepEqual(
      new Set(items.filter(({ current }) => !current).map(({ user_agent: agent }) => agent)),
      new Set(['A browser 31m of 1999', 'x'.repeat(256)]),
    );
    for (const { created_at: made, last_seen: seen } of items) assert.ok(seen >= made);
    const second = await listed(token, '?limit=2&page=2');
    assert.deepEqual([second.items, second.pages], [items.slice(2), 2]);
    assert.deepEqual((await listed(token, '?page=9')).items, []);
  });

  test('has the session first that was refreshed last, and no session that has ended', async () => {
    const person = await newPerson();
    const tokens = await logIn(person);
    const { body: next } = await refresh(tokens.refresh_token);
    const [first, ...others] = (await listed(person.token)).items;
    assert.deepEqual([first?.current, others.length], [false, 1]);
    await logOut(next.refresh_token);
    assert.deepEqual(
      (await listed(person.token)).items.map(({ current }) => current),
      [true],
    );
  });

  test('ends one: its sockets close, its tokens are refused, and nothing else ends', async () => {
    const [person, stranger] = await newPeople('ada', 'eve');
    const other = await logIn(person);
    const socket = await openChatSocket(websocketUrl(), other.access_token);
    const own = await person.connect();
    const id = (await listed(other.access_token)).items.find(({ current }) => current)?.id ?? '';
    assertError(await end(stranger.token, id), 404, 'session_not_found');
    assertError(await end(person.token, 'x'), 422, 'validation_failed');

    // Swift prints a UUID in capitals.
    const answers = await Promise.all([1, 2].map(() => end(person.token, id.toUpperCase())));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([204, 404]));
    assert.equal((await socket.take(({ type }) => type === 'error'))['code'], 'session_revoked');
    await socket.closed;
    assertError(await refresh(other.refresh_token), 401, 'invalid_refresh_token');
    // This function has not checked the session before, so it does now.
    assertError(await service().as(other.access_token).request('GET', '/ws/stats'), 401, 'session_revoked');
    assertError(await end(person.token, id), 404, 'session_not_found');
    await drainFrames(own);
    await own.close();
    assert.equal((await listed(person.token)).total, 1);
  });

  test('ends the one that asks', async () => {
    const person = await newPerson();
    const tokens = await logIn(person);
    const { items } = await listed(tokens.access_token);
    const id = items.find(({ current }) => current)?.id ?? '';
    assert.equal((await end(tokens.access_token, id)).status, 204);
    assertError(await refresh(tokens.refresh_token), 401, 'invalid_refresh_token');
    assert.equal((await listed(person.token)).total, 1);
  });
});

suite('a log-in in flight', () => {
  /** Begins log-ins and something that ends sessions, a little apart. @returns the tokens that log-ins answered */
  const during = async (person: Person, end: () => Promise<{ status: number }>): Promise<Tokens[]> => {
    const attempt = () =>
      service().request<Tokens>('POST', '/users/login', {
        username: person.username,
        password: person.password,
      });
    const early = [attempt(), attempt()];
    const ending = end();
    const late = [attempt(), attempt(), attempt()];
    assert.equal((await ending).status, 204);
    const answers = await Promise.all([...early, ...late]);
    for (const answer of answers) {
      if (answer.status !== 200) assertError(answer, 401, 'invalid_credentials');
    }
    return answers.filter(({ status }) => status === 200).map(({ body }) => body);
  };

  test('with the old password ends with the password', async () => {
    for (let round = 0; round < 4; round += 1) {
      const person = await newPerson();
      const own = await logIn(person);
      const made = await during(person, () =>
        changePassword(own.access_token, person.password, 'battery staple'),
      );
      for (const tokens of made) {
        assertError(await refresh(tokens.refresh_token), 401, 'invalid_refresh_token');
      }
      assert.equal((await refresh(own.refresh_token)).status, 200, 'who changes it stays');
    }
  });

  test('ends with the account', async () => {
    for (let round = 0; round < 2; round += 1) {
      const person = await newPerson();
      const made = await during(person, () =>
        person.api.request('DELETE', '/users/me', { password: person.password }),
      );
      for (const tokens of made) {
        assertError(await refresh(tokens.refresh_token), 401, 'invalid_refresh_token');
      }
    }
  });

  test('and refreshing at the same time never outlive a new password', async () => {
    for (let round = 0; round < 3; round += 1) {
      const person = await newPerson();
      const [own, other] = [await logIn(person), await logIn(person)];
      const [changed, ...answers] = await Promise.all([
        changePassword(own.access_token, person.password, 'battery staple'),
        refresh(other.refresh_token),
        refresh(own.refresh_token),
      ]);
      assert.equal(changed.status, 204);
      const [others, owns] = answers;
      if (others.status === 200) {
        assertError(await refresh(others.body.refresh_token), 401, 'invalid_refresh_token');
      }
      assert.equal(owns.status, 200, 'a refresh of who changes it succeeds');
      assert.equal((await refresh(owns.body.refresh_token)).status, 200);
    }
  });
});

test('of two new passwords at once, one is set, and its session alone lives on', async () => {
  for (let round = 0; round < 3; round += 1) {
    const person = await newPerson();
    const sessions = [await logIn(person), await logIn(person)];
    const passwords = ['battery staple one', 'battery staple two'];
    const answers = await Promise.all(
      sessions.map(({ access_token: token }, index) =>
        changePassword(token, person.password, passwords[index] ?? ''),
      ),
    );
    const won = answers.findIndex(({ status }) => status === 204);
    assert.equal(answers.filter(({ status }) => status === 204).length, 1, JSON.stringify(answers));
    for (const [index, tokens] of sessions.entries()) {
      const { status } = await refresh(tokens.refresh_token);
      assert.equal(status, index === won ? 200 : 401);
    }
    await logIn({ username: person.username, password: passwords[won] ?? '' });
  }
});

test('a user has at most so many sessions: the oldest ends, with its sockets', async () => {
  const person = await newPerson();
  const oldest = await logIn(person);
  const socket = await openChatSocket(websocketUrl(), oldest.access_token);
  const answers: Tokens[] = [];
  // With the two that are there, ten more than may be.
  for (let from = 0; from < limits.sessions_per_user + 8; from += 10) {
    const count = Math.min(10, limits.sessions_per_user + 8 - from);
    answers.push(...(await Promise.all(Array.from({ length: count }, () => logIn(person)))));
  }
  await socket.closed;
  assertError(await refresh(oldest.refresh_token), 401, 'invalid_refresh_token');
  const statuses = await Promise.all(
    answers.map(async (tokens) => (await refresh(tokens.refresh_token)).status),
  );
  assert.equal(statuses.filter((status) => status === 200).length, limits.sessions_per_user);
  assert.ok(
    statuses.slice(20).every((status) => status === 200),
    'the latest live on',
  );
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
    const { password } = person;
    const changed = await update({ email, password });
    assert.deepEqual([changed.body.email, changed.body.full_name], [email, 'Ada']);
    assert.equal((await update({ full_name: null })).body.full_name, null);
    assert.equal((await update({})).status, 200);
    assertError(await update({ email: other.email.toUpperCase(), password }), 409, 'email_taken');
    assertError(await update({ username: 'else' }), 422, 'validation_failed');
  });

  test('changes its address with the password only, and tells without it of no other', async () => {
    const [person, other] = await newPeople('ada', 'grace');
    const update = (body: object) => person.api.request<OwnProfile>('PUT', '/users/me', body);
    for (const email of [newAccount().email, other.email, person.email]) {
      const { errors } = assertError(await update({ email, full_name: 'Ada' }), 422, 'validation_failed');
      assert.deepEqual(
        errors?.map(({ path }) => path),
        ['password'],
      );
      for (const password of ['not the password', '', other.email]) {
        assertError(await update({ email, full_name: 'Ada', password }), 403, 'wrong_password');
      }
    }
    const { body } = await person.api.request<OwnProfile>('GET', '/users/me');
    assert.deepEqual([body.email, body.full_name], [person.email, null], 'what was refused changed nothing');
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
    await others.take(isAbout('participants_removed', group.id));
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
    assert.deepEqual(Object.keys(body).toSorted(), [
      'avatar_url',
      'full_name',
      'id',
      'last_seen',
      'online',
      'username',
    ]);
    assertError(await ada.api.request('GET', '/users/999999999'), 404, 'user_not_found');
  });
});
