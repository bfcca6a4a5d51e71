import type { Message } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { messageFiles } from '../files/live.ts';
import { contentStore, messageStore } from '../messages/live.ts';
import { readConsistently, type ReadConsistentlyEffects } from '../messages/read-consistently.ts';
import type { MessageStore } from '../messages/stores/messages.ts';
import { toMessages } from '../messages/to-message.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { reactionStore } from '../reactions/live.ts';
import type { Actor } from '../sessions/actor.ts';
import type { ReportDetail } from './contract.ts';
import { actStore, reportStore } from './live.ts';
import { assertModerator, isModerator } from './moderators.ts';
import { viewedSince } from './rules.ts';
import type { ActStore } from './stores/acts.ts';
import type { ReportRow, ReportStore } from './stores/reports.ts';
import { toAct, toReport, toReportedMessage } from './to-report.ts';

export interface GetReportEffects extends ReadConsistentlyEffects {
  readonly reports: Pick<ReportStore, 'find' | 'listActs'>;
  readonly acts: Pick<ActStore, 'view'>;
  readonly messages: Pick<MessageStore, 'listBySeq'>;
  readonly clock: Clock;
  readonly isModerator: (username: string) => boolean;
}

const liveEffects: GetReportEffects = {
  reports: reportStore,
  acts: actStore,
  clock: systemClock,
  messages: messageStore,
  contents: contentStore,
  reactions: reactionStore,
  files: messageFiles,
  isModerator,
};

/** How many messages before and after the reported one are shown: what a moderator needs to judge, and no more. */
const CONTEXT_MESSAGES = 10;
/** How many actions a report shows, latest first. */
const ACTS_MAX = 100;
/** A `seq` after every message of a chat. */
const THE_END = Number.MAX_SAFE_INTEGER;

/** The current messages around a reported one, or the latest of a reported chat; empty for a reported user. */
const readContext = (
  actor: Actor,
  { chat_id: chatId, snapshot }: Pick<ReportRow, 'chat_id' | 'snapshot'>,
  effects: GetReportEffects,
): Promise<Message[]> =>
  readConsistently(actor.userId, effects, async (readParts) => {
    if (chatId === null) return [];
    const seq = snapshot.message?.seq;
    const { messages } = effects;
    const [before, after] = await Promise.all([
      messages.listBySeq(chatId, { before: seq ?? THE_END }, CONTEXT_MESSAGES),
      seq === undefined ? [] : messages.listBySeq(chatId, { after: seq - 1 }, CONTEXT_MESSAGES + 1),
    ]);
    return toMessages([...before.toReversed(), ...after], readParts);
  });

/**
 * A report: the snapshot of its subject, the current messages around it, and the actions of moderators. Shows
 * messages of chats that the moderator is not in, so each reading is recorded before anything is returned.
 *
 * @throws ServiceError `not_moderator` or `report_not_found`
 */
export const getReport = async (
  actor: Actor,
  id: number,
  effects: GetReportEffects = liveEffects,
): Promise<ReportDetail> => {
  assertModerator(actor, effects.isModerator);
  const row = await effects.reports.find(id);
  if (row === undefined) throw new ServiceError('report_not_found');
  const at = effects.clock();
  const [context, acts] = await Promise.all([
    readContext(actor, row, effects),
    effects.reports.listActs(row, ACTS_MAX),
    effects.acts.view(id, { moderatorId: actor.userId, at }, viewedSince(at)),
  ]);
  return { ...toReport(row), message: toReportedMessage(row), context, acts: acts.map(toAct) };
};
