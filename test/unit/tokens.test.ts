import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import jwt from 'jsonwebtoken';
import {
  keySetText,
  newPrivateJwk,
  publicJwkOf,
  signingKeysFrom,
  verificationKeysFrom,
  type PrivateJwk,
} from '../../functions/platform/token-keys.ts';
import { ServiceError } from '../../functions/contract/service-error.ts';
import {
  createTokenVerification,
  issueAccessToken,
  verifyAccessToken,
} from '../../functions/sessions/access-tokens.ts';
import { brokenTokens } from '../support/broken-tokens.ts';

const subject = { userId: 42, username: 'ada', sessionId: 's-1' };
const at = (seconds: number) => () => new Date(seconds * 1000);
const keyMadeAt = (seconds: number): PrivateJwk => newPrivateJwk(new Date(seconds * 1000));

/** The effects of functions that start now, with these keys, newest first. */
const knowing = (seconds: number, ...keys: readonly PrivateJwk[]) => ({
  issue: { clock: at(seconds), keys: signingKeysFrom(async () => keySetText(keys), at(seconds)) },
  verify: {
    clock: at(seconds),
    keys: verificationKeysFrom(async () => keySetText(keys.map(publicJwkOf)), at(seconds)),
  },
});

const rejectsWith = (promise: Promise<unknown>, code: string): Promise<void> =>
  assert.rejects(promise, (error) => error instanceof ServiceError && error.code === code);

test('a token tells who it was issued for', async () => {
  const { issue, verify } = knowing(1000, keyMadeAt(1000));
  const token = await issueAccessToken(subject, issue);
  assert.deepEqual(await verifyAccessToken(token, verify), { ...subject, tokenExpiresAt: 1000 + 1800 });
  assert.equal(jwt.decode(token, { complete: true })?.header.alg, 'ES256');
});

test('a token outlives one rotation of the keys, and no second one', async () => {
  const [first, second, third] = [keyMadeAt(0), keyMadeAt(10_000), keyMadeAt(20_000)];
  const token = await issueAccessToken(subject, knowing(10_000, first).issue);
  const rotated = await verifyAccessToken(token, knowing(10_001, second, first).verify);
  assert.equal(rotated.userId, 42);
  await rejectsWith(verifyAccessToken(token, knowing(10_001, third, second).verify), 'invalid_token');
});

test('a new key signs once every function has had the time to read it', async () => {
  const [before, after] = [keyMadeAt(0), keyMadeAt(10_000)];
  const keyAt = async (seconds: number): Promise<string> =>
    (await knowing(seconds, after, before).issue.keys.current()).kid;
  assert.equal(await keyAt(10_000), before.kid);
  assert.equal(await keyAt(10_599), before.kid);
  assert.equal(await keyAt(10_600), after.kid);

  // A function that read the public keys a moment before the rotation knows the new one by then.
  let published = [before];
  let now = 9999;
  const keys = verificationKeysFrom(
    async () => keySetText(published.map(publicJwkOf)),
    () => new Date(now * 1000),
  );
  await keys.find(before.kid);
  published = [after, before];
  now = 10_600;
  assert.notEqual(await keys.find(after.kid), undefined);
});

test('keys that nobody has cost no reading, however many are asked for', async () => {
  const key = keyMadeAt(0);
  let reads = 0;
  let now = 1000;
  const keys = verificationKeysFrom(
    async () => {
      reads += 1;
      return keySetText([publicJwkOf(key)]);
    },
    () => new Date(now * 1000),
  );
  for (; now < 1000 + 299; now += 1) assert.equal(await keys.find(`key-${now}`), undefined);
  assert.equal(reads, 1);
});

test('a secret without a key is no fault of the token', async () => {
  const { issue } = knowing(1000, keyMadeAt(1000));
  const token = await issueAccessToken(subject, issue);
  const keys = verificationKeysFrom(async () => 'random text of a new secret', at(1000));
  await assert.rejects(verifyAccessToken(token, { keys, clock: at(1000) }), /holds no key/);
});

test('a token that has run out says so', async () => {
  const key = keyMadeAt(0);
  const token = await issueAccessToken(subject, knowing(1000, key).issue);
  await rejectsWith(verifyAccessToken(token, knowing(1000 + 1801, key).verify), 'token_expired');
});

