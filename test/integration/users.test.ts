import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import jwt from 'jsonwebtoken';
import type { OwnProfile } from '../../functions/users/contract.ts';
import type { Tokens } from '../../functions/sessions/contract.ts';
import { assertError, newAccount, newPerson, service } from '../support/people.ts';

const register = (body: unknown) => service().request<OwnProfile>('POST', '/users/register', body);
const logIn = (username: string, password: string) =>
  service().request<Tokens>('POST', '/users/login', { username, password });

suite('registering', () => {
  test('answers with the new profile, and with no password', async () => {
    const account = { ...newAccount(), full_name: 'Ada Lovelace 🦋' };
    const { status, body } = await register(account);
    assert.equal(status, 201);
    const { id, created_at: createdAt, ...rest } = body;
    assert.ok(Number.isSafeInteger(id));
    assert.equal(new Date(createdAt).toISOString(), createdAt);
    assert.deepEqual(rest, {
      username: account.username,
      email: account.email,
      full_name: 'Ada Lovelace 🦋',
      avatar_url: null,
      is_active: true,
      last_seen: null,
      email_verified: false,
      totp_enabled: false,
      role: 'user',
    });
  });

  test('a name or an address that is taken is a conflict, in capitals too', async () => {
    const account = newAccount();
    await register(account);
    const other = newAccount();
    assertError(
      await register({ ...other, username: account.username.toUpperCase() }),
      409,
      'username_taken',
    );
    assertError(await register({ ...other, email: account.email.toUpperCase() }), 409, 'email_taken');
  });

  test('of ten at once with the same name, one gets it', async () => {
    const account = newAccount();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => register({ ...account, email: `${index}-${account.email}` })),
    );
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      assertError(answer, 409, 'username_taken');
    }
  });

  test('what does not fit is refused, field by field', async (t) => {
    const cases: Record<string, [object, string]> = {
      'a short name': [{ username: 'ab' }, 'username'],
      'a long name': [{ username: 'a'.repeat(51) }, 'username'],
      'a name with a space': [{ username: 'ada lovelace' }, 'username'],
      'no address': [{ email: 'nowhere' }, 'email'],
      'a short password': [{ password: '1234567' }, 'password'],
      'a password of 73 bytes': [{ password: 'é'.repeat(36) + 'x' }, 'password'],
      'a password of 73 bytes once composed': [{ password: 'e\u0301'.repeat(36) + 'x' }, 'password'],
      'NUL in a password': [{ password: 'long enough\u0000' }, 'password'],
      'a lone surrogate in a password': [{ password: 'long enough\ud800' }, 'password'],
      'a password of seven characters, each of two code units': [{ password: '🦋'.repeat(7) }, 'password'],
      'a long full name': [{ full_name: '🦋'.repeat(101) }, 'full_name'],
      'a lone surrogate': [{ full_name: '\ud800' }, 'full_name'],
      'spaces for a full name': [{ full_name: ' \u00a0\u3000' }, 'full_name'],
      'a full name of what cannot be seen': [{ full_name: '\u200b\u3164' }, 'full_name'],
      'a full name that turns its direction': [{ full_name: 'Ada \u202eecalevoL' }, 'full_name'],
      'a full name of two lines': [{ full_name: 'Ada\nLovelace' }, 'full_name'],
      'the name of deleted accounts': [{ full_name: 'Deleted\u00a0User' }, 'full_name'],
      'a number for a name': [{ username: 42 }, 'username'],
    };
    for (const [name, [fields, path]] of Object.entries(cases)) {
      await t.test(name, async () => {
        const { errors } = assertError(
          await register({ ...newAccount(), ...fields }),
          422,
          'validation_failed',
        );
        assert.deepEqual([...new Set(errors?.map((issue) => issue.path))], [path]);
      });
    }
    await t.test('a field that there is not', async () => {
      assertError(await register({ ...newAccount(), is_admin: true }), 422, 'validation_failed');
    });
    await t.test('what is at the limits is taken', async () => {
      const account = newAccount();
      const { status } = await register({
        ...account,
        password: 'é'.repeat(36),
        full_name: '🦋'.repeat(100),
      });
      assert.equal(status, 201);
      assert.equal((await logIn(account.username, 'é'.repeat(36))).status, 200);
    });
  });
});

