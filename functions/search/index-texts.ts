import { contentStore } from '../messages/live.ts';
import { type ContentStore } from '../messages/stores/contents.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { createJobProgress, type JobProgress } from '../platform/mysql/job-progress.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { repairNameParts } from '../users/live.ts';

export interface IndexTextsEffects {
  readonly jobs: JobProgress;
  readonly contents: Pick<ContentStore, 'indexMadeBetween'>;
  /** Makes everybody findable by their names who is not. @returns how many were not */
  readonly repairNameParts: (isOver: () => boolean) => Promise<number>;
  readonly clock: Clock;
}

const liveEffects: IndexTextsEffects = {
  jobs: createJobProgress(mysql),
  contents: contentStore,
  repairNameParts,
  clock: systemClock,
};

/** What a run did. */
export interface IndexTextsReport {
  /** Contents that got the words that searches ask for. */
  readonly contents: number;
  /** Users whose names got the parts that searches ask for. */
  readonly users: number;
  /** False when the time was over: the next run goes on. */
  readonly complete: boolean;
}

/** A migration and a job may run for 15 minutes; what they do not get done in these is left to the next run. */
const RUN_MS = 8 * 60 * 1000;

const BATCH = 500;

/** The contents that this name's progress is of: another idea of a word takes another name, and begins anew. */
const CONTENTS_JOB = 'index-contents-2';

/**
 * Makes searchable what older code stored: contents whose words are of an older kind or missing, users without the parts
 * of their names. Run by each migration, for what is there, and by a job, for what the code before stores while traffic
 * shifts. Goes on where the last run stopped, and repeats nothing that is done.
 */
export const indexTexts = async ({
  jobs,
  contents,
  repairNameParts,
  clock,
}: IndexTextsEffects = liveEffects): Promise<IndexTextsReport> => {
  const started = clock();
  const isOver = (): boolean => clock().getTime() - started.getTime() > RUN_MS;
  const repaired = await repairNameParts(isOver);
  let indexed = 0;
  let doneUntil = (await jobs.findProgress(CONTENTS_JOB)) ?? new Date(0);
  while (doneUntil < started && !isOver()) {
    const batch = await contents.indexMadeBetween(doneUntil, started, BATCH);
    indexed += batch.indexed;
    doneUntil = batch.doneUntil;
    await jobs.saveProgress(CONTENTS_JOB, doneUntil);
  }
  return { contents: indexed, users: repaired, complete: !isOver() };
};
