import { contentStore } from '../messages/live.ts';
import type { ContentStore } from '../messages/stores/contents.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { createJobProgress, type JobProgress } from '../platform/mysql/job-progress.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { runLimit, type Repair } from '../platform/run-limit.ts';
import { repairNameParts } from '../users/live.ts';

export interface IndexTextsEffects {
  readonly jobs: JobProgress;
  readonly contents: Pick<ContentStore, 'indexMadeBetween'>;
  /** Indexes the names of users who are missing from the index. */
  readonly repairNameParts: (isOver: () => boolean) => Promise<Repair>;
  readonly clock: Clock;
}

const liveEffects: IndexTextsEffects = {
  jobs: createJobProgress(mysql),
  contents: contentStore,
  repairNameParts,
  clock: systemClock,
};

/** The result of a run. */
export interface IndexTextsReport {
  /** How many contents were indexed. */
  readonly contents: number;
  /** How many users' names were indexed. */
  readonly users: number;
  /** False when the run ended at its time limit: the next one continues. */
  readonly complete: boolean;
}

const BATCH = 500;

/**
 * The name under which the progress is stored. When the splitting of words changes, a new name restarts the indexing.
 */
const CONTENTS_JOB = 'index-contents-2';

/**
 * Indexes what older code stored: contents whose words are missing or in an older format, and users without name
 * parts. Each migration runs it for existing data, and a job for what the previous version of the code stores while
 * traffic shifts. Contents continue where the last run stopped, up to the start of this run. All users are checked in
 * each run that has time for it, starting where the last one stopped.
 */
export const indexTexts = async ({
  jobs,
  contents,
  repairNameParts,
  clock,
}: IndexTextsEffects = liveEffects): Promise<IndexTextsReport> => {
  const started = clock();
  const isOver = runLimit(started, clock);
  let indexed = 0;
  let doneUntil = (await jobs.findProgress(CONTENTS_JOB)) ?? new Date(0);
  while (doneUntil < started && !isOver()) {
    const batch = await contents.indexMadeBetween(doneUntil, started, BATCH);
    indexed += batch.indexed;
    doneUntil = batch.doneUntil;
    await jobs.saveProgress(CONTENTS_JOB, doneUntil);
  }
  // Runs last: it checks every user in each run, and might leave no time for the contents.
  const names = await repairNameParts(isOver);
  return { contents: indexed, users: names.repaired, complete: names.complete && doneUntil >= started };
};
