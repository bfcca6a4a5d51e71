import type { ResolveReportBody } from './contract.ts';

/**
 * Whether a moderator may suspend a user. Nobody may suspend themselves, nor another moderator: the operator of the
 * service decides who is a moderator, and one stolen account must not lock out all others.
 */
export const maySuspend = (
  moderatorId: number,
  subject: { readonly id: number; readonly isModerator: boolean },
): boolean => subject.id !== moderatorId && !subject.isModerator;

/** The subject that an action requires and the report lacks; undefined when the action is possible. */
export const missingSubjectOf = (
  action: ResolveReportBody['action'],
  report: { readonly message_row_id: number | null; readonly user_id: number | null },
): 'message' | 'user' | undefined => {
  if (action === 'delete_message' && report.message_row_id === null) return 'message';
  return action === 'suspend_user' && report.user_id === null ? 'user' : undefined;
};

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Reading a report is recorded unless the same moderator's reading was recorded after this time: once a day rather
 * than once per request.
 */
export const viewedSince = (now: Date): Date => new Date(now.getTime() - DAY_MS);

/** Reports that were resolved before this time are removed. @param days how long they are kept */
export const reportsKeptSince = (now: Date, days: number): Date => new Date(now.getTime() - days * DAY_MS);
