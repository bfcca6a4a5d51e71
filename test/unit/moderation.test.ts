import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ServiceError } from '../../functions/contract/service-error.ts';
import { enforceSuspension } from '../../functions/moderation/enforce-suspension.ts';
import { getReport, type GetReportEffects } from '../../functions/moderation/get-report.ts';
import { moderatorsOf } from '../../functions/moderation/moderators.ts';
import { removeReports } from '../../functions/moderation/remove-reports.ts';
import { reportsKeptSince, missingSubjectOf, maySuspend } from '../../functions/moderation/rules.ts';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';
import { withinReportLimit } from '../../functions/rate-limits/within-report-limit.ts';
import type { RateLimitEffects } from '../../functions/rate-limits/live.ts';
import { createSessionCheck } from '../../functions/sessions/check-session.ts';
import { startSession } from '../../functions/sessions/start-session.ts';
import { createFakeSessions } from '../support/fake-sessions.ts';

test('whoever is listed moderates, in any case, and nobody else', () => {
  const moderates = moderatorsOf(' ada, Grace ,,');
  assert.deepEqual(['ada', 'ADA', 'grace', 'ad', 'adagrace', '', ' '].map(moderates), [
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  assert.ok(!moderatorsOf('')(''));
});

test('nobody suspends themselves or another moderator', () => {
  assert.ok(maySuspend(1, { id: 2, isModerator: false }));
  assert.ok(!maySuspend(1, { id: 2, isModerator: true }));
  assert.ok(!maySuspend(1, { id: 1, isModerator: false }));
});

test('an action needs what the report is about', () => {
  const of = (message_row_id: number | null, user_id: number | null) => ({ message_row_id, user_id });
  assert.equal(missingSubjectOf('delete_message', of(1, 2)), undefined);
  assert.equal(missingSubjectOf('delete_message', of(null, 2)), 'message');
  assert.equal(missingSubjectOf('suspend_user', of(null, 2)), undefined);
  assert.equal(missingSubjectOf('suspend_user', of(null, null)), 'user');
  assert.equal(missingSubjectOf('dismiss', of(null, null)), undefined);
});

test('reports that were resolved long ago are removed, however many', async () => {
  const asked: Date[] = [];
  const measured: object[] = [];
  const left = [500, 500, 3];
  const now = new Date('2026-07-01T00:00:00Z');
  const report = await removeReports({
    reports: {
      removeResolved: async (before) => {
        asked.push(before);
        return left.shift() ?? 0;
      },
      findBacklog: async () => ({ open: 12, oldestAt: new Date('2026-06-29T23:00:00Z') }),
    },
    metrics: (values) => void measured.push(values),
    clock: () => now,
  });
  assert.deepEqual(report, { removed: 1003, open: 12, oldestOpenSeconds: 90_000, complete: true });
  assert.deepEqual(measured, [{ OpenReports: 12, OldestOpenReportSeconds: 90_000 }]);
  assert.deepEqual(
    asked,
    Array.from({ length: 3 }, () => new Date('2026-01-02T00:00:00Z')),
  );
  assert.deepEqual(reportsKeptSince(now, 1), new Date('2026-06-30T00:00:00Z'));
});

test('when no report is open, the measurement says so, and no failure to remove keeps it back', async () => {
  const measured: object[] = [];
  const run = removeReports({
    reports: {
      removeResolved: () => Promise.reject(new Error('MySQL is away')),
      findBacklog: async () => ({ open: 0, oldestAt: null }),
    },
    metrics: (values) => void measured.push(values),
    clock: () => new Date(0),
  });
  await assert.rejects(run, /MySQL is away/);
  assert.deepEqual(measured, [{ OpenReports: 0, OldestOpenReportSeconds: 0 }]);
});

test('a report is not shown to a moderator whose reading of it could not be recorded', async () => {
  const viewed: unknown[] = [];
  let isAway = false;
  const row = {
    id: 9,
    status: 'open',
    created_at: new Date(0),
    kind: 'user',
    reason: 'spam',
    comment: null,
    reporter: { id: 3, username: 'grace' },
    message_row_id: null,
    chat_id: null,
    user_id: 4,
    excerpt: null,
    content: null,
    snapshot: { message: null, user: null, chat: null },
    resolved_at: null,
  } as const;
  const effects: GetReportEffects = {
    reports: { find: async (id) => (id === 9 ? row : undefined), listActs: async () => [] },
    acts: {
      view: async (id, { moderatorId, at }, since) => {
        if (isAway) throw new StoreUnavailableError('mysql', new Error('away'));
        viewed.push([id, moderatorId, at.getTime() - since.getTime()]);
      },
    },
    messages: { listBySeq: async () => [] },
    contents: { findMany: async () => new Map() },
    reactions: { findMany: async () => new Map() },
    files: { findMany: async () => new Map() },
    clock: () => new Date(1_000_000_000),
    isModerator: (username) => username === 'ada',
  };
  const ada = { userId: 1, username: 'ada', sessionId: 's', tokenExpiresAt: 9e9 };
  assert.equal((await getReport(ada, 9, effects)).id, 9);
  await assert.rejects(getReport(ada, 8, effects), { code: 'report_not_found' });
  await assert.rejects(getReport({ ...ada, username: 'eve' }, 9, effects), { code: 'not_moderator' });
  assert.deepEqual(viewed, [[9, 1, 24 * 60 * 60 * 1000]]);
  isAway = true;
  await assert.rejects(getReport(ada, 9, effects), StoreUnavailableError);
});

test('only a report that is new counts towards the day’s', async () => {
  const counted: string[] = [];
  const effects = {
    rateLimits: {
      take: async (key: string) => (counted.push(`+${key}`) > 5 ? 60 : 0),
      giveBack: async (key: string) => void counted.push(`-${key}`),
      clear: async () => undefined,
      takeStep: async () => 0,
      usedUpFor: () => 0,
    },
    clock: () => new Date(0),
    areOn: () => true,
  } satisfies RateLimitEffects;
  await withinReportLimit(7, async () => ({ isNew: true }), effects);
  await withinReportLimit(7, async () => ({ isNew: false }), effects);
  const failing = withinReportLimit(7, () => Promise.reject(new Error('MySQL is away')), effects);
  await assert.rejects(failing, /MySQL is away/);
  assert.deepEqual(counted, ['+reports#7', '+reports#7', '-reports#7', '+reports#7', '-reports#7']);
  await assert.rejects(
    withinReportLimit(7, async () => ({ isNew: true }), effects),
    { code: 'rate_limited', retryAfter: 60 },
  );
});

suite('a suspension', () => {
  const ada = { userId: 7, username: 'ada', tokenExpiresAt: 0 };

  /** An account with two sessions and a check of sessions, under a clock that the test moves. */
  const newAccount = async () => {
    let now = 1_000_000;
    const clock = () => new Date(now * 1000);
    const { sessions } = createFakeSessions();
    const started = [
      await startSession(ada, 'a hash', 'a browser', { sessions, clock }),
      await startSession(ada, 'a hash', 'a browser', { sessions, clock }),
    ];
    const check = createSessionCheck('anything', { sessions, clock });
    const codes = async (): Promise<string[]> =>
      Promise.all(
        started.map(({ sessionId }) =>
          check({ ...ada, sessionId }).then(
            () => 'live',
            (error: unknown) => (error instanceof ServiceError ? error.code : 'another error'),
          ),
        ),
      );
    return { sessions, clock, codes, wait: (seconds: number) => void (now += seconds) };
  };

  test('is felt by every session within a minute, and ends by itself', async () => {
    const { sessions, clock, codes, wait } = await newAccount();
    assert.deepEqual(await codes(), ['live', 'live']);
    const closed: number[] = [];
    const until = new Date(clock().getTime() + 3_600_000);
    await enforceSuspension(ada.userId, {
      users: { findSuspendedUntil: async () => until },
      sessions,
      closeConnections: async (userId) => void closed.push(userId),
      clock,
    });
    assert.deepEqual(closed, [ada.userId]);
    wait(59);
    assert.deepEqual(await codes(), ['account_suspended', 'account_suspended']);
    wait(3540);
    assert.deepEqual(await codes(), ['account_suspended', 'account_suspended']);
    wait(1);
    assert.deepEqual(await codes(), ['live', 'live']);
  });

  test('that another moderator lifts meanwhile is lifted on every session', async () => {
    const { sessions, clock, codes } = await newAccount();
    const until = new Date(clock().getTime() + 3_600_000);
    let stored: Date | null = until;
    await enforceSuspension(ada.userId, {
      users: { findSuspendedUntil: async () => stored },
      sessions,
      closeConnections: async () => void (stored = null),
      clock,
    });
    assert.deepEqual(await codes(), ['live', 'live']);
  });
});
