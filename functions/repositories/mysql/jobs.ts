import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** A message whose content is to go. */
export interface DeletedMessage {
  readonly id: number;
  readonly chat_id: number;
  readonly message_id: string;
  readonly deleted_at: Date;
}

/** What the jobs that keep the stores clean ask MySQL. */
export interface JobRepository {
  /** Until when a job has done its work; undefined before its first run. */
  findProgress(job: string): Promise<Date | undefined>;
  /** Notes it; progress only ever goes forward, also when two runs overlap. */
  saveProgress(job: string, doneUntil: Date): Promise<void>;
  /** Which of these messages MySQL knows. */
  findKnown(messageIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Messages deleted within a time (its end excluded), oldest deletion first, behind the last one seen. */
  findDeleted(range: {
    readonly from: Date;
    readonly until: Date;
    readonly after: DeletedMessage | undefined;
    readonly limit: number;
  }): Promise<DeletedMessage[]>;
}

export const createJobRepository = (db: () => Kysely<Database>): JobRepository => ({
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

  findKnown: async (messageIds) => {
    if (messageIds.length === 0) return new Set();
    const rows = await db()
      .selectFrom('message_metadata')
      .select('message_id')
      .where('message_id', 'in', messageIds)
      .execute();
    return new Set(rows.map((row) => row.message_id));
  },

  findDeleted: async ({ from, until, after, limit }) => {
    const query = db()
      .selectFrom('message_metadata')
      .select(['id', 'chat_id', 'message_id', 'deleted_at'])
      .$narrowType<{ deleted_at: Date }>()
      .where('deleted_at', '>=', after?.deleted_at ?? from)
      .where('deleted_at', '<', until)
      .orderBy('deleted_at')
      .orderBy('id')
      .limit(limit);
    const rest =
      after === undefined
        ? query
        : query.where((eb) => eb.or([eb('deleted_at', '>', after.deleted_at), eb('id', '>', after.id)]));
    return rest.execute();
  },
});
