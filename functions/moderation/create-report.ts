import type { ErrorName } from '../contract/errors.ts';
import { ServiceError } from '../contract/service-error.ts';
import { contentStore } from '../messages/live.ts';
import type { ContentStore } from '../messages/stores/contents.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { withinReportLimit } from '../rate-limits/within-report-limit.ts';
import type { Actor } from '../sessions/actor.ts';
import type { CreateReportBody, ReportReceipt } from './contract.ts';
import { reportedStore, reportStore } from './live.ts';
import type { Reported, ReportedStore, Target } from './stores/reported.ts';
import type { ReceiptRow, ReportStore } from './stores/reports.ts';

export interface CreateReportEffects {
  readonly reported: ReportedStore;
  readonly reports: Pick<ReportStore, 'findOwn' | 'insert'>;
  readonly contents: Pick<ContentStore, 'findMany'>;
  readonly withinLimit: <T extends { readonly isNew: boolean }>(
    userId: number,
    store: () => Promise<T>,
  ) => Promise<T>;
  readonly clock: Clock;
}

const liveEffects: CreateReportEffects = {
  reported: reportedStore,
  reports: reportStore,
  contents: contentStore,
  withinLimit: (userId, store) => withinReportLimit(userId, store),
  clock: systemClock,
};

/** The error for a subject that does not exist, or that the reporter may not see. */
const absent = {
  message: 'message_not_found',
  user: 'profile_not_found',
  chat: 'chat_not_found',
} as const satisfies Record<Target['kind'], ErrorName>;

const targetOf = ({ message_id: messageId, user_id: userId, chat_id: chatId }: CreateReportBody): Target => {
  if (messageId !== undefined) return { kind: 'message', id: messageId };
  if (userId !== undefined) return { kind: 'user', id: userId };
  if (chatId !== undefined) return { kind: 'chat', id: chatId };
  throw new Error('The schema lets no report through that names nothing');
};

const toReceipt = ({ id, status, created_at: createdAt }: ReceiptRow): ReportReceipt => ({
  id,
  status,
  created_at: createdAt.toISOString(),
});

/** The text of a reported message, deleted or not: a deletion does not remove the evidence. */
const textOf = async (
  { content }: Reported,
  { contents }: Pick<CreateReportEffects, 'contents'>,
): Promise<string | null> => {
  if (content === null) return null;
  return (await contents.findMany([content])).get(content.message_id)?.content ?? null;
};

/**
 * Reports a message, a user or a chat, with a snapshot of its current state: later changes do not affect the report.
 * A deleted message can be reported, with its text as long as that is stored.
 *
 * @returns the report, and whether it is new: a repeated report by the same user returns the first one
 * @throws ServiceError `message_not_found`, `profile_not_found`, `chat_not_found`, `validation_failed`,
 *   `rate_limited`
 */
export const createReport = async (
  actor: Actor,
  body: CreateReportBody,
  effects: CreateReportEffects = liveEffects,
): Promise<{ readonly isNew: boolean; readonly report: ReportReceipt }> => {
  const target = targetOf(body);
  if (target.kind === 'user' && target.id === actor.userId) {
    throw new ServiceError('validation_failed', { path: 'user_id', detail: 'You cannot report yourself' });
  }
  const known = await effects.reports.findOwn(actor.userId, target);
  // The reporter gets their earlier report even when they have left the chat since.
  if (known !== undefined) return { isNew: false, report: toReceipt(known) };
  const reported = await effects.reported.find(target, actor.userId);
  if (reported === undefined) throw new ServiceError(absent[target.kind]);
  const content = await textOf(reported, effects);
  const { isNew, report } = await effects.withinLimit(actor.userId, () =>
    effects.reports.insert({
      reporterId: actor.userId,
      target,
      reason: body.reason,
      comment: body.comment ?? null,
      content,
      snapshot: reported.snapshot,
      at: effects.clock(),
    }),
  );
  return { isNew, report: toReceipt(report) };
};
