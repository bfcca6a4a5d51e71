import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decideNotification } from '../../../functions/notifications/rules.ts';
import { browserName } from '../../../lib/web/model/browser-name.ts';
import { wantsNotification } from '../../../lib/web/model/wants-notification.ts';

const ADA = 1;
const GRACE = 2;

/** All combinations of one value for each field. */
const combinations = <Value extends Record<string, readonly unknown[]>>(
  choices: Value,
): { [Name in keyof Value]: Value[Name][number] }[] =>
  Object.entries(choices).reduce<Record<string, unknown>[]>(
    (found, [name, values]) => found.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  ) as { [Name in keyof Value]: Value[Name][number] }[];

suite('who is notified by an open page', () => {
  const quietHours = { from: '22:00', to: '07:00', time_zone: 'Europe/Berlin' };
  const cases = combinations({
    level: ['all', 'mentions', 'none'],
    mutedUntil: [null, '2026-03-10T12:00:00.000Z', '2026-03-12T12:00:00.000Z'],
    mentions: [[], [ADA], [3]],
    mentionsAll: [true, false],
    lastRead: [4, 5],
    quiet: [null, quietHours, { ...quietHours, from: '12:00', to: '15:00' }, { ...quietHours, to: '22:00' }],
    hasBlockedSender: [true, false],
    now: ['2026-03-10T12:00:00.000Z', '2026-03-10T21:30:00.000Z', '2026-03-11T05:59:59.000Z'],
  } as const);

  test('is who would be pushed', () => {
    const answers = new Set<boolean>();
    for (const one of cases) {
      const now = new Date(one.now);
      const wanted = wantsNotification(
        { seq: 5, sender_id: GRACE, mentions: [...one.mentions], mention_all: one.mentionsAll },
        {
          last_read_seq: one.lastRead,
          notifications: { level: one.level, muted_until: one.mutedUntil },
        },
        { id: ADA, quiet: one.quiet, hasBlockedSender: one.hasBlockedSender },
        now,
      );
      const pushed = decideNotification(
        { seq: 5, senderId: GRACE, sentAt: now, mentions: one.mentions, mentionsAll: one.mentionsAll },
        {
          userId: ADA,
          lastReadSeq: one.lastRead,
          level: one.level,
          mutedUntil: one.mutedUntil === null ? null : new Date(one.mutedUntil),
          quiet: one.quiet,
          hasBlockedSender: one.hasBlockedSender,
          isConnected: false,
        },
        now,
        0,
      );
      assert.equal(wanted, pushed === 'push', JSON.stringify(one));
      answers.add(wanted);
    }
    assert.equal(answers.size, 2);
  });
});

test('a browser has a name by which its user finds it', () => {
  const of = (rest: string): string => browserName(`Mozilla/5.0 ${rest}`);
  assert.equal(of('(X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'), 'Firefox on Linux');
  assert.equal(of('(Linux; Android 10; K) Chrome/140.0.0.0 Mobile Safari/537.36'), 'Chrome on Android');
  assert.equal(of('(Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0'), 'Edge on Windows');
  assert.equal(
    of('(iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1'),
    'Safari on an iPhone',
  );
  assert.equal(browserName('Lynx'), 'A browser');
});
