import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  privateKeysIn,
  publicKeysIn,
  signingKeysFrom,
  verificationKeysFrom,
} from '../../functions/platform/token-keys.ts';
import { createSigningKey } from '../../functions/sessions/create-signing-key.ts';
import { rotateSigningKeys } from '../../functions/sessions/rotate-signing-keys.ts';
import { issueAccessToken, verifyAccessToken } from '../../functions/sessions/access-tokens.ts';

const MINUTE_MS = 60_000;

/** The two secrets of a stage as created by CloudFormation, and a clock. */
const newStage = () => {
  const texts = { signing: 'J5kd82Jd0dkPqzX', verification: 'PqzXd82Jd0dkJ5k' };
  let now = Date.parse('2026-01-01T00:00:00Z');
  const clock = () => new Date(now);
  const secret = (name: keyof typeof texts) => ({
    read: async () => texts[name],
    put: async (text: string) => {
      texts[name] = text;
    },
  });
  const effects = { clock, signing: secret('signing'), verification: secret('verification') };
  return {
    texts,
    effects,
    pass: (ms: number) => (now += ms),
    rotate: () => rotateSigningKeys(effects),
    create: () => createSigningKey(effects),
    /** A token of a function that has just started. */
    issue: () =>
      issueAccessToken(
        { userId: 42, username: 'ada', sessionId: 's-1' },
        { clock, keys: signingKeysFrom(effects.signing.read, clock) },
      ),
    verify: async (token: string) =>
      (
        await verifyAccessToken(token, {
          clock,
          keys: verificationKeysFrom(effects.verification.read, clock),
        })
      ).userId,
  };
};

test('a deployment makes the first key, and the next one leaves it alone', async () => {
  const stage = newStage();
  assert.deepEqual(await stage.create(), { created: true });
  assert.equal(await stage.verify(await stage.issue()), 42);
  const before = { ...stage.texts };
  assert.deepEqual(await stage.create(), { created: false });
  assert.deepEqual(stage.texts, before);
});

test('a key of an older kind is replaced by one that signs', async () => {
  const stage = newStage();
  stage.texts.signing = JSON.stringify({ kid: 'initial', secret: 'a'.repeat(64) });
  assert.deepEqual(await stage.create(), { created: true });
  assert.equal(await stage.verify(await stage.issue()), 42);
});

test('the secret that everybody reads has nothing private in it', async () => {
  const stage = newStage();
  await stage.create();
  stage.pass(60 * MINUTE_MS);
  await stage.rotate();
  const { keys } = JSON.parse(stage.texts.verification) as { keys: object[] };
  assert.equal(keys.length, 2);
  for (const key of keys) assert.deepEqual(Object.keys(key).toSorted(), ['crv', 'kid', 'kty', 'x', 'y']);
});

test('a rotation logs nobody out, at any minute of it', async () => {
  const stage = newStage();
  await stage.create();
  stage.pass(24 * 60 * MINUTE_MS);
  const tokens = [await stage.issue()];
  assert.deepEqual(await stage.rotate(), { rotated: true });
  const kids = new Set<string>();
  for (let minute = 0; minute < 29; minute += 1) {
    tokens.push(await stage.issue());
    for (const token of tokens) assert.equal(await stage.verify(token), 42);
    kids.add(String(JSON.parse(Buffer.from(tokens.at(-1)?.split('.')[0] ?? '', 'base64url').toString()).kid));
    stage.pass(MINUTE_MS);
  }
  assert.equal(kids.size, 2, 'the new key signs at last');
});

test('a rotation that broke off between the two secrets is made good by the next', async () => {
  const stage = newStage();
  await stage.create();
  stage.pass(60 * MINUTE_MS);
  const broken = {
    ...stage.effects.signing,
    put: () => Promise.reject(new Error('Secrets Manager is away')),
  };
  await assert.rejects(rotateSigningKeys({ ...stage.effects, signing: broken }), /away/);
  const token = await stage.issue();
  assert.equal(await stage.verify(token), 42);
  assert.deepEqual(await stage.rotate(), { rotated: true });
  assert.equal(await stage.verify(token), 42);
  const known = publicKeysIn(stage.texts.verification).map(({ kid }) => kid);
  assert.deepEqual(
    privateKeysIn(stage.texts.signing).map(({ kid }) => kid),
    known,
  );
});

