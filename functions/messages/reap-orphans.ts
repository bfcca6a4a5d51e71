import { systemClock, type Clock } from '../platform/clock.ts';
import { metrics, type Metrics } from '../platform/metrics.ts';
import { createJobProgress, type JobProgress } from '../platform/mysql/job-progress.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { runLimit } from '../platform/run-limit.ts';
import { contentStore } from './live.ts';
import { settleEdits, type SettleEditsReport } from './settle-edits.ts';
import { createCleaningStore, type CleaningStore } from './stores/cleaning.ts';
import type { ContentStore } from './stores/contents.ts';

export interface ReapOrphansEffects {
  readonly jobs: JobProgress & Pick<CleaningStore, 'findKnown'>;
  readonly contents: Pick<ContentStore, 'listMadeBetween' | 'removeMany'>;
  readonly settleEdits: (isOver: () => boolean) => Promise<SettleEditsReport>;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

const liveEffects: ReapOrphansEffects = {
  jobs: { ...createJobProgress(mysql), ...createCleaningStore(mysql) },
  contents: contentStore,
  settleEdits: (isOver) => settleEdits(isOver),
  clock: systemClock,
  metrics,
};

/** The result of a run. */
export interface ReapOrphansReport {
  /** How many edits left behind were settled or discarded. */
  readonly edits: number;
  readonly examined: number;
  readonly removed: number;
  /** False when the run ended at its time limit: the next one continues. */
  readonly complete: boolean;
}

const JOB = 'reap-orphans';
const BATCH = 500;

/** No send takes an hour: when MySQL does not know a content of this age, it never will. */
const ORPHAN_AGE_MS = 60 * 60 * 1000;

/**
 * Removes contents without metadata: a send failed between its two writes, and nobody ever saw them. Continues where
 * the last run stopped, even if that run was killed. First settles or discards the edits that failed half-way.
 */
export const reapOrphans = async ({
  jobs,
  contents,
  settleEdits: settle,
  clock,
  metrics,
}: ReapOrphansEffects = liveEffects): Promise<ReapOrphansReport> => {
  const started = clock();
  const isOver = runLimit(started, clock);
  const until = new Date(started.getTime() - ORPHAN_AGE_MS);
  const from = (await jobs.findProgress(JOB)) ?? new Date(0);
  const left = await settle(isOver);
  let examined = 0;
  let removed = 0;
  let complete = false;
  for await (const batch of contents.listMadeBetween(from, until, BATCH)) {
    const known = await jobs.findKnown(batch.contents.map((content) => content.message_id));
    const orphans = batch.contents.filter((content) => !known.has(content.message_id));
    await contents.removeMany(orphans);
    examined += batch.contents.length;
    removed += orphans.length;
    await jobs.saveProgress(JOB, batch.doneUntil);
    complete = batch.doneUntil >= until;
    if (isOver()) break;
  }
  metrics({ Orphans: removed });
  return { edits: left.edits, examined, removed, complete: complete && left.complete };
};
