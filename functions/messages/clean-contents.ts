import { limits } from '../contract/limits.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { metrics, type Metrics } from '../platform/metrics.ts';
import { createJobProgress, type JobProgress } from '../platform/mysql/job-progress.ts';
import { patientMysql } from '../platform/mysql/mysql.ts';
import { contentStore } from './live.ts';
import { createCleaningStore, type CleaningStore, type DeletedMessage } from './stores/cleaning.ts';
import { type ContentStore } from './stores/contents.ts';

export interface CleanContentsEffects {
  readonly jobs: JobProgress & CleaningStore;
  readonly contents: Pick<ContentStore, 'listMadeBetween' | 'removeMany'>;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

const liveEffects: CleanContentsEffects = {
  jobs: { ...createJobProgress(patientMysql), ...createCleaningStore(patientMysql) },
  contents: contentStore,
  clock: systemClock,
  metrics,
};

/** What a run did. */
export interface CleanContentsReport {
  readonly examined: number;
  readonly removed: number;
}

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const BATCH = 500;

/** No send takes this long: a content of that age that MySQL does not know will never be known. */
const ORPHAN_AGE_MS = HOUR_MS;

/**
 * Removes contents without metadata: a send broke off between its two writes, and nobody ever saw them. Goes on
 * where the last run stopped.
 */
export const reapOrphans = async ({
  jobs,
  contents,
  clock,
  metrics,
}: CleanContentsEffects = liveEffects): Promise<CleanContentsReport> => {
  const job = 'reap-orphans';
  const until = new Date(clock().getTime() - ORPHAN_AGE_MS);
  const from = (await jobs.findProgress(job)) ?? new Date(0);
  let examined = 0;
  let removed = 0;
  for await (const batch of contents.listMadeBetween(from, until, BATCH)) {
    const known = await jobs.findKnown(batch.map((content) => content.message_id));
    const orphans = batch.filter((content) => !known.has(content.message_id));
    await contents.removeMany(orphans);
    examined += batch.length;
    removed += orphans.length;
  }
  await jobs.saveProgress(job, until);
  metrics({ Orphans: removed });
  return { examined, removed };
};

/** A restoration that is under way when the window closes shall find the content. */
const PURGE_MARGIN_MS = DAY_MS;

/**
 * Removes the contents of messages that were deleted so long ago that nobody may restore them. Their metadata
 * stays: a chat's numbers have no gaps.
 */
export const purgeDeleted = async ({
  jobs,
  contents,
  clock,
}: CleanContentsEffects = liveEffects): Promise<CleanContentsReport> => {
  const job = 'purge-deleted';
  const until = new Date(clock().getTime() - limits.restore_days * DAY_MS - PURGE_MARGIN_MS);
  const from = (await jobs.findProgress(job)) ?? new Date(0);
  let removed = 0;
  let after: DeletedMessage | undefined;
  do {
    const deleted = await jobs.findDeleted({ from, until, after, limit: BATCH });
    await contents.removeMany(deleted);
    removed += deleted.length;
    after = deleted.length < BATCH ? undefined : deleted.at(-1);
  } while (after !== undefined);
  await jobs.saveProgress(job, until);
  return { examined: removed, removed };
};
