/**
 * Jobs with more work than fits into one run: each run continues where the previous one ended, and leaves nothing out.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { reapOrphans } from '../../functions/messages/reap-orphans.ts';
import { purgeDeleted } from '../../functions/messages/purge-deleted.ts';
import type { DeletedMessage } from '../../functions/messages/stores/cleaning.ts';
import { reapDevices } from '../../functions/notifications/reap-devices.ts';
import type { DeviceRow } from '../../functions/notifications/stores/devices.ts';
import { sweepDispatch } from '../../functions/notifications/sweep-dispatch.ts';
import type { JobProgress } from '../../functions/platform/mysql/job-progress.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const now = new Date('2026-03-01T12:00:00Z');

/**
 * Two full batches and a part of a third. Fifty items share each time, so that batches end between items of the same
 * time.
 */
const MANY = 1020;
const minuteOf = (index: number): number => Math.floor((index + 20) / 50) * 60_000;

/** The way in which a run ends. */
type End = 'killed' | 'over';

/**
 * The state that survives a run: its progress, and the handled items. Each run may handle a number of batches; then it
 * is killed, which an error simulates, or its time is over.
 */
const newRuns = (end: End) => {
  let progress: Date | undefined;
  let left = Infinity;
  const handled: number[] = [];
  const jobs: JobProgress = {
    findProgress: async () => progress,
    saveProgress: async (_, until) => {
      progress = new Date(Math.max(until.getTime(), progress?.getTime() ?? 0));
    },
  };
  return {
    jobs,
    handled,
    handle: (ids: readonly number[]) => {
      if (left <= 0 && end === 'killed') throw new Error('Task timed out');
      left -= 1;
      handled.push(...ids);
    },
    clock: () => (left <= 0 && end === 'over' ? new Date(now.getTime() + 9 * 60_000) : now),
    run: async <Report>(job: () => Promise<Report>, batches: number): Promise<Report | 'killed'> => {
      left = batches;
      try {
        return await job();
      } catch (error) {
        assert.match(String(error), /Task timed out/);
        return 'killed';
      }
    },
    progress: () => progress,
  };
};
type Runs = ReturnType<typeof newRuns>;

/**
 * Runs a job one batch at a time until it is complete. A job that started from the beginning each time would need more
 * batches than there are.
 */
const assertContinues = async (
  end: End,
  newJob: (runs: Runs) => () => Promise<{ readonly complete: boolean }>,
): Promise<void> => {
  const runs = newRuns(end);
  const job = newJob(runs);
  for (let batch = 1; batch <= 2; batch += 1) {
    const report = await runs.run(job, 1);
    if (report !== 'killed') assert.equal(report.complete, false);
    assert.ok(runs.progress() !== undefined, 'what was done is saved');
  }
  const report = await runs.run(job, 2);
  assert.ok(report !== 'killed' && report.complete);
  const all = Array.from({ length: MANY }, (_, index) => index);
  assert.deepEqual(
    [...new Set(runs.handled)].toSorted((a, b) => a - b),
    all,
  );
};

const deviceOf = (id: number): DeviceRow => ({
  id,
  user_id: id,
  session_id: 's',
  kind: 'fcm',
  token: String(id),
  p256dh: null,
  auth: null,
  name: null,
  created_at: now,
});

const ends: readonly End[] = ['killed', 'over'];

