import { partOf, toPage } from '../contract/pages.ts';
import type { Page } from '../contract/schemas.ts';
import type { Actor } from '../sessions/actor.ts';
import type { ListReportsQuery, Report } from './contract.ts';
import { reportStore } from './live.ts';
import { assertModerator, isModerator } from './moderators.ts';
import type { ReportStore } from './stores/reports.ts';
import { toReport } from './to-report.ts';

export interface ListReportsEffects {
  readonly reports: Pick<ReportStore, 'count' | 'listPage'>;
  readonly isModerator: (username: string) => boolean;
}

const liveEffects: ListReportsEffects = { reports: reportStore, isModerator };

/** Reports for a moderator, newest first. @throws ServiceError `not_moderator` */
export const listReports = async (
  actor: Actor,
  { status, page, limit }: ListReportsQuery,
  { reports, isModerator: moderates }: ListReportsEffects = liveEffects,
): Promise<Page<Report>> => {
  assertModerator(actor, moderates);
  const [total, rows] = await Promise.all([
    reports.count(status),
    reports.listPage(status, partOf({ page, limit })),
  ]);
  return toPage(rows.map(toReport), total, { page, limit });
};