test('a first deployment that broke off between the two secrets is made good by the next', async () => {
  const stage = newStage();
  const broken = {
    ...stage.effects.signing,
    put: () => Promise.reject(new Error('Secrets Manager is away')),
  };
  await assert.rejects(createSigningKey({ ...stage.effects, signing: broken }), /away/);
  assert.deepEqual(await stage.create(), { created: true });
  assert.equal(await stage.verify(await stage.issue()), 42);
});

/** Suspends an effect at a point in its middle, so that others can run. */
const gate = () => {
  const [reached, open] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  return {
    reached: reached.promise,
    open: open.resolve,
    pass: async () => {
      reached.resolve();
      await open.promise;
    },
  };
};

/** Checks that every key that signs, now or soon, is published. */
const assertPublished = ({ texts }: ReturnType<typeof newStage>): void => {
  const published = new Set(publicKeysIn(texts.verification).map(({ kid }) => kid));
  for (const { kid } of privateKeysIn(texts.signing))
    assert.ok(published.has(kid), 'a key that signs is unknown');
};

test('two rotations at once leave a key that is published, whichever stores its key last', async () => {
  const stage = newStage();
  await stage.create();
  stage.pass(60 * MINUTE_MS);
  const [slow, fast] = [gate(), gate()];
  /** A rotation that waits ahead of storing its key, when it has published it. */
  const rotateBehind = ({ pass }: ReturnType<typeof gate>) =>
    rotateSigningKeys({
      ...stage.effects,
      signing: {
        ...stage.effects.signing,
        put: async (text) => {
          await pass();
          await stage.effects.signing.put(text);
        },
      },
    });
  const first = rotateBehind(slow);
  await slow.reached;
  const second = rotateBehind(fast);
  await fast.reached;
  fast.open();
  assert.deepEqual(await second, { rotated: true });
  slow.open();
  assert.deepEqual(await first, { rotated: true });
  assertPublished(stage);
  // Both keys are younger than the time after which they sign: until then the one before does.
  for (let minute = 0; minute < 29; minute += 1) {
    assert.equal(await stage.verify(await stage.issue()), 42);
    stage.pass(MINUTE_MS);
  }
});

test('a deployment in the middle of a rotation does not take the new key back', async () => {
  const stage = newStage();
  await stage.create();
  stage.pass(60 * MINUTE_MS);
  await stage.rotate();
  stage.pass(60 * MINUTE_MS);
  // The rotation has published its key and is yet to store it; the deployment misses the oldest one and publishes it.
  const [storing, publishing] = [gate(), gate()];
  const { signing, verification } = stage.effects;
  const rotation = rotateSigningKeys({
    ...stage.effects,
    signing: { ...signing, put: async (text) => storing.pass().then(() => signing.put(text)) },
  });
  await storing.reached;
  const deployment = createSigningKey({
    ...stage.effects,
    verification: {
      ...verification,
      put: async (text) => publishing.pass().then(() => verification.put(text)),
    },
  });
  await publishing.reached;
  storing.open();
  await rotation;
  publishing.open();
  await deployment;
  assertPublished(stage);
});

test('a run repairs what is published although the newest key is young', async () => {
  const stage = newStage();
  await stage.create();
  stage.pass(60 * MINUTE_MS);
  const before = stage.texts.verification;
  await stage.rotate();
  stage.texts.verification = before;
  stage.pass(15 * MINUTE_MS);
  const token = await stage.issue();
  await assert.rejects(stage.verify(token));
  assert.deepEqual(await stage.rotate(), { rotated: false });
  assert.equal(await stage.verify(token), 42);
});

test('a run whose keys do not get published fails', async () => {
  const stage = newStage();
  await stage.create();
  stage.pass(60 * MINUTE_MS);
  const lost = { ...stage.effects.verification, put: async () => undefined };
  await assert.rejects(rotateSigningKeys({ ...stage.effects, verification: lost }), /not all published/);
});

test('a run that comes twice, or again within the hour, leaves the young key alone', async () => {
  const stage = newStage();
  await stage.create();
  stage.pass(60 * MINUTE_MS);
  await stage.rotate();
  const [first] = privateKeysIn(stage.texts.signing);
  assert.deepEqual(await stage.rotate(), { rotated: false });
  stage.pass(60 * MINUTE_MS - 1);
  assert.deepEqual(await stage.rotate(), { rotated: false });
  assert.deepEqual(privateKeysIn(stage.texts.signing)[0], first);
  stage.pass(1);
  assert.deepEqual(await stage.rotate(), { rotated: true });
  const kids = privateKeysIn(stage.texts.signing).map(({ kid }) => kid);
  assert.equal(kids[1], first?.kid);
  assert.equal(new Set(kids).size, 2);
});
