import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { RecoveryCodes, TotpSecret } from '../../functions/second-factor/contract.ts';
import { codeOfStep, fromBase32, stepAt } from '../../functions/second-factor/totp.ts';
import type { Tokens } from '../../functions/sessions/contract.ts';
import type { OwnProfile } from '../../functions/users/contract.ts';
import { mailbox } from '../support/mails.ts';
import { assertError, newAccount, newPerson, service, type Person } from '../support/people.ts';

const mails = mailbox();

const start = ({ api, password }: Person) => api.request<TotpSecret>('POST', '/users/me/totp', { password });
const confirm = ({ api }: Person, code: string) =>
  api.request<RecoveryCodes>('POST', '/users/me/totp/confirm', { code });
const stop = ({ api, password }: Person, code: string) =>
  api.request('DELETE', '/users/me/totp', { password, code });
const logIn = ({ username, password }: Pick<Person, 'username' | 'password'>, totp?: string) =>
  service().request<Tokens>('POST', '/users/login', {
    username,
    password,
    ...(totp === undefined ? {} : { totp }),
  });
const isEnabled = async ({ api }: Person): Promise<boolean> =>
  (await api.request<OwnProfile>('GET', '/users/me')).body.totp_enabled;

/**
 * A user with a second factor. The code of the current step has confirmed it, so the code `next` is valid for at least
 * half a minute and at most a minute.
 */
const protectedPerson = async () => {
  const person = await newPerson();
  const { status, body } = await start(person);
  assert.equal(status, 200, JSON.stringify(body));
  const secret = fromBase32(body.secret);
  const step = stepAt(new Date());
  const confirmed = await confirm(person, codeOfStep(secret, step));
  assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body));
  const codes = confirmed.body.recovery_codes;
  return { person, secret, codes, used: codeOfStep(secret, step), next: codeOfStep(secret, step + 1) };
};

