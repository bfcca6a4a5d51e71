import type { ResolveReportBody } from './contract.ts';

/**
 * Whether a moderator may suspend somebody. Nobody suspends themselves, and moderators do not suspend each other: who
 * moderates is decided by whoever operates the service, and one stolen account must not put out all others.
 */
export const maySuspend = (
  moderatorId: number,
  subject: { readonly id: number; readonly isModerator: boolean },
): boolean => subject.id !== moderatorId && !subject.isModerator;

/** What an action needs of a report; undefined when it can be done. */
export const lacksFor = (
  action: ResolveReportBody['action'],
  report: { readonly message_row_id: number | null; readonly user_id: number | null },
): 'message' | 'user' | undefined => {
  if (action === 'delete_message' && report.message_row_id === null) return 'message';
  return action === 'suspend_user' && report.user_id === null ? 'user' : undefined;
};

const DAY_MS = 24 * 60 * 60 * 1000;

/** A moderator's reading of a report is recorded unless one was recorded after this moment: once a day, not once a request. */
export const viewedSince = (now: Date): Date => new Date(now.getTime() - DAY_MS);

/** Reports that were resolved before this moment are removed. @param days how long they are kept */
export const keptSince = (now: Date, days: number): Date => new Date(now.getTime() - days * DAY_MS);
