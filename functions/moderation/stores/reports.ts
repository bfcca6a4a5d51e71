import { sql, type Kysely, type RawBuilder } from 'kysely';
import { EXCERPT_CHARACTERS } from '../../contract/limits.ts';
import { duplicateKeyOf } from '../../platform/mysql/errors.ts';
import { shownName } from '../../platform/mysql/people.ts';
import type { Database } from '../../platform/mysql/schema.ts';
import type { CreateReportBody, ModerationAct } from '../contract.ts';
import type { Snapshot, Target } from './reported.ts';

export interface NewReport {
  readonly reporterId: number;
  readonly target: Target;
  readonly reason: CreateReportBody['reason'];
  readonly comment: string | null;
  readonly content: string | null;
  readonly snapshot: Snapshot;
  readonly at: Date;
}

/** A report as its reporter sees it. */
export interface ReceiptRow {
  readonly id: number;
  readonly status: 'open' | 'resolved';
  readonly created_at: Date;
}

export interface ReportRow extends ReceiptRow {
  readonly kind: Target['kind'];
  readonly reason: CreateReportBody['reason'];
  readonly comment: string | null;
  readonly reporter: { readonly id: number; readonly username: string };
  readonly message_row_id: number | null;
  readonly chat_id: number | null;
  readonly user_id: number | null;
  /** The beginning of `content`. */
  readonly excerpt: string | null;
  readonly snapshot: Snapshot;
  readonly resolved_at: Date | null;
}

export interface ActRow {
  readonly id: number;
  readonly action: ModerationAct['action'];
  readonly moderator: { readonly id: number; readonly username: string };
  readonly report_id: number | null;
  readonly user_id: number | null;
  readonly message_row_id: number | null;
  readonly until: Date | null;
  readonly note: string | null;
  readonly created_at: Date;
}

export interface ReportStore {
  /** The earlier report of the same subject by the same user. */
  findOwn(reporterId: number, target: Target): Promise<ReceiptRow | undefined>;
  /** Stores a report. Of concurrent reports of the same subject by one user only one is stored. */
  insert(report: NewReport): Promise<{ readonly isNew: boolean; readonly report: ReceiptRow }>;
  count(status: ReceiptRow['status'] | undefined): Promise<number>;
  /** Newest first. */
  listPage(
    status: ReceiptRow['status'] | undefined,
    page: { readonly limit: number; readonly offset: number },
  ): Promise<ReportRow[]>;
  /** A report with the whole text of its message. */
  find(id: number): Promise<(ReportRow & { readonly content: string | null }) | undefined>;
  /**
   * The actions on a report and on the user whom it is about, latest first, at most `limit`. Does not include
   * readings of the report.
   */
  listActs(report: Pick<ReportRow, 'id' | 'user_id'>, limit: number): Promise<ActRow[]>;
  /** How many reports are open, and when the oldest of them was made. */
  findBacklog(): Promise<{ readonly open: number; readonly oldestAt: Date | null }>;
  /** Removes at most `limit` reports that were resolved before `before`. @returns how many were removed */
  removeResolved(before: Date, limit: number): Promise<number>;
}

const targetText = ({ kind, id }: Target): string => `${kind}:${id}`;

interface StoredReport extends Omit<ReportRow, 'kind' | 'reporter' | 'snapshot'> {
  target: string;
  snapshot: string;
  reporter_id: number;
  reporter_username: string | null;
  reporter_is_active: 0 | 1 | null;
}

const toReport = <Row extends StoredReport>({
  target,
  snapshot,
  reporter_id: reporterId,
  reporter_username: username,
  reporter_is_active: isActive,
  ...row
}: Row) => ({
  ...row,
  kind: target.slice(0, target.indexOf(':')) as Target['kind'],
  reporter: { id: reporterId, username: shownName(username, isActive) },
  // Only `insert` writes this column, so its JSON needs no validation.
  snapshot: JSON.parse(snapshot) as Snapshot,
});

const columns = sql`r.id, r.reporter_id, reporter.username AS reporter_username,
  reporter.is_active AS reporter_is_active, r.target, r.message_row_id, r.chat_id, r.user_id, r.reason, r.comment,
  LEFT(r.content, ${sql.lit(EXCERPT_CHARACTERS)}) AS excerpt, r.snapshot, r.status, r.created_at, r.resolved_at`;

