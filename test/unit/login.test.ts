import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { getRounds } from 'bcryptjs';
import { logIn, type LoginEffects } from '../../functions/services/login.ts';
import { createPasswordCheck, hashPassword } from '../../functions/services/passwords.ts';
import { withinLoginLimits, type RateLimitEffects } from '../../functions/services/rate-limits.ts';
import { ServiceError } from '../../functions/services/service-error.ts';

const stored = await hashPassword('correct horse');

const user = (username: string, fields: { is_active?: boolean } = {}) => ({
  id: username.length,
  username,
  email: `${username}@example.org`,
  full_name: null,
  is_active: true,
  created_at: new Date(0),
  last_seen: null,
  hashed_password: stored,
  ...fields,
});

/** A service with two accounts, one of them deactivated, that notes every comparison of a password. */
const fakeService = () => {
  const users = [user('ada'), user('gone', { is_active: false })];
  const compared: string[] = [];
  const effects: LoginEffects = {
    users: {
      findByLogin: async (login) => users.find(({ username, email }) => [username, email].includes(login)),
      touchLastSeen: async () => undefined,
    },
    clock: () => new Date(0),
    withinLimits: async (find, _, run) => run(await find()),
    verifyPassword: createPasswordCheck(async (password, hash) => {
      compared.push(hash);
      return password === (hash === stored ? 'correct horse' : 'nobody has this password');
    }),
    assertPace: async () => undefined,
    startSession: async () => ({ sessionId: 's', refreshToken: 'r' }),
    issueAccessToken: async () => 't',
  };
  return { effects, compared };
};

suite('logging in takes the same work', () => {
  const cases = [
    ['the right password', 'ada', 'correct horse', true],
    ['a wrong password', 'ada', 'wrong', false],
    ['an unknown name', 'nobody', 'correct horse', false],
    ['the password of the decoy', 'nobody', 'nobody has this password', false],
    ['an account that is gone', 'gone', 'correct horse', false],
    ['what can be no name', '🦋', 'x', false],
  ] as const;
  const { effects, compared } = fakeService();
  for (const [what, username, password, isRight] of cases) {
    test(`for ${what}`, async () => {
      compared.length = 0;
      const attempt = logIn({ username, password }, '127.0.0.1', effects);
      if (isRight) await attempt;
      else await assert.rejects(attempt, { error: 'invalid_credentials' });
      assert.deepEqual(compared.map(getRounds), [getRounds(stored)], 'one comparison, of the usual cost');
    });
  }
});

test('the pace of log-ins is taken by who knows the password, and nobody else', async () => {
  const { effects } = fakeService();
  const taken: string[] = [];
  const begun: number[] = [];
  const paced: LoginEffects = {
    ...effects,
    assertPace: async (pace, userId) => {
      taken.push(`${pace} ${userId}`);
      if (taken.length > 1) throw new ServiceError('rate_limited', { retryAfter: 1 });
    },
    startSession: async ({ userId }) => {
      begun.push(userId);
      return effects.startSession({ userId, username: 'ada' });
    },
  };
  const tryWith = (password: string) => logIn({ username: 'ada', password }, '127.0.0.1', paced);
  await assert.rejects(tryWith('wrong'), { error: 'invalid_credentials' });
  await tryWith('correct horse');
  await assert.rejects(tryWith('correct horse'), { error: 'rate_limited' });
  assert.deepEqual([taken.length, begun.length], [2, 1]);
});

suite('the limits of logging in', () => {
  /** Limits that let everything pass and note what is asked of them. */
  const fakeLimits = (waits: Readonly<Record<string, number>> = {}) => {
    const asked: string[] = [];
    const note = (operation: string) => async (key: string) => {
      asked.push(`${operation} ${key}`);
      return waits[key] ?? 0;
    };
    const effects = {
      rateLimits: {
        take: note('take'),
        giveBack: async (key: string) => void (await note('give back')(key)),
        clear: async (key: string) => void (await note('clear')(key)),
        pace: note('pace'),
      },
      clock: () => new Date(0),
      areOn: () => true,
    } satisfies RateLimitEffects;
    return { effects, asked };
  };
  const wrong = async (): Promise<never> => {
    throw new ServiceError('invalid_credentials');
  };

  test('count an account by its id, and an unknown name by itself, in any case', async () => {
    const { effects, asked } = fakeLimits();
    await assert.rejects(withinLoginLimits(async () => ({ userId: 7 }), 'a', wrong, effects));
    await assert.rejects(withinLoginLimits(async () => ({ name: 'NoBody' }), 'a', wrong, effects));
    assert.deepEqual(asked, [
      'take login-address#a',
      'take login-account#7',
      'take login-address#a',
      'take login-name#nobody',
    ]);
  });

  test('forget what succeeds, and what failed for another reason', async () => {
    const { effects, asked } = fakeLimits();
    await withinLoginLimits(
      async () => ({ userId: 7 }),
      'a',
      async () => 'in',
      effects,
    );
    assert.deepEqual(asked.slice(2).toSorted(), ['clear login-account#7', 'give back login-address#a']);
    asked.length = 0;
    const down = async (): Promise<never> => {
      throw new Error('a store is down');
    };
    await assert.rejects(
      withinLoginLimits(async () => ({ userId: 7 }), 'a', down, effects),
      /down/,
    );
    assert.deepEqual(asked.slice(2).toSorted(), ['give back login-account#7', 'give back login-address#a']);
    asked.length = 0;
    await assert.rejects(withinLoginLimits(down, 'a', wrong, effects), /down/);
    assert.deepEqual(asked, ['take login-address#a', 'give back login-address#a']);
  });

  test('refuse before the password is looked at', async () => {
    for (const [key, left] of [
      ['login-address#a', []],
      ['login-account#7', ['give back login-address#a']],
    ] as const) {
      const { effects, asked } = fakeLimits({ [key]: 30 });
      await assert.rejects(
        withinLoginLimits(
          async () => ({ userId: 7 }),
          'a',
          () => assert.fail('not to be run'),
          effects,
        ),
        { error: 'rate_limited', retryAfter: 30 },
      );
      assert.deepEqual(
        asked.filter((one) => !one.startsWith('take')),
        left,
      );
    }
  });
});