suite('logging in', () => {
  test('gives tokens for the name and for the address, in any case', async () => {
    const account = newAccount();
    const { body: profile } = await register(account);
    for (const name of [account.username, account.username.toUpperCase(), account.email.toUpperCase()]) {
      const { status, body } = await logIn(name, account.password);
      assert.equal(status, 200, name);
      assert.deepEqual([body.token_type, body.expires_in], ['bearer', 1800]);
      assert.ok(body.refresh_token.length > 40);
      const me = await service().as(body.access_token).request<OwnProfile>('GET', '/users/me');
      assert.equal(me.status, 200);
      assert.equal(me.body.id, profile.id);
      assert.notEqual(me.body.last_seen, null);
    }
  });

  test('a wrong password and an unknown name get the same answer', async () => {
    const person = await newPerson();
    const wrong = await logIn(person.username, 'not the password');
    const unknown = await logIn('nobody-of-that-name', 'not the password');
    assertError(wrong, 401, 'invalid_credentials');
    assert.deepEqual(unknown.body, wrong.body);
    for (const name of ['', ' ', 'a%', 'Ä', '🦋', "' OR 1=1 --", `${person.username} `]) {
      assertError(await logIn(name, person.password), 401, 'invalid_credentials');
    }
  });
});

suite('passwords', () => {
  const full = 'é'.repeat(35) + '!?';
  /** Passwords, and what is a little different from each. */
  const cases: readonly { readonly password: string; readonly same?: string; readonly others: string[] }[] = [
    { password: 'x'.repeat(72), others: ['x'.repeat(73), 'x'.repeat(5000), `${'x'.repeat(72)}\u0000`] },
    { password: full, others: [`${full}!`, `${full}\u0301`, full.slice(0, -1)] },
    {
      password: 'PPPPPPPP',
      others: ['PPPPPPPP\u0000PPPPPPPP', 'PPPPPPPP\u0000', '\u0000PPPPPPPP', 'PPPPPPPP '],
    },
    {
      password: 'caf\u00e9 cr\u00e8me',
      same: 'cafe\u0301 cre\u0300me',
      others: ['cafe creme', 'caf\u00e9 cr\u00e9me'],
    },
    { password: 'cafe\u0301 cre\u0300me', same: 'caf\u00e9 cr\u00e8me', others: ['cafe cre\u0300me'] },
    // 108 bytes as sent, 72 once composed.
    { password: 'e\u0301'.repeat(36), same: '\u00e9'.repeat(36), others: ['\u00e9'.repeat(37)] },
    { password: 'lone \ufffd one', others: ['lone \ud800 one', 'lone \udc00 one'] },
  ];

  test('are compared whole and as text, wherever one is asked for', async () => {
    await Promise.all(
      cases.map(async ({ password, same = password, others }) => {
        const account = { ...newAccount(), password };
        assert.equal((await register(account)).status, 201);
        const { body: tokens } = await logIn(account.username, same);
        const api = service().as(tokens.access_token);
        for (const other of others) {
          assertError(await logIn(account.username, other), 401, 'invalid_credentials');
          for (const [method, path, body] of [
            ['POST', '/users/me/password', { current_password: other, new_password: 'a new battery' }],
            ['PUT', '/users/me', { email: newAccount().email, password: other }],
            ['DELETE', '/users/me', { password: other }],
          ] as const) {
            assertError(await api.request(method, path, body), 403, 'wrong_password');
          }
        }
        assert.equal((await api.request('DELETE', '/users/me', { password: same })).status, 204);
      }),
    );
  });

  test('that are new fit as well when they are changed', async () => {
    const person = await newPerson();
    const change = (current_password: string, new_password: string) =>
      person.api.request('POST', '/users/me/password', { current_password, new_password });
    for (const bad of [
      'x'.repeat(73),
      'e\u0301'.repeat(36) + 'x',
      'long enough\u0000',
      'long enough\udc00',
      '🦋'.repeat(7),
    ]) {
      const { errors } = assertError(await change(person.password, bad), 422, 'validation_failed');
      assert.deepEqual([...new Set(errors?.map(({ path }) => path))], ['new_password']);
    }
    assert.equal((await change(person.password, 'e\u0301'.repeat(36))).status, 204);
    assert.equal((await change('é'.repeat(36), person.password)).status, 204);
  });
});

suite('access tokens', () => {
  test('are asked for, and have to be good', async (t) => {
    const person = await newPerson();
    const me = (token: string) => service().as(token).request('GET', '/users/me');
    assertError(await service().request('GET', '/users/me'), 401, 'not_authenticated');
    const payload = jwt.decode(person.token) as jwt.JwtPayload;
    const keyid = jwt.decode(person.token, { complete: true })?.header.kid ?? '';
    const forged: Record<string, string> = {
      'cut off': person.token.slice(0, -2),
      'signed by someone else': jwt.sign(payload, 'x'.repeat(64), { keyid }),
      'not signed': jwt.sign(payload, '', { keyid, algorithm: 'none' }),
      'of another key': jwt.sign(payload, 'x'.repeat(64), { keyid: 'unknown' }),
      'no token': 'nonsense',
    };
    for (const [name, token] of Object.entries(forged)) {
      await t.test(name, async () => {
        assertError(await me(token), 401, 'invalid_token');
      });
    }
  });
});
