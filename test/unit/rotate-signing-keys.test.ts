import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentKeyMadeAt, signingKeysFrom } from '../../functions/platform/signing-keys.ts';
import { rotateSigningKeys } from '../../functions/services/rotate-signing-keys.ts';
import { issueAccessToken, verifyAccessToken } from '../../functions/services/tokens.ts';

const HOUR_MS = 3_600_000;

/** A secret with its versions, and a clock. */
const newSecret = () => {
  const versions = [JSON.stringify({ kid: 'initial', secret: 'a'.repeat(64) })];
  let now = Date.parse('2026-01-01T00:00:00Z');
  const clock = () => new Date(now);
  return {
    clock,
    versions,
    pass: (ms: number) => (now += ms),
    rotate: () =>
      rotateSigningKeys({
        clock,
        madeAt: () => currentKeyMadeAt(async () => versions[0]),
        put: async (secret) => void versions.unshift(secret),
      }),
    /** Those of a function that has just started. */
    tokens: () => ({
      clock,
      keys: signingKeysFrom(
        async (_, stage) => versions[stage === 'AWSPREVIOUS' ? 1 : 0],
        () => 'secret-id',
        clock,
      ),
    }),
  };
};

const subject = { userId: 42, username: 'ada', sessionId: 's-1' };

test('a new key signs, and a token of the one before is still accepted', async () => {
  const secret = newSecret();
  const before = await issueAccessToken(subject, secret.tokens());
  assert.deepEqual(await secret.rotate(), { rotated: true });
  const after = await issueAccessToken(subject, secret.tokens());
  for (const token of [before, after]) {
    assert.equal((await verifyAccessToken(token, secret.tokens())).userId, 42);
  }
  const [current, previous] = secret.versions.map((text) => JSON.parse(text) as { kid: string });
  assert.notEqual(current?.kid, previous?.kid);
});

test('a run that comes twice, or again within the hour, leaves the young key alone', async () => {
  const secret = newSecret();
  await secret.rotate();
  const [first] = secret.versions;
  assert.deepEqual(await secret.rotate(), { rotated: false });
  secret.pass(HOUR_MS - 1);
  assert.deepEqual(await secret.rotate(), { rotated: false });
  assert.equal(secret.versions[0], first);
  secret.pass(1);
  assert.deepEqual(await secret.rotate(), { rotated: true });
  assert.equal(secret.versions.length, 3);
});

test('every key is long and its own', async () => {
  const secret = newSecret();
  for (let turn = 0; turn < 20; turn += 1) {
    await secret.rotate();
    secret.pass(HOUR_MS);
  }
  const keys = secret.versions.map((text) => JSON.parse(text) as { kid: string; secret: string });
  assert.equal(new Set(keys.map(({ kid }) => kid)).size, 21);
  assert.ok(keys.every((key) => key.secret.length >= 64));
});
