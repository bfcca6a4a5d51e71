import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { suite, test } from 'node:test';
import { getRounds } from 'bcryptjs';
import { addressBlock } from '../../functions/rate-limits/address-block.ts';
import { logIn, type LoginEffects } from '../../functions/sessions/log-in.ts';
import { createPasswordCheck, hashPassword } from '../../functions/users/passwords.ts';
import type { LoginUser } from '../../functions/users/stores/users.ts';
import type { RateLimitEffects } from '../../functions/rate-limits/live.ts';
import { withinForgottenLimits } from '../../functions/rate-limits/mail-limits.ts';
import { withinLoginLimits } from '../../functions/rate-limits/within-login-limits.ts';
import { withinRegistrationLimits } from '../../functions/rate-limits/within-registration-limits.ts';
import { ServiceError } from '../../functions/contract/service-error.ts';

const origin = { address: '127.0.0.1', userAgent: 'an agent' };
const stored = await hashPassword('correct horse');

const user = (username: string, fields: Partial<LoginUser> = {}): LoginUser => ({
  id: username.length,
  username,
  email: `${username}@example.org`,
  full_name: null,
  avatar_id: null,
  is_active: true,
  created_at: new Date(0),
  last_seen: null,
  email_verified: false,
  totp_enabled: false,
  second_factor: undefined,
  suspended_until: null,
  hashed_password: stored,
  ...fields,
});

/** A service with two accounts, one of them deactivated. It records password comparisons and sessions. */
const fakeService = () => {
  const users = [user('ada'), user('gone', { is_active: false }), user('odd', { hashed_password: 'x' })];
  const compared: string[] = [];
  const sessions = new Set<string>();
  const effects: LoginEffects = {
    users: {
      findByLogin: async (login) => users.find(({ username, email }) => [username, email].includes(login)),
      confirmAccess: async () => true,
      findSuspendedUntil: async () => null,
    },
    clock: () => new Date(0),
    withinLimits: async (find, _, run) => run(await find()),
    verifyPassword: createPasswordCheck(async (password, hash) => {
      compared.push(hash);
      return password === (hash === stored ? 'correct horse' : 'nobody has this password');
    }),
    consumeCode: async () => undefined,
    assertRateLimit: async () => undefined,
    startSession: async () => {
      sessions.add('s');
      return { sessionId: 's', refreshToken: 'r' };
    },
    endSurplusSessions: async () => [],
    removeSession: async ({ sessionId }) => void sessions.delete(sessionId),
    endConnections: async () => undefined,
    issueAccessToken: async () => 't',
  };
  return { effects, compared, sessions };
};

suite('logging in takes the same work', () => {
  const cases = [
    ['the right password', 'ada', 'correct horse', true],
    ['a wrong password', 'ada', 'wrong', false],
    ['an unknown name', 'nobody', 'correct horse', false],
    ['the password of the decoy', 'nobody', 'nobody has this password', false],
    ['an account that is gone', 'gone', 'correct horse', false],
    ['a stored hash that is none', 'odd', 'correct horse', false],
    ['a password that bcrypt would cut off', 'ada', 'x'.repeat(73), false],
    ['a password that is far too long', 'ada', 'x'.repeat(100_000), false],
    ['a password with NUL', 'ada', 'correct horse\u0000', false],
    ['a password that is no text', 'ada', 'correct horse\ud800', false],
    ['what can be no name', '🦋', 'x', false],
  ] as const;
  const { effects, compared } = fakeService();
  for (const [what, username, password, isRight] of cases) {
    test(`for ${what}`, async () => {
      compared.length = 0;
      const attempt = logIn({ username, password }, origin, effects);
      if (isRight) await attempt;
      else await assert.rejects(attempt, { error: 'invalid_credentials' });
      assert.deepEqual(compared.map(getRounds), [getRounds(stored)], 'one comparison, of the usual cost');
    });
  }
});

test('the rate limit of log-ins counts who knows the password, and nobody else', async () => {
  const { effects } = fakeService();
  const taken: string[] = [];
  const begun: number[] = [];
  const limited: LoginEffects = {
    ...effects,
    assertRateLimit: async (kind, userId) => {
      taken.push(`${kind} ${userId}`);
      if (taken.length > 1) throw new ServiceError('rate_limited', { retryAfter: 1 });
    },
    startSession: async ({ userId }) => {
      begun.push(userId);
      return effects.startSession({ userId, username: 'ada' }, 'a hash', origin.userAgent);
    },
  };
  const tryWith = (password: string) => logIn({ username: 'ada', password }, origin, limited);
  await assert.rejects(tryWith('wrong'), { error: 'invalid_credentials' });
  await tryWith('correct horse');
  await assert.rejects(tryWith('correct horse'), { error: 'rate_limited' });
  assert.deepEqual([taken.length, begun.length], [2, 1]);
});

