import assert from 'node:assert/strict';
import { test } from 'node:test';
import jwt from 'jsonwebtoken';
import { signingKeysFrom } from '../../functions/platform/signing-keys.ts';
import { ServiceError } from '../../functions/services/service-error.ts';
import { issueAccessToken, verifyAccessToken, type TokenEffects } from '../../functions/services/tokens.ts';

const secretOf = (letter: string): string => letter.repeat(64);
const subject = { userId: 42, username: 'ada', sessionId: 's-1' };
const at = (seconds: number) => () => new Date(seconds * 1000);

const effectsAt = (seconds: number, versions: { current: string; previous?: string }): TokenEffects => ({
  clock: at(seconds),
  keys: signingKeysFrom(
    async (_, stage) => {
      const letter = stage === 'AWSPREVIOUS' ? versions.previous : versions.current;
      return letter === undefined
        ? undefined
        : JSON.stringify({ kid: `key-${letter}`, secret: secretOf(letter) });
    },
    () => 'secret-id',
    at(seconds),
  ),
});

const rejectsWith = (promise: Promise<unknown>, code: string): Promise<void> =>
  assert.rejects(promise, (error) => error instanceof ServiceError && error.code === code);

test('a token tells who it was issued for', async () => {
  const effects = effectsAt(1000, { current: 'a' });
  const token = await issueAccessToken(subject, effects);
  assert.deepEqual(await verifyAccessToken(token, effects), { ...subject, tokenExpiresAt: 1000 + 1800 });
});

test('a token outlives one rotation of the keys, and no second one', async () => {
  const token = await issueAccessToken(subject, effectsAt(1000, { current: 'a' }));
  const rotated = await verifyAccessToken(token, effectsAt(1001, { current: 'b', previous: 'a' }));
  assert.equal(rotated.userId, 42);
  await rejectsWith(
    verifyAccessToken(token, effectsAt(1002, { current: 'c', previous: 'b' })),
    'invalid_token',
  );
});

test('a function that remembers the keys from before a rotation looks again', async () => {
  let now = 1000;
  let current = 'a';
  const clock = () => new Date(now * 1000);
  const keys = signingKeysFrom(
    async (_, stage) =>
      stage === 'AWSCURRENT'
        ? JSON.stringify({ kid: `key-${current}`, secret: secretOf(current) })
        : undefined,
    () => 'secret-id',
    clock,
  );
  await keys.current();
  current = 'b';
  now += 30;
  const token = await issueAccessToken(subject, effectsAt(now, { current: 'b' }));
  assert.equal((await verifyAccessToken(token, { keys, clock })).userId, 42);
});

test('a token that has run out says so', async () => {
  const token = await issueAccessToken(subject, effectsAt(1000, { current: 'a' }));
  await rejectsWith(verifyAccessToken(token, effectsAt(1000 + 1801, { current: 'a' })), 'token_expired');
});

test('what was not signed here is refused', async (t) => {
  const effects = effectsAt(1000, { current: 'a' });
  const claims = { sub: '42', sid: 's-1', username: 'ada', iss: 'chat-service', aud: 'chat-service-clients' };
  const sign = (payload: object, secret: string, options: jwt.SignOptions) =>
    jwt.sign({ iat: 1000, exp: 2000, ...payload }, secret, { keyid: 'key-a', ...options });
  const forgeries: Record<string, string> = {
    'another key': sign(claims, secretOf('x'), {}),
    'a key that nobody knows': sign(claims, secretOf('a'), { keyid: 'key-z' }),
    'no algorithm': sign(claims, '', { algorithm: 'none' }),
    'another algorithm': sign(claims, secretOf('a'), { algorithm: 'HS512' }),
    'another audience': sign({ ...claims, aud: 'others' }, secretOf('a'), {}),
    'another issuer': sign({ ...claims, iss: 'others' }, secretOf('a'), {}),
    'a subject that is no id': sign({ ...claims, sub: '42 OR 1=1' }, secretOf('a'), {}),
    'no session': sign({ ...claims, sid: undefined }, secretOf('a'), {}),
    'no token at all': 'not.a.token',
    nothing: '',
  };
  for (const [name, token] of Object.entries(forgeries)) {
    await t.test(name, () => rejectsWith(verifyAccessToken(token, effects), 'invalid_token'));
  }
});
