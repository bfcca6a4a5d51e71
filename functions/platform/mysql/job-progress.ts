import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** The progress of jobs, from run to run. */
export interface JobProgress {
  /** The time up to which a job has done its work; undefined before its first run. */
  findProgress(job: string): Promise<Date | undefined>;
  /** Stores that time. It only moves forward, also when runs overlap. */
  saveProgress(job: string, doneUntil: Date): Promise<void>;
}

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
