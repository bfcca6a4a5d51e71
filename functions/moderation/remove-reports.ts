import { limits } from '../contract/limits.ts';
import { epochSeconds, systemClock, type Clock } from '../platform/clock.ts';
import { metrics, type Metrics } from '../platform/metrics.ts';
import { inBatches, runLimit } from '../platform/run-limit.ts';
import { reportStore } from './live.ts';
import { reportsKeptSince } from './rules.ts';
import type { ReportStore } from './stores/reports.ts';

export interface RemoveReportsEffects {
  readonly reports: Pick<ReportStore, 'removeResolved' | 'findBacklog'>;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

const liveEffects: RemoveReportsEffects = { reports: reportStore, metrics, clock: systemClock };

/** The result of a run. */
export interface RemoveReportsReport {
  readonly removed: number;
  readonly open: number;
  /** Age of the oldest open report, in seconds; 0 when none is open. */
  readonly oldestOpenSeconds: number;
  /** False when the run ended at its time limit: the next one continues. */
  readonly complete: boolean;
}

const BATCH = 500;

/**
 * Removes reports that were resolved `limits.report_days` ago, with the texts that they contain, and measures how
 * many reports are open and for how long. Open reports stay, however old. The log of moderators' actions stays, too:
 * its only texts are the moderators' own notes.
 */
export const removeReports = async ({
  reports,
  metrics: emit,
  clock,
}: RemoveReportsEffects = liveEffects): Promise<RemoveReportsReport> => {
  const now = clock();
  // Measured first, so that a failing removal does not hide the backlog.
  const { open, oldestAt } = await reports.findBacklog();
  const oldestOpenSeconds = oldestAt === null ? 0 : Math.max(0, epochSeconds(now) - epochSeconds(oldestAt));
  emit({ OpenReports: open, OldestOpenReportSeconds: oldestOpenSeconds });
  const before = reportsKeptSince(now, limits.report_days);
  let removed = 0;
  const complete = await inBatches(runLimit(now, clock), async () => {
    const last = await reports.removeResolved(before, BATCH);
    removed += last;
    return last === BATCH;
  });
  return { removed, open, oldestOpenSeconds, complete };
};
