import { queueAt, type Queue } from '../gateways/queue.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { environmentOf } from '../platform/environment.ts';
import { createJobProgress, type JobProgress } from '../platform/mysql/job-progress.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { inBatches, runLimit } from '../platform/run-limit.ts';
import { dispatchStore } from './live.ts';
import { PUSH_SECONDS } from './rules.ts';
import type { DispatchStore, StaleCursor } from './stores/dispatch.ts';
import type { DispatchWork } from './work.ts';

export interface SweepDispatchEffects {
  readonly dispatch: Pick<DispatchStore, 'listStale'>;
  readonly jobs: JobProgress;
  readonly queue: Pick<Queue, 'send'>;
  readonly clock: Clock;
}

const liveEffects: SweepDispatchEffects = {
  dispatch: dispatchStore,
  jobs: createJobProgress(mysql),
  queue: { send: (messages) => queueAt(environmentOf('dispatch-queue').DISPATCH_QUEUE_URL).send(messages) },
  clock: systemClock,
};

/** The result of a run. */
export interface SweepDispatchReport {
  /** How many chats were queued for dispatch. */
  readonly woken: number;
  /** False when the run ended at its time limit: the next one continues. */
  readonly complete: boolean;
}

/** Only chats without activity for this long are swept, in milliseconds: held messages have been decided on by then. */
const IDLE_MS = 15_000;

/**
 * A message is stored later than its timestamp says, at most by the longest duration of a send; in addition, clocks
 * differ.
 */
const OVERLAP_MS = 60_000;

const BATCH = 500;
const JOB = 'sweep-dispatch';

/**
 * Queues the dispatch of chats with undecided messages: the function that stored them died before it could, or SQS
 * did not respond. Looks at chats with activity since the last run, or since the position at which that run ended
 * early.
 */
export const sweepDispatch = async ({
  dispatch,
  jobs,
  queue,
  clock,
}: SweepDispatchEffects = liveEffects): Promise<SweepDispatchReport> => {
  const started = clock();
  const isOver = runLimit(started, clock);
  const now = started.getTime();
  const until = new Date(now - IDLE_MS);
  const last = (await jobs.findProgress(JOB))?.getTime() ?? 0;
  let cursor: StaleCursor = {
    updatedAt: new Date(Math.max(last - OVERLAP_MS, now - PUSH_SECONDS * 1000)),
    chatId: 0,
  };
  let woken = 0;
  const complete = await inBatches(isOver, async () => {
    const stale = await dispatch.listStale(cursor, until, BATCH);
    await queue.send(
      stale.map(({ chatId }) => ({ body: { type: 'chat', chat_id: chatId } satisfies DispatchWork })),
    );
    woken += stale.length;
    const end = stale.length < BATCH ? undefined : stale.at(-1);
    await jobs.saveProgress(JOB, end?.updatedAt ?? until);
    cursor = end ?? cursor;
    return end !== undefined;
  });
  return { woken, complete };
};