suite('a run over more than fits into it', () => {
  for (const end of ends) {
    test(`of the job that removes orphans goes on when one is ${end}`, () =>
      assertContinues(end, (runs) => {
        const contents = Array.from({ length: MANY }, (_, index) => ({
          chat_id: 1,
          message_id: String(index),
          madeAt: new Date(now.getTime() - DAY_MS + minuteOf(index) / 100),
        }));
        return () =>
          reapOrphans({
            jobs: { ...runs.jobs, findKnown: async () => new Set() },
            contents: {
              listMadeBetween: async function* list(from, until, limit) {
                const found = contents.filter(({ madeAt }) => madeAt >= from && madeAt < until);
                for (let at = 0; at <= found.length; at += limit) {
                  const batch = found.slice(at, at + limit);
                  const last = batch.length < limit ? undefined : batch.at(-1);
                  yield { contents: batch, doneUntil: last?.madeAt ?? until };
                }
              },
              removeMany: async (keys) => runs.handle(keys.map(({ message_id: id }) => Number(id))),
            },
            settleEdits: async () => ({ edits: 0, complete: true }),
            clock: runs.clock,
            metrics: () => undefined,
          });
      }));

    test(`of the job that purges deleted messages goes on when one is ${end}`, () =>
      assertContinues(end, (runs) => {
        const messages = Array.from({ length: MANY }, (_, index): DeletedMessage => ({
          id: index,
          chat_id: 1,
          message_id: String(index),
          deleted_at: new Date(now.getTime() - 60 * DAY_MS + minuteOf(index)),
        }));
        return () =>
          purgeDeleted({
            jobs: {
              ...runs.jobs,
              findDeleted: async ({ from, until, after, limit }) =>
                messages
                  .filter(({ deleted_at: at }) => at >= from && at < until)
                  .filter(({ id }) => after === undefined || id > after.id)
                  .slice(0, limit),
            },
            contents: { removeMany: async () => undefined },
            removeFilesOf: async (ids) => runs.handle(ids),
            clock: runs.clock,
          });
      }));

    test(`of the sweep of dispatches goes on when one is ${end}`, () =>
      assertContinues(end, (runs) => {
        const chats = Array.from({ length: MANY }, (_, index) => ({
          chatId: index,
          updatedAt: new Date(now.getTime() - DAY_MS / 2 + minuteOf(index)),
        }));
        const isStale = (chatId: number): boolean => !runs.handled.includes(chatId);
        return () =>
          sweepDispatch({
            jobs: runs.jobs,
            dispatch: {
              listStale: async (after, until, limit) =>
                chats
                  .filter(({ updatedAt }) => updatedAt >= after.updatedAt && updatedAt <= until)
                  .filter(({ updatedAt, chatId }) => updatedAt > after.updatedAt || chatId > after.chatId)
                  .filter(({ chatId }) => isStale(chatId))
                  .slice(0, limit),
            },
            queue: {
              send: async (bodies) => {
                const ids = bodies.map(({ body }) => ('chat_id' in body ? Number(body.chat_id) : NaN));
                runs.handle(ids);
              },
            },
            clock: runs.clock,
          });
      }));
  }
});

test('the job that removes devices goes on after the last one looked at, and begins anew once it is through', async () => {
  const now = new Date(0);
  let place = 0;
  let endsAt = Infinity;
  const looked: number[] = [];
  const run = (time: { readonly isOver: boolean }) =>
    reapDevices({
      devices: {
        walk: async (after, limit) =>
          Array.from({ length: 250 }, (_, index) => deviceOf(index + 1))
            .filter(({ id }) => id > after)
            .slice(0, limit),
        forget: async () => undefined,
      },
      findSessionStates: async (keys) => {
        if (looked.length >= endsAt) throw new Error('Task timed out');
        looked.push(...keys.map(({ userId }) => userId));
        return () => 'live';
      },
      recordDeviceCount: async () => undefined,
      jobs: {
        findPosition: async () => place,
        savePosition: async (_, after) => {
          place = after;
        },
      },
      clock: () => (time.isOver && looked.length > 0 ? new Date(now.getTime() + 9 * 60_000) : now),
    });
  assert.deepEqual(await run({ isOver: true }), { removed: 0, complete: false });
  endsAt = 200;
  await assert.rejects(run({ isOver: false }), /Task timed out/);
  endsAt = Infinity;
  assert.deepEqual(await run({ isOver: false }), { removed: 0, complete: true });
  assert.deepEqual(
    looked,
    Array.from({ length: 250 }, (_, index) => index + 1),
  );
  await run({ isOver: false });
  assert.equal(looked.length, 500);
});
