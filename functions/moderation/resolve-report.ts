import { ServiceError } from '../contract/service-error.ts';
import type { Outcome } from '../events/publish.ts';
import { messageEvent } from '../messages/change-message.ts';
import { contentStore } from '../messages/live.ts';
import type { ContentStore } from '../messages/stores/contents.ts';
import { toMessage } from '../messages/to-message.ts';
import type { Actor } from '../sessions/actor.ts';
import type { Report, ResolveReportBody } from './contract.ts';
import { actStore, reportStore } from './live.ts';
import { assertModerator } from './moderators.ts';
import { missingSubjectOf } from './rules.ts';
import type { ActStore, RemovedMessage } from './stores/acts.ts';
import type { ReportStore } from './stores/reports.ts';
import { assertMaySuspend, endOf, liveSuspension, type SuspensionEffects } from './suspend-user.ts';
import { toReport } from './to-report.ts';

export interface ResolveReportEffects extends SuspensionEffects {
  readonly reports: Pick<ReportStore, 'find'>;
  readonly acts: Pick<ActStore, 'resolve'>;
  readonly contents: Pick<ContentStore, 'hide'>;
}

const liveEffects: ResolveReportEffects = {
  ...liveSuspension,
  reports: reportStore,
  acts: actStore,
  contents: contentStore,
};

/** The events of a removed message, the same as for any other deletion. */
const removalOf = (
  removed: RemovedMessage | null,
  { contents }: Pick<ResolveReportEffects, 'contents'>,
): Pick<Outcome<Report>, 'events' | 'afterCommit'> => {
  if (removed === null || !removed.isChanged) return { events: [] };
  const deleted = toMessage(removed.message, { texts: new Map() });
  return {
    events: [messageEvent('message_deleted', deleted, removed.memberIds)],
    afterCommit: () => contents.hide(removed.message, deleted.rev),
  };
};

/**
 * Resolves a report. The transaction decides which of two concurrent moderators succeeds.
 *
 * When a store fails after the decision to suspend was committed, a retry enforces the suspension, although it then
 * throws `report_resolved`.
 *
 * @returns the report, and the events of a removed message
 * @throws ServiceError `not_moderator`, `report_not_found`, `report_resolved`, `cannot_suspend_user`,
 *   `profile_not_found` or `validation_failed`
 */
export const resolveReport = async (
  actor: Actor,
  id: number,
  { action, until, note }: ResolveReportBody,
  effects: ResolveReportEffects = liveEffects,
): Promise<Outcome<Report>> => {
  assertModerator(actor, effects.isModerator);
  const at = effects.clock();
  const end = endOf(until, at);
  const report = await effects.reports.find(id);
  if (report === undefined) throw new ServiceError('report_not_found');
  const lacking = missingSubjectOf(action, report);
  if (lacking !== undefined) {
    throw new ServiceError('validation_failed', {
      path: 'action',
      detail: `The report is not about a ${lacking}`,
    });
  }
  const suspendedId = action === 'suspend_user' ? report.user_id : null;
  if (suspendedId !== null) await assertMaySuspend(actor, suspendedId, effects);
  const result = await effects.acts.resolve(id, {
    moderatorId: actor.userId,
    at,
    note: note ?? null,
    action,
    ...end,
  });
  if (result.outcome === 'not_found') throw new ServiceError('report_not_found');
  if (suspendedId !== null) await effects.enforce(suspendedId);
  if (result.outcome === 'resolved_before') throw new ServiceError('report_resolved');
  return {
    result: { ...toReport(report), status: 'resolved', resolved_at: at.toISOString() },
    ...removalOf(result.removed, effects),
  };
};
