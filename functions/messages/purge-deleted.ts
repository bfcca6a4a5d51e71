import { removeFilesOf } from '../files/remove-files-of.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { createJobProgress, type JobProgress } from '../platform/mysql/job-progress.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { inBatches, runLimit } from '../platform/run-limit.ts';
import { contentStore } from './live.ts';
import { restorableSince } from './rules.ts';
import { createCleaningStore, type CleaningStore, type DeletedMessage } from './stores/cleaning.ts';
import type { ContentStore } from './stores/contents.ts';

export interface PurgeDeletedEffects {
  readonly jobs: JobProgress & Pick<CleaningStore, 'findDeleted'>;
  readonly contents: Pick<ContentStore, 'removeMany'>;
  /** Removes the files of messages, by the messages' row ids. */
  readonly removeFilesOf: (messageRowIds: readonly number[]) => Promise<void>;
  readonly clock: Clock;
}

const liveEffects: PurgeDeletedEffects = {
  jobs: { ...createJobProgress(mysql), ...createCleaningStore(mysql) },
  contents: contentStore,
  removeFilesOf,
  clock: systemClock,
};

/** The result of a run. */
export interface PurgeDeletedReport {
  readonly removed: number;
  /** False when the run ended at its time limit: the next one continues. */
  readonly complete: boolean;
}

const JOB = 'purge-deleted';
const BATCH = 500;

/**
 * Delay after the restore window closes, in milliseconds: a restoration that is in flight at that time must still
 * find the content.
 */
const PURGE_MARGIN_MS = 24 * 60 * 60 * 1000;

/**
 * Removes the contents and files of messages whose restore window is over. Their metadata stays: a chat's `seq`
 * numbers have no gaps. Continues where the last run stopped, even if that run was killed.
 */
export const purgeDeleted = async (
  effects: PurgeDeletedEffects = liveEffects,
): Promise<PurgeDeletedReport> => {
  const { jobs, contents, clock } = effects;
  const started = clock();
  const isOver = runLimit(started, clock);
  const until = new Date(restorableSince(started).getTime() - PURGE_MARGIN_MS);
  const from = (await jobs.findProgress(JOB)) ?? new Date(0);
  let removed = 0;
  let after: DeletedMessage | undefined;
  const complete = await inBatches(isOver, async () => {
    const deleted = await jobs.findDeleted({ from, until, after, limit: BATCH });
    await Promise.all([contents.removeMany(deleted), effects.removeFilesOf(deleted.map(({ id }) => id))]);
    removed += deleted.length;
    after = deleted.length < BATCH ? undefined : deleted.at(-1);
    // When further messages were deleted at the same time as the last one, the next run finds the messages of this
    // batch again.
    await jobs.saveProgress(JOB, after?.deleted_at ?? until);
    return after !== undefined;
  });
  return { removed, complete };
};
