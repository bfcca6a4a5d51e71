import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** The progress of jobs through time, from run to run. */
export interface JobProgress {
  /** The time up to which a job has done its work; undefined before its first run. */
  findProgress(job: string): Promise<Date | undefined>;
  /** Stores that time. It only moves forward, also when runs overlap. */
  saveProgress(job: string, doneUntil: Date): Promise<void>;
}

/** The place of jobs that go through a table by its row ids over and over, from run to run. */
export interface JobPlace {
  /** The row after which to go on; 0 to begin. */
  findPlace(job: string): Promise<number>;
  savePlace(job: string, after: number): Promise<void>;
}

/** Keeps a place as so many milliseconds after 1970: `job_progress` has a column for times only. */
export const createJobPlace = (db: () => Kysely<Database>): JobPlace => ({
  findPlace: async (job) => (await createJobProgress(db).findProgress(job))?.getTime() ?? 0,

  savePlace: async (job, after) => {
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