suite('a session whose log-in comes to nothing is taken back', () => {
  const attempts: Record<string, [Partial<LoginEffects>, object]> = {
    'when the password was changed or the account deleted meanwhile': [
      { users: { ...fakeService().effects.users, confirmAccess: async () => false } },
      { error: 'invalid_credentials' },
    ],
    'when a store fails': [
      {
        endSurplusSessions: async () => {
          throw new Error('a store is down');
        },
      },
      /down/,
    ],
  };
  for (const [what, [changed, error]] of Object.entries(attempts)) {
    test(what, async () => {
      const { effects, sessions } = fakeService();
      let wasStored = false;
      const attempt = logIn({ username: 'ada', password: 'correct horse' }, origin, {
        ...effects,
        ...changed,
        removeSession: async (key) => {
          wasStored = sessions.has(key.sessionId);
          await effects.removeSession(key);
        },
      });
      await assert.rejects(attempt, error);
      assert.deepEqual([wasStored, sessions.size], [true, 0]);
    });
  }
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
        takeStep: note('takeStep'),
        usedUpFor: () => 0,
      },
      clock: () => new Date(0),
      areOn: () => true,
    } satisfies RateLimitEffects;
    return { effects, asked };
  };
  const wrong = async (): Promise<never> => {
    throw new ServiceError('invalid_credentials');
  };

  const nobody = `name#${createHash('sha256').update('nobody').digest('base64url')}`;
  const ada = async () => ({ userId: 7 });

  test('count an account by its id, and an unknown name by itself, in any case', async () => {
    const { effects, asked } = fakeLimits();
    await assert.rejects(withinLoginLimits(ada, 'a', wrong, effects));
    await assert.rejects(withinLoginLimits(async () => ({ name: 'NoBody' }), 'a', wrong, effects));
    assert.deepEqual(asked, [
      'take login-address#a',
      'take login-account#7#a',
      'take login-account#7',
      'take login-address#a',
      `take login-${nobody}#a`,
      `take login-${nobody}`,
    ]);
  });

  test('forget what succeeds, and what failed for another reason', async () => {
    const { effects, asked } = fakeLimits();
    await withinLoginLimits(ada, 'a', async () => 'in', effects);
    assert.deepEqual(asked.slice(3).toSorted(), [
      'clear login-account#7#a',
      'give back login-account#7',
      'give back login-address#a',
    ]);
    asked.length = 0;
    const down = async (): Promise<never> => {
      throw new Error('a store is down');
    };
    await assert.rejects(withinLoginLimits(ada, 'a', down, effects), /down/);
    assert.deepEqual(asked.slice(3).toSorted(), [
      'give back login-account#7',
      'give back login-account#7#a',
      'give back login-address#a',
    ]);
    asked.length = 0;
    await assert.rejects(withinLoginLimits(down, 'a', wrong, effects), /down/);
    assert.deepEqual(asked, ['take login-address#a', 'give back login-address#a']);
  });

  test('refuse before the password is looked at, and count what they refuse', async () => {
    const taken = ['take login-address#a', 'take login-account#7#a', 'take login-account#7'];
    for (const [key, count] of [
      ['login-address#a', 1],
      ['login-account#7#a', 2],
      ['login-account#7', 3],
    ] as const) {
      const { effects, asked } = fakeLimits({ [key]: 30 });
      await assert.rejects(
        withinLoginLimits(ada, 'a', () => assert.fail('not to be run'), effects),
        { error: 'rate_limited', retryAfter: 30 },
      );
      assert.deepEqual(asked, taken.slice(0, count));
    }
  });
});

suite('one address in limits', () => {
  const same: readonly (readonly string[])[] = [
    ['203.0.113.7', '::ffff:203.0.113.7', '::FFFF:cb00:7107', '0:0:0:0:0:ffff:203.0.113.7'],
    ['203.0.113.8', '::ffff:203.0.113.8'],
    [
      '2001:db8:1:2::',
      '2001:db8:1:2::1',
      '2001:0DB8:0001:0002:ffff:ffff:ffff:ffff',
      '2001:db8:1:2:0:0:203.0.113.7',
      '2001:db8:1:2::1%eth0',
    ],
    ['2001:db8:1:3::1'],
    ['2001:db8:1::1', '2001:db8:1:0:1:2:3:4'],
    ['fe80::1%eth0', 'fe80::2%en1', 'FE80:0:0::3'],
    ['::1', '::', '::203.0.113.7'],
  ];

  test('is an IPv4 address, or the /64 of an IPv6 address, however it is written', () => {
    const blocks = same.map((addresses) => new Set(addresses.map(addressBlock)));
    assert.deepEqual(
      blocks.map(({ size }) => size),
      same.map(() => 1),
    );
    assert.equal(new Set(blocks.flatMap((block) => [...block])).size, same.length);
    assert.equal(addressBlock('2001:db8:1:2::1'), '2001:db8:1:2::/64');
    assert.equal(addressBlock('::ffff:203.0.113.7'), '203.0.113.7');
  });

  test('is what every limit by address counts', async () => {
    const asked: string[] = [];
    const effects = {
      rateLimits: {
        take: async (key: string) => {
          asked.push(key);
          return 0;
        },
        giveBack: async () => undefined,
        clear: async () => undefined,
        takeStep: async () => 0,
        usedUpFor: () => 0,
      },
      clock: () => new Date(0),
      areOn: () => true,
    } satisfies RateLimitEffects;
    for (const address of ['2001:db8:1:2::1', '2001:db8:1:2::2']) {
      await withinLoginLimits(
        async () => ({ userId: 7 }),
        address,
        async () => undefined,
        effects,
      );
      await withinRegistrationLimits(
        address,
        async () => undefined,
        async () => undefined,
        effects,
      );
      await withinForgottenLimits('ada@example.org', address, async () => undefined, effects);
    }
    assert.deepEqual(asked.slice(0, asked.length / 2), asked.slice(asked.length / 2));
    assert.ok(asked.filter((key) => key.endsWith('#2001:db8:1:2::/64')).length === asked.length - 4);
  });
});
