import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Tokens } from '../../functions/sessions/contract.ts';
import type { OwnProfile } from '../../functions/users/contract.ts';
import { mailbox, tokenIn } from '../support/mails.ts';
import { assertError, newAccount, newPeople, newPerson, service, type Person } from '../support/people.ts';

const mails = mailbox();

const verify = (token: string) => service().request('POST', '/users/email/verify', { token });
const forget = (email: string) => service().request('POST', '/users/password/forgot', { email });
const reset = (token: string, password = 'a moth in the relay') =>
  service().request('POST', '/users/password/reset', { token, new_password: password });
const logIn = (username: string, password: string) =>
  service().request<Tokens>('POST', '/users/login', { username, password });
const profileOf = async ({ api }: Pick<Person, 'api'>): Promise<OwnProfile> =>
  (await api.request<OwnProfile>('GET', '/users/me')).body;

const forgotten = async (person: Pick<Person, 'email'>, count = 1): Promise<string> => {
  assert.equal((await forget(person.email)).status, 202);
  return mails.waitForToken(person.email, '/reset', count);
};

suite('an e-mail address', () => {
  test('is confirmed by the token that is sent after registration, once', async () => {
    const person = await newPerson();
    const [mail] = await mails.waitFor(person.email);
    assert.deepEqual([mail?.to, mail?.subject], [person.email, 'Confirm your e-mail address']);
    assert.match(mail?.html ?? '', /<html lang="en">[\s\S]*<title>Confirm your e-mail address<\/title>/);
    const token = tokenIn(mail, '/verify');
    assert.equal(Buffer.from(token, 'base64url').length, 32);
    assert.ok(mail?.html.includes(`/verify?token=${token}"`));
    assert.equal((await profileOf(person)).email_verified, false);

    for (const wrong of ['', 'nonsense', `${token}A`, token.toLowerCase(), 'x'.repeat(1000), '\ud800']) {
      assertError(await verify(wrong), 422, 'invalid_token_given');
    }
    assertError(await reset(token), 422, 'invalid_token_given');
    const answers = await Promise.all([verify(token), verify(token), verify(token)]);
    assert.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      [204, 422, 422],
    );
    assertError(await verify(token), 422, 'invalid_token_given');
    assert.equal((await profileOf(person)).email_verified, true);
  });

  test('is confirmed by the newest token alone, and nothing is sent when it is', async () => {
    const person = await newPerson();
    const first = await mails.waitForToken(person.email, '/verify');
    const again = () => person.api.request('POST', '/users/me/email/verification');
    assert.equal((await again()).status, 202);
    const second = await mails.waitForToken(person.email, '/verify', 2);
    assertError(await verify(first), 422, 'invalid_token_given');
    assert.equal((await verify(second)).status, 204);
    assert.equal((await again()).status, 202);
    // The next mail to this address is another one.
    await forget(person.email);
    const last = (await mails.waitFor(person.email, 3))[2];
    assert.equal(last?.subject, 'Set a new password');
  });

  test('that is new is not confirmed, and the tokens of the one before are no good', async () => {
    const person = await newPerson();
    assert.equal((await verify(await mails.waitForToken(person.email, '/verify'))).status, 204);
    const old = await forgotten(person);
    const { email } = newAccount();
    const change = (to: string) =>
      person.api.request<OwnProfile>('PUT', '/users/me', { email: to, password: person.password });
    assert.equal((await change(person.email.toUpperCase())).body.email_verified, true, 'it is the same');
    assert.equal((await change(email)).body.email_verified, false);
    const token = await mails.waitForToken(email, '/verify');
    assertError(await reset(old), 422, 'invalid_token_given');
    assert.equal((await change(person.email)).body.email_verified, false);
    assertError(await verify(token), 422, 'invalid_token_given');
  });
});

