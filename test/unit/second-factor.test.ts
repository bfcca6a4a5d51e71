import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ServiceError } from '../../functions/contract/service-error.ts';
import { withinLoginLimits } from '../../functions/rate-limits/within-login-limits.ts';
import { hashRecoveryCode, newRecoveryCodes } from '../../functions/second-factor/recovery-codes.ts';
import { createSecretBox } from '../../functions/second-factor/secret-box.ts';
import {
  codeOfStep,
  fromBase32,
  newTotpSecret,
  otpauthUrl,
  stepAt,
  stepOfCode,
  toBase32,
} from '../../functions/second-factor/totp.ts';

/** The secret of the test vectors. */
const secret = Buffer.from('12345678901234567890');

suite('a code', () => {
  test('is the one of RFC 6238, appendix B', () => {
    const vectors = [
      [59, '94287082'],
      [1_111_111_109, '07081804'],
      [1_111_111_111, '14050471'],
      [1_234_567_890, '89005924'],
      [2_000_000_000, '69279037'],
      [20_000_000_000, '65353130'],
    ] as const;
    for (const [seconds, code] of vectors) {
      assert.equal(codeOfStep(secret, stepAt(new Date(seconds * 1000)), 8), code);
      assert.equal(codeOfStep(secret, stepAt(new Date(seconds * 1000))), code.slice(2));
    }
  });

  test('is the one of RFC 4226, appendix D', () => {
    const codes = '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'.split(' ');
    assert.deepEqual(
      codes.map((_, counter) => codeOfStep(secret, counter)),
      codes,
    );
  });

  test('is good one step before and after, and never again', () => {
    const now = new Date(1_700_000_015_000);
    const step = stepAt(now);
    for (const drift of [-1, 0, 1]) {
      const code = codeOfStep(secret, step + drift);
      assert.equal(stepOfCode(secret, code, now, 0), step + drift);
      assert.equal(stepOfCode(secret, code, now, step + drift), undefined, 'it was used');
      assert.equal(stepOfCode(secret, code, now, step + drift - 1), step + drift);
    }
    for (const drift of [-2, 2])
      assert.equal(stepOfCode(secret, codeOfStep(secret, step + drift), now, 0), undefined);
    for (const wrong of ['', '12345', '1234567', 'abcdef', '１２３４５６']) {
      assert.equal(stepOfCode(secret, wrong, now, 0), undefined);
    }
  });
});

test('a secret is 160 random bits, in base32 as RFC 4648 writes it', () => {
  const samples = ['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map((text) =>
    toBase32(Buffer.from(text)),
  );
  assert.deepEqual(samples, ['', 'MY', 'MZXQ', 'MZXW6', 'MZXW6YQ', 'MZXW6YTB', 'MZXW6YTBOI']);
  const one = newTotpSecret();
  assert.equal(one.length, 20);
  assert.deepEqual(fromBase32(toBase32(one)), one);
  assert.notDeepEqual(newTotpSecret(), one);
  const url = new URL(otpauthUrl(secret, 'ada.b-c_d'));
  assert.equal(url.href.split('?')[0], 'otpauth://totp/Chat:ada.b-c_d');
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    issuer: 'Chat',
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  });
});

test('recovery codes are ten, of 80 bits, and known however they are typed', () => {
  const codes = newRecoveryCodes();
  assert.equal(new Set(codes).size, 10);
  for (const code of codes) {
    assert.match(code, /^([a-z2-7]{4}-){3}[a-z2-7]{4}$/);
    const hash = hashRecoveryCode(7, code);
    assert.match(hash ?? '', /^[\w-]{43}$/);
    assert.equal(hashRecoveryCode(7, ` ${code.toUpperCase().replaceAll('-', ' ')} `), hash);
    assert.notEqual(hashRecoveryCode(8, code), hash);
  }
  for (const wrong of ['', '123456', 'k3xw-7b2p-qq4z', 'k3xw-7b2p-qq4z-hd1m']) {
    assert.equal(hashRecoveryCode(7, wrong), undefined);
  }
});

test('a sealed secret is opened by its key for its user alone', async () => {
  const box = createSecretBox(async () => 'a key');
  const sealed = await box.seal(secret, 7);
  assert.deepEqual(await box.open(sealed, 7), secret);
  assert.notEqual(await box.seal(secret, 7), sealed);
  assert.ok(sealed.length <= 255 && !sealed.includes(secret.toString('base64url')));
  await assert.rejects(box.open(sealed, 8));
  await assert.rejects(createSecretBox(async () => 'another').open(sealed, 7));
  await assert.rejects(box.open(`2${sealed.slice(1)}`, 7), /unknown way/);
  await assert.rejects(box.open(sealed.slice(0, -2), 7));
});

test('a key that could not be read is read again', async () => {
  let reads = 0;
  const box = createSecretBox(async () => {
    reads += 1;
    if (reads === 1) throw new Error('throttled');
    return 'a key';
  });
  await assert.rejects(box.seal(secret, 7), /throttled/);
  await box.open(await box.seal(secret, 7), 7);
  assert.equal(reads, 2);
});

test('a wrong code counts as a failed log-in; a missing one neither counts nor clears the count', async () => {
  const changes: string[] = [];
  const note = (what: string) => async (key: string) => {
    changes.push(
      `${what} ${key.startsWith('login-address') ? 'address' : key.includes('::') || key.endsWith('.1') ? 'pair' : 'account'}`,
    );
    return 0;
  };
  const rateLimits = {
    take: async () => 0,
    giveBack: note('back') as () => Promise<never>,
    clear: note('clear') as () => Promise<never>,
    takeStep: async () => 0,
    usedUpFor: () => 0,
  };
  const attempt = (error: 'totp_required' | 'invalid_totp') =>
    withinLoginLimits(
      async () => ({ userId: 7 }),
      '127.0.0.1',
      async () => {
        throw new ServiceError(error);
      },
      { rateLimits, clock: () => new Date(0), areOn: () => true },
    );
  await assert.rejects(attempt('invalid_totp'), { error: 'invalid_totp' });
  assert.deepEqual(changes, []);
  await assert.rejects(attempt('totp_required'), { error: 'totp_required' });
  assert.deepEqual(changes, ['back pair', 'back account', 'back address']);
});
