import { limits } from '../contract/limits.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { reportStore } from './live.ts';
import { keptSince } from './rules.ts';
import type { ReportStore } from './stores/reports.ts';

export interface RemoveReportsEffects {
  readonly reports: Pick<ReportStore, 'removeResolved'>;
  readonly clock: Clock;
}

const liveEffects: RemoveReportsEffects = { reports: reportStore, clock: systemClock };

/** What a run did. */
export interface RemoveReportsReport {
  readonly removed: number;
}

const BATCH = 500;

/**
 * Removes reports that were resolved `limits.report_days` ago, with the texts that they kept. Open ones stay, however old.
 * What moderators did stays too, which has no text but their own notes.
 */
export const removeReports = async ({
  reports,
  clock,
}: RemoveReportsEffects = liveEffects): Promise<RemoveReportsReport> => {
  const before = keptSince(clock(), limits.report_days);
  let removed = 0;
  for (;;) {
    const step = await reports.removeResolved(before, BATCH);
    removed += step;
    if (step < BATCH) return { removed };
  }
};
