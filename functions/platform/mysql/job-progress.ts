import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** The progress of jobs that process rows by time, across runs. */
export interface JobProgress {
  /** The time up to which a job has processed everything; undefined before its first run. */
  findProgress(job: string): Promise<Date | undefined>;
  /** Stores the time. It only moves forward, also for concurrent runs. */
  saveProgress(job: string, doneUntil: Date): Promise<void>;
}

/** The position of jobs that iterate over a table by row id again and again, across runs. */
export interface JobPosition {
  /** The row id after which to continue; 0 to start over. */
  findPosition(job: string): Promise<number>;
  savePosition(job: string, after: number): Promise<void>;
}

/** Stores a position as that many milliseconds since 1970: `job_progress` has only a column for times. */
export const createJobPosition = (db: () => Kysely<Database>): JobPosition => ({
  findPosition: async (job) => (await createJobProgress(db).findProgress(job))?.getTime() ?? 0,

  savePosition: async (job, after) => {
    await db()
      .insertInto('job_progress')
      .values({ job, done_until: new Date(after) })
      .onDuplicateKeyUpdate({ done_until: new Date(after) })
      .execute();
  },
});

export const createJobProgress = (db: () => Kysely<Database>): JobProgress => ({
  findProgress: async (job) => {
    const row = await db()
      .selectFrom('job_progress')
      .select('done_until')
      .where('job', '=', job)
      .executeTakeFirst();
    return row?.done_until;
  },

  saveProgress: async (job, doneUntil) => {
    await db()
      .insertInto('job_progress')
      .values({ job, done_until: doneUntil })
      .onDuplicateKeyUpdate((eb) => ({
        done_until: eb.fn<Date>('greatest', [eb.ref('done_until'), eb.val(doneUntil)]),
      }))
      .execute();
  },
});