suite('the e-mail address of an account that is deleted', () => {
  const register = (email: string) =>
    service().request<OwnProfile>('POST', '/users/register', { ...newAccount(), email });
  const remove = ({ api, password }: Person) => api.request('DELETE', '/users/me', { password });

  test('is free when it was never confirmed', async () => {
    const person = await newPerson();
    const answers = await Promise.all([remove(person), remove(person)]);
    assert.ok(answers.some(({ status }) => status === 204));
    const { status, body } = await register(person.email.toUpperCase());
    assert.equal(status, 201, JSON.stringify(body));
    const token = await mails.waitForToken(body.email, '/verify');
    assert.equal((await verify(token)).status, 204);
  });

  test('stays taken when it was confirmed, and so does the name either way', async () => {
    const person = await newPerson();
    assert.equal((await verify(await mails.waitForToken(person.email, '/verify'))).status, 204);
    assert.equal((await remove(person)).status, 204);
    assertError(await register(person.email), 409, 'email_taken');
    const other = await newPerson();
    assert.equal((await remove(other)).status, 204);
    const taken = { ...newAccount(), username: other.username };
    assertError(await service().request('POST', '/users/register', taken), 409, 'username_taken');
  });

  test('gives way to one that nobody can register with', async () => {
    const person = await newPerson();
    assert.equal((await remove(person)).status, 204);
    assertError(await register(`deleted:${person.id}@account.invalid`), 422, 'validation_failed');
    assertError(
      await logIn(`deleted:${person.id}@account.invalid`, person.password),
      401,
      'invalid_credentials',
    );
  });
});

suite('a forgotten password', () => {
  test('is set anew: all sessions end, and the address is confirmed', async () => {
    const person = await newPerson();
    const { body: other } = await logIn(person.username, person.password);
    const socket = await person.connect();
    assert.equal((await forget(person.email.toUpperCase())).status, 202);
    const sent = await mails.waitForToken(person.email, '/reset');
    assertError(await reset(sent, 'short'), 422, 'validation_failed');
    assert.equal((await reset(sent)).status, 204);
    assert.equal((await socket.take(({ type }) => type === 'error'))['code'], 'session_revoked');
    await socket.closed;
    const refreshed = await service().request('POST', '/users/refresh', {
      refresh_token: other.refresh_token,
    });
    assertError(refreshed, 401, 'invalid_refresh_token');
    assertError(await logIn(person.username, person.password), 401, 'invalid_credentials');
    const { status, body } = await logIn(person.username, 'a moth in the relay');
    assert.equal(status, 200);
    assert.equal((await profileOf({ api: service().as(body.access_token) })).email_verified, true);
    assertError(await reset(sent), 422, 'invalid_token_given');
  });

  test('is set once, whoever else tries in the same moment', async () => {
    const person = await newPerson();
    const token = await forgotten(person);
    const passwords = Array.from({ length: 6 }, (_, index) => `password number ${index}`);
    const answers = await Promise.all(passwords.map((password) => reset(token, password)));
    const won = passwords.filter((_, index) => answers[index]?.status === 204);
    assert.equal(won.length, 1);
    for (const answer of answers.filter(({ status }) => status !== 204)) {
      assertError(answer, 422, 'invalid_token_given');
    }
    assert.equal((await logIn(person.username, won[0] ?? '')).status, 200);
  });

  test('is set by the newest token alone, and by none once the password was changed or the account deleted', async () => {
    const [ada, grace] = await newPeople('ada', 'grace');
    const first = await forgotten(ada);
    const second = await forgotten(ada, 2);
    assertError(await reset(first), 422, 'invalid_token_given');
    const body = { current_password: ada.password, new_password: 'another password' };
    assert.equal((await ada.api.request('POST', '/users/me/password', body)).status, 204);
    assertError(await reset(second), 422, 'invalid_token_given');

    const token = await forgotten(grace);
    assert.equal((await grace.api.request('DELETE', '/users/me', { password: grace.password })).status, 204);
    assertError(await reset(token), 422, 'invalid_token_given');
  });

  test('is asked for with the same answer whether anybody has the address or not', async () => {
    const [person, gone] = await newPeople('ada', 'gone');
    await gone.api.request('DELETE', '/users/me', { password: gone.password });
    const answers = await Promise.all(
      [person.email, gone.email, newAccount().email].map((email) => forget(email)),
    );
    const [first, ...others] = answers.map(({ status, body, headers }) => ({
      status,
      body,
      headers: [...headers.keys()],
    }));
    assert.equal(first?.status, 202);
    for (const other of others) assert.deepEqual(other, first);
    await mails.waitFor(person.email, 2);
    assertError(await forget('no address'), 422, 'validation_failed');
  });
});