suite('a second factor', () => {
  test('counts once it is confirmed, and log-ins take a code then', async () => {
    const person = await newPerson();
    assertError(await confirm(person, '123456'), 409, 'totp_not_started');
    assertError(await stop(person, '123456'), 409, 'totp_not_enabled');
    const { body: first } = await start(person);
    const { body } = await start(person);
    assert.notEqual(body.secret, first.secret);
    assert.match(
      body.otpauth_url,
      new RegExp(`^otpauth://totp/Chat:${person.username}\\?secret=${body.secret}&`),
    );
    assert.equal((await logIn(person)).status, 200);
    assert.equal(await isEnabled(person), false);

    const step = stepAt(new Date());
    assertError(await confirm(person, codeOfStep(fromBase32(first.secret), step)), 401, 'invalid_totp');
    const code = codeOfStep(fromBase32(body.secret), step);
    const answers = await Promise.all([confirm(person, code), confirm(person, code)]);
    const won = answers.find(({ status }) => status === 200);
    assert.equal(won?.body.recovery_codes.length, 10);
    assertError(answers.find((answer) => answer !== won) ?? { status: 0, body: {} }, 409, 'totp_enabled');
    assertError(await start(person), 409, 'totp_enabled');
    assert.equal(await isEnabled(person), true);

    assertError(await logIn(person), 401, 'totp_required');
    assertError(await logIn({ ...person, password: 'wrong' }), 401, 'invalid_credentials');
    assertError(await logIn({ ...person, password: 'wrong' }, code), 401, 'invalid_credentials');
    assertError(await logIn(person, code), 401, 'invalid_totp');
    for (const wrong of ['', 'nonsense', '１２３４５６', 'aaaa-aaaa-aaaa-aaaa']) {
      assertError(await logIn(person, wrong), 401, 'invalid_totp');
    }
  });

  test('takes a code once, also when several log in with it in the same moment', async () => {
    const { person, next, codes } = await protectedPerson();
    const answers = await Promise.all(Array.from({ length: 5 }, () => logIn(person, next)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      assertError(answer, 401, 'invalid_totp');
    }
    const [first = '', second = ''] = codes;
    const recovered = await Promise.all(
      [first, first, first.toUpperCase()].map((code) => logIn(person, code)),
    );
    assert.equal(recovered.filter(({ status }) => status === 200).length, 1);
    assertError(await logIn(person, first), 401, 'invalid_totp');
    assert.equal((await logIn(person, second.replaceAll('-', ' '))).status, 200);
  });

  test('of somebody else opens nothing', async () => {
    const [one, other] = [await protectedPerson(), await protectedPerson()];
    assertError(await logIn(one.person, other.next), 401, 'invalid_totp');
    assertError(await logIn(one.person, other.codes[0]), 401, 'invalid_totp');
    assert.equal((await logIn(other.person, other.codes[0])).status, 200);
  });

  test('is removed by the password and a code, and another one can be begun', async () => {
    const { person, used, next, codes } = await protectedPerson();
    assertError(await stop({ ...person, password: 'wrong' }, next), 403, 'wrong_password');
    assertError(await stop(person, used), 401, 'invalid_totp');
    assert.equal(await isEnabled(person), true);
    assert.equal((await stop(person, next)).status, 204);
    assert.equal((await logIn(person)).status, 200);
    assert.equal((await logIn(person, codes[0])).status, 200, 'what is not asked for is not looked at');
    assert.equal(await isEnabled(person), false);
    assertError(await stop(person, codes[0] ?? ''), 409, 'totp_not_enabled');
    assert.equal((await start(person)).status, 200);
    assert.equal((await stop(person, '')).status, 204, 'one that was never confirmed');
  });

  test('stays when the password is set anew by a mail, to an address that was confirmed', async () => {
    const { person, codes } = await protectedPerson();
    const verification = { token: await mails.waitForToken(person.email, '/verify') };
    assert.equal((await service().request('POST', '/users/email/verify', verification)).status, 204);
    await service().request('POST', '/users/password/forgot', { email: person.email });
    const token = await mails.waitForToken(person.email, '/reset');
    const body = { token, new_password: 'a moth in the relay' };
    assert.equal((await service().request('POST', '/users/password/reset', body)).status, 204);
    const known = { ...person, password: body.new_password };
    assertError(await logIn(known), 401, 'totp_required');
    assert.equal((await logIn(known, codes[0])).status, 200);
  });

  test('is asked for ahead of another e-mail address, whose mails could remove it', async () => {
    const { person, next, used, codes } = await protectedPerson();
    const { email } = newAccount();
    const change = (more: object) =>
      person.api.request<OwnProfile>('PUT', '/users/me', { password: person.password, ...more });
    assertError(await change({ email }), 401, 'invalid_totp');
    assertError(await change({ email, code: used }), 401, 'invalid_totp');
    assertError(await change({ email, code: next, password: 'wrong' }), 403, 'wrong_password');
    const same = await change({ email: person.email.toUpperCase(), full_name: 'Ada' });
    assert.deepEqual([same.status, same.body.full_name], [200, 'Ada'], 'it is the same');
    assert.equal((await change({ email, code: next })).body.email, email);
    assert.equal((await change({ email: newAccount().email, code: codes[0] })).status, 200);
    const other = await newPerson();
    const unasked = { email: newAccount().email, password: other.password, code: 'nonsense' };
    assert.equal((await other.api.request('PUT', '/users/me', unasked)).status, 200);
  });

  test('of whoever registered with an address that is not theirs goes when its owner sets a password', async () => {
    const { person, codes } = await protectedPerson();
    assertError(
      await service().request('POST', '/users/register', { ...newAccount(), email: person.email }),
      409,
      'email_taken',
    );
    await service().request('POST', '/users/password/forgot', { email: person.email });
    const token = await mails.waitForToken(person.email, '/reset');
    const body = { token, new_password: 'a moth in the relay' };
    assert.equal((await service().request('POST', '/users/password/reset', body)).status, 204);
    const owner = await logIn({ username: person.email, password: body.new_password });
    assert.equal(owner.status, 200, JSON.stringify(owner.body));
    const api = service().as(owner.body.access_token);
    const { body: profile } = await api.request<OwnProfile>('GET', '/users/me');
    assert.deepEqual([profile.email_verified, profile.totp_enabled], [true, false]);
    // The codes of the first factor are no codes of another one.
    const { body: begun } = await start({ ...person, api, password: body.new_password });
    const secret = fromBase32(begun.secret);
    assert.equal((await confirm({ ...person, api }, codeOfStep(secret, stepAt(new Date())))).status, 200);
    assertError(await logIn({ ...person, password: body.new_password }, codes[0]), 401, 'invalid_totp');
  });
});