test('what was not signed here is refused', async (t) => {
  const [own, other] = [keyMadeAt(0), keyMadeAt(0)];
  const { verify } = knowing(1000, own);
  const claims = { sub: '42', sid: 's-1', username: 'ada', iss: 'chat-service', aud: 'chat-service-clients' };
  const sign = (payload: object, options: jwt.SignOptions = {}, key: PrivateJwk = own) =>
    jwt.sign({ iat: 1000, exp: 2000, ...payload }, { key, format: 'jwk' } as unknown as jwt.PrivateKey, {
      algorithm: 'ES256',
      keyid: own.kid,
      ...options,
    });
  assert.equal((await verifyAccessToken(sign(claims), verify)).userId, 42);
  const forgeries: Record<string, string> = {
    'another key': sign(claims, {}, other),
    'a key that nobody knows': sign(claims, { keyid: 'key-z' }),
    'another audience': sign({ ...claims, aud: 'others' }),
    'another issuer': sign({ ...claims, iss: 'others' }),
    'a subject that is no id': sign({ ...claims, sub: '42 OR 1=1' }),
    'no session': sign({ ...claims, sid: undefined }),
  };
  for (const [name, token] of Object.entries(forgeries)) {
    await t.test(name, () => rejectsWith(verifyAccessToken(token, verify), 'invalid_token'));
  }
});

test('a token that is broken in any part is refused, and nothing else happens', async () => {
  const key = keyMadeAt(0);
  const { issue, verify } = knowing(1000, key);
  const token = await issueAccessToken(subject, issue);
  const publicKey = createPublicKey({ key: publicJwkOf(key), format: 'jwk' });
  for (const { what, token: broken } of brokenTokens(token, publicKey)) {
    await assert.rejects(
      verifyAccessToken(broken, verify),
      (error) => error instanceof ServiceError && error.code === 'invalid_token',
      what,
    );
  }
});

/** A function that stays alive while time passes and keys change. */
const livingFunction = (key: PrivateJwk) => {
  const state = { seconds: 1000, published: [key] };
  const clock = () => new Date(state.seconds * 1000);
  const keys = verificationKeysFrom(async () => keySetText(state.published.map(publicJwkOf)), clock);
  return { state, verify: createTokenVerification({ keys, clock }) };
};

test('a token that comes again is not verified again', async () => {
  const key = keyMadeAt(0);
  const token = await issueAccessToken(subject, knowing(1000, key).issue);
  const { state, verify } = livingFunction(key);
  const actor = await verify(token);
  assert.deepEqual(actor, { ...subject, tokenExpiresAt: 1000 + 1800 });
  assert.equal(await verify(token), actor, 'what was read of the token the first time');
  state.seconds += 301;
  assert.notEqual(await verify(token), actor, 'keys that were read anew verify it anew');
  assert.deepEqual(await verify(token), actor);
});

test('a token that was good runs out, and ends with its key', async () => {
  const [key, next] = [keyMadeAt(0), keyMadeAt(2000)];
  const token = await issueAccessToken(subject, knowing(1000, key).issue);
  const expiring = livingFunction(key);
  await expiring.verify(token);
  expiring.state.seconds = 1000 + 1799;
  await expiring.verify(token);
  expiring.state.seconds = 1000 + 1800;
  await rejectsWith(expiring.verify(token), 'token_expired');

  const withdrawn = livingFunction(key);
  await withdrawn.verify(token);
  withdrawn.state.published = [next];
  withdrawn.state.seconds += 301;
  await rejectsWith(withdrawn.verify(token), 'invalid_token');
});

test('what was refused is refused again, whatever good token it resembles', async () => {
  const key = keyMadeAt(0);
  const token = await issueAccessToken(subject, knowing(1000, key).issue);
  const { verify } = livingFunction(key);
  await verify(token);
  const publicKey = createPublicKey({ key: publicJwkOf(key), format: 'jwk' });
  for (const { what, token: broken } of [
    ...brokenTokens(token, publicKey),
    ...brokenTokens(token, publicKey),
  ]) {
    await assert.rejects(
      verify(broken),
      (error) => error instanceof ServiceError && error.code === 'invalid_token',
      what,
    );
  }
});
