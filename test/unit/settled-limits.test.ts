import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ServiceError } from '../../functions/contract/service-error.ts';
import type { RateLimitEffects } from '../../functions/rate-limits/live.ts';
import {
  withinEmailChangeLimit,
  withinForgottenLimits,
  withinRecipientLimit,
  withinVerificationLimit,
} from '../../functions/rate-limits/mail-limits.ts';
import { withinCodeBudget } from '../../functions/rate-limits/within-code-budget.ts';
import { withinLoginLimits } from '../../functions/rate-limits/within-login-limits.ts';
import { withinPasswordLimit, withinTotpLimit } from '../../functions/rate-limits/within-password-limit.ts';
import { withinRegistrationLimits } from '../../functions/rate-limits/within-registration-limits.ts';
import { withinReportLimit } from '../../functions/rate-limits/within-report-limit.ts';

/** A store of counts that applies each correction of a count and then loses the response. */
const fakeLimits = () => {
  const counts = new Map<string, number>();
  const corrected: string[] = [];
  const correct = async (key: string): Promise<never> => {
    corrected.push(key);
    counts.set(key, (counts.get(key) ?? 0) - 1);
    throw new Error('the answer is lost');
  };
  const effects: RateLimitEffects = {
    rateLimits: {
      take: async (key) => {
        counts.set(key, (counts.get(key) ?? 0) + 1);
        return 0;
      },
      giveBack: correct,
      clear: correct,
      takeStep: async () => 0,
      usedUpFor: () => 0,
    },
    clock: () => new Date(0),
    areOn: () => true,
  };
  return { effects, counts, corrected };
};

const session = { userId: 7, sessionId: 's' };
const address = '203.0.113.7';

suite('what is counted ahead of its outcome', () => {
  type Run = () => Promise<{ readonly isNew: boolean }>;
  const limited: Readonly<Record<string, (run: Run, effects: RateLimitEffects) => Promise<unknown>>> = {
    password: (run, effects) => withinPasswordLimit(session, run, effects),
    totp: (run, effects) => withinTotpLimit(session, run, effects),
    'code budget': (run, effects) => withinCodeBudget(7, run, effects),
    'log-in': (run, effects) => withinLoginLimits(async () => ({ userId: 7 }), address, run, effects),
    registration: (run, effects) => withinRegistrationLimits(address, async () => undefined, run, effects),
    report: (run, effects) => withinReportLimit(7, run, effects),
    'change of address': (run, effects) => withinEmailChangeLimit(7, run, effects),
    'forgotten password': (run, effects) =>
      withinForgottenLimits('ada@example.org', address, () => run().then(() => undefined), effects),
    verification: (run, effects) => withinVerificationLimit(7, () => run().then(() => undefined), effects),
    mail: (run, effects) => withinRecipientLimit('ada@example.org', run, effects),
  };
  const countSuccesses = new Set(['change of address', 'forgotten password', 'verification', 'mail']);
  const runs: Readonly<Record<string, Run>> = {
    succeeds: async () => ({ isNew: false }),
    'fails for another reason': () => Promise.reject(new Error('a store is down')),
  };
  for (const [name, within] of Object.entries(limited)) {
    for (const [outcome, run] of Object.entries(runs)) {
      test(`${name} that ${outcome} is corrected once where the answer to the correction is lost`, async () => {
        const { effects, counts, corrected } = fakeLimits();
        const ended = await within(run, effects).then(
          () => 'answered',
          (error: unknown) => (error instanceof Error ? error.message : error),
        );
        const keeps = countSuccesses.has(name) && outcome === 'succeeds';
        assert.equal(ended, keeps ? 'answered' : 'the answer is lost');
        assert.equal(corrected.length === 0, keeps);
        assert.deepEqual([...new Set(corrected)], corrected, 'no key twice');
        for (const [key, count] of counts) assert.ok(count >= 0, key);
      });
    }
  }
});

suite('a change of the e-mail address', () => {
  const fails = (error: Error) => async (): Promise<never> => {
    throw error;
  };

  test('counts when it succeeds, and when the address turns out to be taken', async () => {
    const { effects, corrected } = fakeLimits();
    assert.equal(await withinEmailChangeLimit(7, async () => 'changed', effects), 'changed');
    const taken = withinEmailChangeLimit(7, fails(new ServiceError('email_taken')), effects);
    await assert.rejects(taken, { error: 'email_taken' });
    assert.deepEqual(corrected, []);
  });

  test('is not begun beyond the limit, so that no code is spent by it', async () => {
    const { effects } = fakeLimits();
    const full = { ...effects, rateLimits: { ...effects.rateLimits, take: async () => 60 } };
    const spend = () => assert.fail('not to be run');
    await assert.rejects(withinEmailChangeLimit(7, spend, full), { error: 'rate_limited', retryAfter: 60 });
  });
});

test('a registration that breaks off counts neither as an account nor as a failure', async () => {
  const { effects, counts } = fakeLimits();
  const broken = () => Promise.reject(new Error('a store is down'));
  await assert.rejects(withinRegistrationLimits(address, async () => undefined, broken, effects));
  assert.deepEqual([...counts.values()], [0, 0]);
});