export const createReportStore = (db: () => Kysely<Database>): ReportStore => {
  const findOwn: ReportStore['findOwn'] = (reporterId, target) =>
    db()
      .selectFrom('reports')
      .select(['id', 'status', 'created_at'])
      .where('reporter_id', '=', reporterId)
      .where('target', '=', targetText(target))
      .executeTakeFirst();

  return {
    findOwn,

    insert: async ({ reporterId, target, snapshot, at, ...report }) => {
      try {
        const { insertId } = await db()
          .insertInto('reports')
          .values({
            ...report,
            reporter_id: reporterId,
            target: targetText(target),
            message_row_id: snapshot.message?.id ?? null,
            chat_id: snapshot.chat?.id ?? null,
            user_id: snapshot.user?.id ?? null,
            snapshot: JSON.stringify(snapshot),
            created_at: at,
            resolved_at: null,
          })
          .executeTakeFirstOrThrow();
        return { isNew: true, report: { id: Number(insertId), status: 'open', created_at: at } };
      } catch (error) {
        if (duplicateKeyOf(error) !== 'uq_reports_target') throw error;
        const known = await findOwn(reporterId, target);
        if (known === undefined) throw error;
        return { isNew: false, report: known };
      }
    },

    count: async (status) => {
      const { total } = await db()
        .selectFrom('reports')
        .select((eb) => eb.fn.countAll<number>().as('total'))
        .$if(status !== undefined, (query) => query.where('status', '=', status ?? 'open'))
        .executeTakeFirstOrThrow();
      return total;
    },

    findBacklog: async () => {
      const { rows } = await sql<{ open: number; oldestAt: Date | null }>`
        SELECT COUNT(*) AS open, (
          SELECT created_at FROM reports FORCE INDEX (ix_reports_status)
          WHERE status = 'open' ORDER BY id LIMIT 1) AS oldestAt
        FROM reports AS r FORCE INDEX (ix_reports_status) WHERE r.status = 'open'`.execute(db());
      return rows[0] ?? { open: 0, oldestAt: null };
    },

    listPage: async (status, { limit, offset }) => {
      // Selects the page by an index first, so that names and texts are read only for this page.
      const index: RawBuilder<unknown> =
        status === undefined
          ? sql`FORCE INDEX (PRIMARY) WHERE id > 0`
          : sql`FORCE INDEX (ix_reports_status) WHERE status = ${status}`;
      const { rows } = await sql<StoredReport>`
        SELECT ${columns}
        FROM (SELECT id FROM reports ${index} ORDER BY id DESC LIMIT ${limit} OFFSET ${offset}) AS page
        STRAIGHT_JOIN reports AS r ON r.id = page.id
        LEFT JOIN users AS reporter ON reporter.id = r.reporter_id
        ORDER BY r.id DESC`.execute(db());
      return rows.map(toReport);
    },

    find: async (id) => {
      const { rows } = await sql<StoredReport & { content: string | null }>`
        SELECT ${columns}, r.content
        FROM reports AS r LEFT JOIN users AS reporter ON reporter.id = r.reporter_id
        WHERE r.id = ${id}`.execute(db());
      const [row] = rows;
      return row && toReport(row);
    },

    listActs: async ({ id, user_id: userId }, limit) => {
      // Two index scans; an action that both find appears once.
      const { rows } = await sql<
        Omit<ActRow, 'moderator'> & {
          moderator_id: number;
          moderator_username: string | null;
          moderator_is_active: 0 | 1 | null;
        }
      >`
        SELECT act.*, moderator.username AS moderator_username, moderator.is_active AS moderator_is_active
        FROM (
          (SELECT * FROM moderation_acts FORCE INDEX (ix_moderation_acts_report)
            WHERE report_id = ${id} AND action <> 'view_report' ORDER BY id DESC LIMIT ${limit})
          UNION
          (SELECT * FROM moderation_acts FORCE INDEX (ix_moderation_acts_user)
            WHERE user_id = ${userId} ORDER BY id DESC LIMIT ${limit})
        ) AS act
        LEFT JOIN users AS moderator ON moderator.id = act.moderator_id
        ORDER BY act.id DESC LIMIT ${limit}`.execute(db());
      return rows.map(
        ({ moderator_id: moderatorId, moderator_username: name, moderator_is_active: isActive, ...act }) => ({
          ...act,
          moderator: { id: moderatorId, username: shownName(name, isActive) },
        }),
      );
    },

    removeResolved: async (before, limit) => {
      const { numDeletedRows } = await db()
        .deleteFrom('reports')
        .where('resolved_at', '<', before)
        .limit(limit)
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
};
